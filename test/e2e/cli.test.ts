import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DemoFleet, startDemoFleet } from "../../demo/fleet.ts";
import { addContext, mergedKubeconfig } from "../support/kubeconfig.ts";
import { Program } from "../support/process.ts";

const TOKEN = "admin-token-0123456789";
const AIOPS_API_TOKENS = JSON.stringify([{ token: TOKEN, user: "ann", roles: ["admin"] }]);

describe("the command line, against a server", () => {
  let directory: string;
  let fleet: DemoFleet;
  let server: Program;
  let url: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "aiops-cli-"));
    fleet = await startDemoFleet({ clusters: 5 });
    const env = { DATA_DIR: join(directory, "data"), PORT: "0", AIOPS_DEMO: "off", AIOPS_API_TOKENS };
    server = new Program("gateway/all-in-one.js", { env });
    [, url = ""] = await server.prints(/GraphQL\s+(http:\/\/127\.0\.0\.1:\d+\/graphql)\s/);
  });
  afterAll(async () => {
    expect(await server.stop()).toBe(0);
    await fleet.close();
    await rm(directory, { recursive: true, force: true });
  });

  const aiops = async (args: string[], env: Record<string, string> = { AIOPS_TOKEN: TOKEN }) => {
    await using program = new Program("cli/main.js", { args, env: { AIOPS_URL: url, ...env } });
    const code = await program.ended();
    expect(program.output).not.toMatch(/\n\s+at /);
    return { code, stdout: program.stdout, output: program.output };
  };
  const names = async (...args: string[]) =>
    (await aiops(["clusters", "list", "--output", "names", ...args])).stdout.split("\n").filter(Boolean);

  /** The fleet's kubeconfigs in one file, as people have them: a CA in a file, and a cluster of a cloud behind a plugin. */
  async function kubeconfigFile(): Promise<string> {
    const config = mergedKubeconfig(fleet.clusters);
    const [first] = config.clusters;
    await writeFile(join(directory, "ca.crt"), fleet.clusters[0]?.caCertificate ?? "");
    if (first) first.cluster = { server: first.cluster["server"], "certificate-authority": "ca.crt" };
    addContext(
      config,
      "arn:aws:eks:us-east-1:123456789012:cluster/cloud",
      { server: "https://cloud.example" },
      { exec: { command: "aws" } },
    );
    const file = join(directory, "config");
    await writeFile(file, JSON.stringify(config));
    return file;
  }

  it("onboards a kubeconfig and what its hub manages, lists, checks, and seals anew", async () => {
    const kubeconfig = await kubeconfigFile();
    const common = ["clusters", "import", "--kubeconfig", kubeconfig];
    const plan = await aiops([...common, "--all", "--dry-run"]);
    expect(plan.code).toBe(1);
    expect(plan.stdout).toMatch(/^CONTEXT +NAME +STATUS +DETAIL\nhub-eu-1 +hub-eu-1 +PLANNED +-\n/);
    expect(plan.stdout).toMatch(/cluster\/cloud +- +FAILED +It signs in by the exec plugin/);
    expect(plan.output).toContain("5 planned, 1 failed.");
    expect(await names()).toEqual([]);

    const hub = await aiops([...common, "--context", "hub-eu-1", "--type", "hub", "--label", "team=platform"]);
    expect(hub).toMatchObject({ code: 0, output: expect.stringContaining("1 registered.") });
    expect(await names()).toEqual(["hub-eu-1"]);
    const again = await aiops([...common, "--context", "hub-eu-1"]);
    expect(again).toMatchObject({ code: 0, output: expect.stringContaining("1 skipped.") });

    const managed = await aiops([
      "clusters",
      "import",
      "--hub",
      "hub-eu-1",
      "--selector",
      "team=shop",
      "--output",
      "json",
    ]);
    expect(managed.code).toBe(0);
    expect(JSON.parse(managed.stdout)).toMatchObject([
      { context: "prod-east-1", status: "REGISTERED", warnings: [] },
      { context: "prod-west-1", status: "REGISTERED", warnings: [expect.stringContaining("without credentials")] },
    ]);
    expect(await names("--selector", "team=platform")).toEqual(["hub-eu-1"]);

    const some = await aiops(["clusters", "check", "hub-eu-1", "prod-east-1"]);
    expect(some.stdout).toMatch(/^NAME +STATE +SCORE +ERROR\nhub-eu-1 +ONLINE +100 +-\nprod-east-1 +ONLINE +100 +-\n$/);
    expect(some).toMatchObject({ code: 0, output: expect.stringContaining("[2/2]") });
    const all = await aiops(["clusters", "check", "--all"]);
    expect(all.code).toBe(1);
    expect(all.stdout).toMatch(/prod-west-1 .*credentials/);
    const unknown = await aiops(["clusters", "check", "hub-eu-1", "nobody"]);
    expect(unknown).toMatchObject({ code: 1, stdout: expect.stringMatching(/nobody +NOT CHECKED .*No cluster named/) });

    expect((await aiops([...common, "--all", "--on-existing", "update"])).output).toContain("2 registered");
    const list = await aiops(["clusters", "list", "--state", "online"]);
    expect(list.stdout).toMatch(/^NAME +STATE +SCORE +TYPE .*\n(.*\n)*hub-eu-1 +ONLINE +100 +HUB +/);

    const rotated = await aiops(["keys", "rotate"]);
    expect(rotated).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+ secrets sealed with key local\.\n$/),
    });
    for (const { token } of fleet.clusters) expect(server.output).not.toContain(token);
  });

  it("says in one line what is wrong, and by its exit code whose fault it is", async () => {
    const unsigned = await aiops(["clusters", "list"], {});
    expect(unsigned).toMatchObject({
      code: 1,
      stdout: "",
      output: expect.stringMatching(/^aiops: .*UNAUTHENTICATED.*\n$/),
    });
    const usage = await aiops(["clusters", "list", "--nonsense"]);
    expect(usage).toMatchObject({ code: 2, stdout: "", output: expect.stringMatching(/^aiops: .*--nonsense.*\n$/) });
    const nowhere = await aiops(["clusters", "list", "--url", "http://127.0.0.1:1/graphql"]);
    expect(nowhere).toMatchObject({ code: 1, output: expect.stringMatching(/^aiops: Cannot reach .*\n$/) });
    expect((await aiops(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
