import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../bench/free-port.ts";
import { type DemoFleet, startDemoFleet } from "../../demo/fleet.ts";
import { SCHEDULE } from "../../subgraphs/clusters/health/health.score.ts";
import { sealCredentials } from "../../subgraphs/shared/fleet/credentials.ts";
import { Vault } from "../../subgraphs/shared/fleet/vault.ts";
import { clusterRow } from "../support/clusters.ts";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";
import { servicesProblem } from "../support/modes.ts";
import { Program } from "../support/process.ts";
import { redisSpace } from "../support/redis.ts";
import { until } from "../support/until.ts";

const CLUSTERS = 6;
const INTERVAL_MS = SCHEDULE.HUB.everySeconds * 1000;
/** A sweep's pace, the check itself, and a busy machine. */
const GRACE_MS = 4000;
const problem = process.env["REQUIRE_SERVICES"] === "1" ? undefined : await servicesProblem();

describe.skipIf(problem !== undefined)(`Replicas as real processes${problem ? ` (skipped: ${problem})` : ""}`, () => {
  const key = randomBytes(32);
  const redis = redisSpace();
  const programs: Program[] = [];
  let test: TestDatabase;
  let fleet: DemoFleet;

  beforeAll(async () => {
    [test, fleet] = await Promise.all([openTestDatabase("postgresql"), startDemoFleet({ clusters: CLUSTERS })]);
    const vault = new Vault([{ id: "k1", key }]);
    for (const { name, apiServerUrl, kubeconfig, token, caCertificate } of fleet.clusters) {
      const { id, ...row } = clusterRow({ name, apiServerUrl, clusterType: "HUB", credentialsAt: new Date() });
      const access = { prometheusToken: null, clusterToken: token, caCertificate };
      const none = { oidc: null, serviceAccountTokenSecretRef: null, prometheusTokenSecretRef: null };
      const sealed = sealCredentials(vault, id, { authType: "KUBECONFIG", kubeconfig, access, ...none });
      await test.database.prisma.cluster.create({
        data: { id, ...row, credentials: { create: { ...sealed, createdAt: new Date() } } },
      });
    }
    const ports = await Promise.all([freePort(), freePort()]);
    for (const port of ports) {
      const env = {
        PORT: String(port),
        DATABASE_URL: test.options.url ?? "",
        ...redis.env,
        AIOPS_INTERNAL_SECRET: randomBytes(32).toString("hex"),
        AIOPS_TARGET_ALLOW: "127.0.0.1",
        AIOPS_ENCRYPTION_KEYS: `k1:${key.toString("base64")}`,
      };
      programs.push(new Program("subgraphs/main.js", { args: ["clusters"], env }));
    }
    await Promise.all(programs.map((program) => program.prints(/"msg":"serving"/)));
  }, 90_000);
  afterAll(async () => {
    for (const program of programs) await program[Symbol.asyncDispose]();
    await fleet.close();
    await redis.dispose();
    await test.dispose();
  });

  const samplesSince = async (time: number): Promise<Map<string, number[]>> => {
    const rows = await test.database.prisma.healthSample.findMany({
      where: { at: { gt: new Date(time) } },
      orderBy: { at: "asc" },
    });
    const times = new Map<string, number[]>();
    for (const { clusterId, at } of rows) times.set(clusterId, [...(times.get(clusterId) ?? []), at.getTime()]);
    return times;
  };

  it("lose no check beyond one interval when one of them is killed in the middle", async () => {
    await until(
      "every cluster has been checked and looked at",
      async () => (await test.database.prisma.cluster.count({ where: { capabilitiesAt: { not: null } } })) === CLUSTERS,
      40_000,
    );
    const [victim, survivor] = programs as [Program, Program];
    // So that the checks under way are all the victim's.
    survivor.signal("SIGSTOP");
    for (const { name } of fleet.clusters) await fleet.setFault(name, "kubernetes", "hang");
    await until("checks are under way", () => fleet.inFlight() === CLUSTERS, INTERVAL_MS + GRACE_MS);
    const killed = Date.now();
    expect(await victim.stop("SIGKILL")).toBeNull();
    survivor.signal("SIGCONT");
    for (const { name } of fleet.clusters) await fleet.setFault(name, "kubernetes", null);
    const next = await until(
      "every cluster has been checked by the other",
      async () => {
        const times = await samplesSince(killed);
        return times.size === CLUSTERS ? times : null;
      },
      INTERVAL_MS + SCHEDULE.HUB.patienceSeconds * 1000 + GRACE_MS,
    );
    for (const [first = 0] of next.values()) expect(first - killed).toBeLessThan(INTERVAL_MS + GRACE_MS);
    const states = await test.database.prisma.cluster.findMany({ select: { state: true } });
    expect(states.map(({ state }) => state)).toEqual(Array.from({ length: CLUSTERS }, () => "ONLINE"));
  }, 120_000);
});
