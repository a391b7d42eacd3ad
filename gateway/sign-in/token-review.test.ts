import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type DemoFleet, startDemoFleet } from "../../demo/fleet.ts";
import { createTlsMaterial } from "../../demo/server/tls.ts";
import { createLogger } from "../../subgraphs/shared/kernel/log.ts";
import { kubeconfigForToken } from "../../subgraphs/shared/upstreams/kubernetes/kubeconfig.ts";
import { startHttpServer } from "../../test/support/http-server.ts";
import { tokenReview } from "./token-review.ts";

describe("TokenReview", () => {
  let fleet: DemoFleet;
  let directory: string;
  let now: number;
  const lines: string[] = [];
  const closing: (() => void)[] = [];

  beforeEach(async () => {
    now = Date.now();
    lines.length = 0;
    directory = await mkdtemp(join(tmpdir(), "aiops-review-"));
    fleet = await startDemoFleet({ clusters: 1 });
    await writeFile(join(directory, "kubeconfig"), cluster().kubeconfig);
  });
  afterEach(async () => {
    for (const close of closing.splice(0)) close();
    await fleet.close();
    await rm(directory, { recursive: true });
  });

  const cluster = () => {
    const [first] = fleet.clusters;
    if (!first) throw new Error("There is no demo cluster.");
    return first;
  };
  const open = (more: Partial<Parameters<typeof tokenReview>[0]> = {}) => {
    const signIn = tokenReview({
      kubeconfig: join(directory, "kubeconfig"),
      audiences: [],
      access: [
        { groups: ["system:serviceaccounts:aiops"], via: "kubernetes", roles: ["viewer"], tenant: "acme", scope: null },
      ],
      log: createLogger({ level: "info", name: "test", destination: { write: (line) => void lines.push(line) } }),
      now: () => now,
      ...more,
    });
    closing.push(() => signIn.close());
    return signIn;
  };
  const reviews = (): number => fleet.requests().filter(({ path }) => path.endsWith("/tokenreviews")).length;

  it("knows whom the API server knows, and asks once a minute", async () => {
    const signIn = open();
    const token = fleet.issueToken(cluster().name);
    const signedIn = {
      identity: {
        user: "system:serviceaccount:aiops:viewer",
        groups: ["system:serviceaccounts:aiops"],
        roles: ["viewer"],
        tenant: "acme",
        scope: null,
        vouched: {
          by: "kubernetes",
          groups: ["system:serviceaccounts", "system:serviceaccounts:aiops", "system:authenticated"],
          token: expect.objectContaining({}),
        },
      },
      expiresAt: null,
    };
    expect(await Promise.all([signIn.signIn(token), signIn.signIn(token)])).toEqual([signedIn, signedIn]);
    now += 59_000;
    await signIn.signIn(token);
    expect(reviews()).toBe(1);
    fleet.revokeToken(cluster().name, token);
    now += 1000;
    expect(await signIn.signIn(token)).toBeNull();
    expect(reviews()).toBe(2);
  });

  it("refuses whom it does not know, and asks again after seconds", async () => {
    const signIn = open();
    for (const ms of [0, 4000, 1000]) {
      now += ms;
      expect(await signIn.signIn("not-a-token-of-it")).toBeNull();
    }
    expect(reviews()).toBe(2);
  });

  it("takes no token that is meant for others", async () => {
    const token = fleet.issueToken(cluster().name);
    expect(await open({ audiences: ["https://aiops.example"] }).signIn(token)).toBeNull();
    expect(await open({ audiences: ["https://kubernetes.default.svc"] }).signIn(token)).not.toBeNull();
  });

  it("has nothing for whom no rule names", async () => {
    const access = [{ users: ["ann"], roles: ["admin" as const], tenant: "default", scope: null }];
    await expect(open({ access }).signIn(fleet.issueToken(cluster().name))).rejects.toMatchObject({
      code: "FORBIDDEN",
    });
  });

  it.each([
    ["refuses connections", "refuse" as const],
    ["fails", "error-503" as const],
    ["answers what is no review", "wrong-type" as const],
  ])("says that it cannot tell now where the API server %s, and remembers nothing of it", async (_, fault) => {
    const signIn = open();
    const token = fleet.issueToken(cluster().name);
    await fleet.setFault(cluster().name, "kubernetes", fault);
    await expect(signIn.signIn(token)).rejects.toMatchObject({ code: "SIGN_IN_UNAVAILABLE" });
    await fleet.setFault(cluster().name, "kubernetes", null);
    expect(await signIn.signIn(token)).not.toBeNull();
    expect(lines.join()).toContain("cannot be reviewed");
    expect(lines.join()).not.toContain(token);
  });

  it("says so, too, where there is no cluster to ask", async () => {
    await expect(open({ kubeconfig: join(directory, "nothing") }).signIn("a-token")).rejects.toMatchObject({
      code: "SIGN_IN_UNAVAILABLE",
    });
    expect(lines.join()).toContain("AIOPS_TOKENREVIEW_KUBECONFIG");
  });

  it("believes no answer for longer than the token lives", async () => {
    const tls = await createTlsMaterial(["127.0.0.1"]);
    const status = { authenticated: true, user: { username: "ann", groups: ["system:serviceaccounts:aiops"] } };
    await using server = await startHttpServer((_, response) => {
      response.writeHead(201, { "content-type": "application/json" }).end(JSON.stringify({ status }));
    }, tls);
    const kubeconfig = kubeconfigForToken({ server: server.url, token: "t-1", caCertificate: tls.ca });
    await writeFile(join(directory, "kubeconfig"), kubeconfig);
    const signIn = open();
    const exp = Math.floor(now / 1000) + 10;
    const token = `e30.${Buffer.from(JSON.stringify({ exp })).toString("base64url")}.x`;
    expect(await signIn.signIn(token)).toMatchObject({ expiresAt: new Date(exp * 1000) });
    now = exp * 1000 - 1;
    await signIn.signIn(token);
    expect(server.requests).toHaveLength(1);
    now += 1;
    await signIn.signIn(token);
    expect(server.requests).toHaveLength(2);
  });
});
