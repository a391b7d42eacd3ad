import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type SeenRequest, startHttpServer } from "../test/support/http-server.ts";
import { run } from "./run.ts";

/** One invocation: its exit code, and what it wrote to each stream. */
async function aiops(args: string[], env: Record<string, string> = {}) {
  const streams = { out: "", note: "" };
  const code = await run(args, env, {
    out: (text) => {
      streams.out += text;
    },
    note: (text) => {
      streams.note += text;
    },
  });
  return { code, ...streams };
}

/** An API that gives each answer once, in order; the last one stays. */
async function api(...answers: object[]) {
  let asked = 0;
  return await startHttpServer((_request, response) => {
    const answer = answers[Math.min(asked, answers.length - 1)];
    asked += 1;
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
  });
}
const variablesOf = ({ body }: SeenRequest) => JSON.parse(body).variables;

describe("aiops", () => {
  it("says how it is used", async () => {
    const { code, out, note } = await aiops(["--help"]);
    expect({ code, note }).toEqual({ code: 0, note: "" });
    for (const command of ["clusters import", "clusters list", "clusters check", "keys rotate"])
      expect(out).toContain(command);
    expect(await aiops([])).toMatchObject({ code: 2, out: "" });
    const help = await aiops(["clusters", "import", "--help"]);
    expect(help).toMatchObject({ code: 0, note: "" });
    expect(help.out).toContain("--dry-run");
    expect(await aiops(["--version"])).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });

  it.each([
    [["clusters"], /no command "clusters"/],
    [["clusters", "destroy"], /no command "clusters destroy"/],
    [["clusters", "list", "--colour"], /Unknown option '--colour'/],
    [["clusters", "list", "--output", "yaml"], /--output must be one of table, json, names/],
    [["clusters", "list", "--state", "fine"], /--state must be one of online/],
    [["clusters", "list", "--url", "ftp://a"], /http or https URL/],
    [["clusters", "list", "--url", "https://me:secret@a"], /without a password/],
    [["clusters", "list", "--token", "secret"], /There is no --token/],
    [["clusters", "check"], /Name the clusters/],
    [["clusters", "check", "a", "--all"], /Name the clusters/],
    [["clusters", "check", "a", "--selector", "x"], /--selector goes with --all/],
    [["clusters", "import"], /either --kubeconfig FILE or --hub NAME/],
    [["clusters", "import", "--kubeconfig", "a", "--hub", "b"], /either --kubeconfig FILE or --hub NAME/],
    [["clusters", "import", "--kubeconfig", "a", "--source", "acm"], /--source goes with --hub/],
    [["clusters", "import", "--hub", "a", "--all"], /--all goes with --kubeconfig/],
    [["clusters", "import", "--hub", "a", "--on-existing", "maybe"], /--on-existing must be one of skip, update, fail/],
    [["clusters", "import", "--kubeconfig", "a", "--label", "x"], /--label must be key=value/],
    [["keys", "rotate", "now"], /takes no arguments/],
  ])("refuses %j in one line, with exit code 2", async (args, message) => {
    const { code, out, note } = await aiops(args);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(note).toMatch(message);
    expect(note).toMatch(/^aiops: [^\n]+\n$/);
    expect(note).not.toContain("secret@");
  });

  it("says in one line what went wrong outside, with exit code 1", async () => {
    await using broken = await startHttpServer((_request, response) => response.writeHead(404).end("<html>"));
    await using moved = await startHttpServer((_request, response) =>
      response.writeHead(302, { location: broken.url }).end(),
    );
    await using refusing = await api({
      data: null,
      errors: [{ message: "Sign in first.", extensions: { code: "UNAUTHENTICATED" } }, { message: "more" }],
    });
    await using other = await api({ data: { something: 1 } });
    const cases = [
      ["http://127.0.0.1:1/graphql", /Cannot reach .*Is the server running/],
      [broken.url, /does not answer as a GraphQL API \(HTTP 404\)/],
      [moved.url, /Cannot reach/],
      [refusing.url, /Sign in first\. \[UNAUTHENTICATED\] \(and 1 more errors\) Set AIOPS_TOKEN/],
      [other.url, /of another version/],
    ] as const;
    for (const [url, message] of cases) {
      const { code, out, note } = await aiops(["clusters", "list", "--url", url], { AIOPS_TOKEN: "marked-token" });
      expect({ code, out }).toEqual({ code: 1, out: "" });
      expect(note).toMatch(message);
      expect(note).toMatch(/^aiops: [^\n]+\n$/);
      expect(note).not.toContain("marked-token");
    }
    expect(broken.requests).toHaveLength(1);
  });

  it("signs in with the token of the environment or of a file", async () => {
    const directory = await mkdtemp(join(tmpdir(), "aiops-token-"));
    const file = join(directory, "token");
    await writeFile(file, "from-the-file\n");
    await using server = await api({ data: { clusters: { totalPages: 0, items: [] } } });
    const list = ["clusters", "list", "--output", "names"];
    expect(await aiops(list, { AIOPS_URL: server.url })).toEqual({ code: 0, out: "", note: "" });
    await aiops(list, { AIOPS_URL: server.url, AIOPS_TOKEN: "from-the-environment" });
    await aiops([...list, "--token-file", file], { AIOPS_URL: server.url, AIOPS_TOKEN: "from-the-environment" });
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
      undefined,
      "Bearer from-the-environment",
      "Bearer from-the-file",
    ]);
    const none = await aiops([...list, "--token-file", join(directory, "none")], { AIOPS_URL: server.url });
    expect(none).toMatchObject({ code: 1, note: expect.stringMatching(/^aiops: Cannot read the token file .*ENOENT/) });
    await rm(directory, { recursive: true });
  });
});

describe("clusters list", () => {
  const cluster = (name: string) => ({
    id: name,
    name,
    displayName: null,
    apiServerUrl: "https://a",
    clusterType: "SPOKE",
    platform: "KUBERNETES",
    platformVersion: null,
    region: null,
    environment: "LAB",
    labels: {},
    lastSeenAt: null,
    status: { state: "ONLINE", healthScore: 100, lastError: null },
  });

  it("pages through everything", async () => {
    const page = (...names: string[]) => ({ data: { clusters: { totalPages: 3, items: names.map(cluster) } } });
    await using server = await api(page("a", "b"), page("b", "c"), page("d"));
    const args = [
      "clusters",
      "list",
      "--url",
      server.url,
      "--selector",
      "team=x",
      "--state",
      "online",
      "--state",
      "offline",
    ];
    expect(await aiops([...args, "--output", "names"])).toEqual({ code: 0, out: "a\nb\nc\nd\n", note: "" });
    const filter = { labelSelector: "team=x", states: ["ONLINE", "OFFLINE"] };
    expect(server.requests.map(variablesOf)).toEqual([1, 2, 3].map((number) => ({ filter, page: number })));
  });
});

describe("keys rotate", () => {
  const step = (rewrapped: number, remaining: number, failures: object[] = []) => ({
    data: { rotateEncryptionKeys: { total: 10, rewrapped, remaining, currentKeyId: "k2", failures } },
  });

  it("goes on until nothing remains", async () => {
    await using server = await api(step(4, 6), step(4, 2), step(2, 0));
    expect(await aiops(["keys", "rotate", "--url", server.url])).toMatchObject({
      code: 0,
      out: "10 secrets sealed with key k2.\n",
    });
    expect(server.requests).toHaveLength(3);
  });

  it("ends with exit code 1 and names the records where it gets no further", async () => {
    const lost = [{ message: 'cluster_credentials/42/kubeconfig was sealed with key "k0"' }];
    await using server = await api(step(8, 2, lost), step(0, 2, lost));
    const { code, out, note } = await aiops(["keys", "rotate", "--url", server.url]);
    expect({ code, out }).toEqual({ code: 1, out: "8 secrets sealed with key k2, 2 left.\n" });
    expect(note).toContain('cluster_credentials/42/kubeconfig was sealed with key "k0"\n');
    expect(server.requests).toHaveLength(2);
  });
});
