import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { DemoFleet } from "../../demo/fleet.ts";
import { HealthRepository } from "../../subgraphs/clusters/health/health.repository.ts";
import { SCHEDULE } from "../../subgraphs/clusters/health/health.score.ts";
import { enrolledFleet } from "../support/demo.ts";
import { startGraph, type TestGraph } from "../support/graph.ts";
import { servicesProblem } from "../support/modes.ts";
import { type Replica, startReplica } from "../support/replica.ts";
import { until } from "../support/until.ts";

const CLUSTERS = 100;
const STEP_MS = 15_000;
const STEPS = 8;

// Replicas share a PostgreSQL: in one process there are none.
const problem = process.env["REQUIRE_SERVICES"] === "1" ? undefined : await servicesProblem();
const suffix = problem === undefined ? "" : ` (skipped: ${problem})`;

describe.skipIf(problem !== undefined)(`Health checks by several replicas${suffix}`, () => {
  let graph: TestGraph;
  let fleet: DemoFleet;
  /** Stands still but for what a test lets pass. */
  let now = 0;
  const clock = { now: () => new Date(now) };
  const replicas: Replica[] = [];

  beforeAll(async () => {
    graph = await startGraph({ mode: "over HTTP", env: { AIOPS_HEALTH_SWEEP_MS: "20" } });
    fleet = await enrolledFleet(graph, { clusters: CLUSTERS });
  });
  afterAll(async () => {
    await graph[Symbol.asyncDispose]();
    await fleet.close();
  });
  beforeEach(async () => {
    // Everything is due, in a rhythm of the test's own.
    now = Date.now();
    await graph.platform.database.prisma.cluster.updateMany({ data: { nextCheckAt: clock.now() } });
    await graph.platform.database.prisma.healthSample.deleteMany();
    fleet.resetRequests();
  });
  afterEach(async () => {
    for (const replica of replicas.splice(0)) await replica[Symbol.asyncDispose]();
  });

  const start = async (): Promise<Replica> => {
    const replica = await startReplica(graph.platform.config, clock);
    replicas.push(replica);
    return replica;
  };
  const probes = (upstream: "kubernetes" | "prometheus", path: string): Map<string, number> => {
    const counts = new Map(fleet.clusters.map(({ name }) => [name, 0]));
    for (const request of fleet.requests())
      if (request.upstream === upstream && request.path === path)
        counts.set(request.cluster, (counts.get(request.cluster) ?? 0) + 1);
    return counts;
  };
  /** By cluster, how often it is checked until so many steps have passed, the first time at once. */
  const scheduled = (steps: number, names?: ReadonlySet<string>): Map<string, number> =>
    new Map(
      fleet.clusters
        .filter(({ name }) => names?.has(name) ?? true)
        .map(({ name, clusterType }) => [
          name,
          1 + Math.floor((steps * STEP_MS) / 1000 / SCHEDULE[clusterType].everySeconds),
        ]),
    );
  /** Until what is due is written, and not only asked: a check takes its time from the clock when it ends. */
  const written = async (steps: number, names?: ReadonlySet<string>, missed = 0): Promise<void> => {
    const expected = scheduled(steps, names);
    await until(`what is due after ${steps} steps is checked`, async () => {
      const rows = await graph.platform.database.prisma.cluster.findMany({
        select: { name: true, _count: { select: { healthSamples: true } } },
      });
      return rows.every(({ name, _count }) => _count.healthSamples >= (expected.get(name) ?? missed) - missed);
    });
  };

  it("are on the schedule of each type, none twice, and shared", async () => {
    const [a, b] = [await start(), await start()];
    const asked = [a, b].map(({ platform }) => vi.spyOn(platform.fleet.clients, "kubernetes"));
    for (let step = 0; step <= STEPS; step += 1) {
      if (step > 0) now += STEP_MS;
      await written(step);
      // What a second replica repeated would be under way now.
      expect(probes("kubernetes", "/readyz")).toEqual(scheduled(step));
    }
    for (const replica of replicas.splice(0)) await replica[Symbol.asyncDispose]();
    expect(probes("kubernetes", "/readyz")).toEqual(scheduled(STEPS));
    expect(probes("prometheus", "/-/ready")).toEqual(scheduled(STEPS));
    expect(new Set(scheduled(STEPS).values())).toEqual(new Set([9, 5, 3, 2]));
    for (const calls of asked) expect(calls.mock.calls.length).toBeGreaterThan(0);
  });

  it("lose one interval at most of what a replica had taken when it died", async () => {
    // It took every cluster, and was killed before it had asked any.
    const taken = await new HealthRepository(graph.platform.database.prisma).claimDue(clock.now(), 1000);
    expect(taken).toHaveLength(CLUSTERS);
    const died = now;
    await start();
    for (let step = 1; step <= STEPS; step += 1) {
      now += STEP_MS;
      await written(step, undefined, 1);
      const expected = new Map([...scheduled(step)].map(([name, count]) => [name, count - 1]));
      expect(probes("kubernetes", "/readyz")).toEqual(expected);
    }
    await replicas.splice(0)[0]?.[Symbol.asyncDispose]();
    const first = await graph.platform.database.prisma.cluster.findMany({
      select: { clusterType: true, healthSamples: { orderBy: { at: "asc" }, take: 1 } },
    });
    for (const { clusterType, healthSamples } of first)
      expect(healthSamples[0]?.at.getTime()).toBe(died + SCHEDULE[clusterType].everySeconds * 1000);
  });

  it("are taken over from a replica that ends in the middle, and what it had not finished says nothing", async () => {
    const hanging = fleet.clusters.filter(({ clusterType }) => clusterType === "SPOKE").slice(0, 10);
    const names = hanging.map(({ name }) => name);
    for (const name of names) await fleet.setFault(name, "kubernetes", "hang");
    const first = await start();
    await until("the hanging clusters are being asked", () => fleet.inFlight({ upstream: "kubernetes" }) === 10);
    await first[Symbol.asyncDispose]();
    replicas.splice(0);
    for (const name of names) await fleet.setFault(name, "kubernetes", null);
    const samples = () =>
      graph.platform.database.prisma.healthSample.findMany({ where: { cluster: { name: { in: names } } } });
    expect(await samples()).toEqual([]);
    await start();
    now += SCHEDULE.SPOKE.everySeconds * 1000;
    await until("they are checked an interval later", async () => (await samples()).length === names.length);
    expect((await samples()).every(({ state }) => state === "ONLINE")).toBe(true);
  });

  it("are on schedule in one process while clusters hang", async () => {
    const hanging = new Set(
      fleet.clusters
        .filter(({ clusterType }) => clusterType === "FAR_EDGE" || clusterType === "EDGE")
        .map(({ name }) => name),
    );
    expect(hanging.size).toBeGreaterThan(20);
    for (const name of hanging) await fleet.setFault(name, "kubernetes", "hang");
    try {
      await start();
      const others = new Set(fleet.clusters.map(({ name }) => name).filter((name) => !hanging.has(name)));
      for (let step = 0; step <= STEPS; step += 1) {
        if (step > 0) now += STEP_MS;
        await written(step, others);
      }
      expect(fleet.inFlight({ upstream: "kubernetes" })).toBeGreaterThanOrEqual(hanging.size);
      await replicas.splice(0)[0]?.[Symbol.asyncDispose]();
      const counts = probes("kubernetes", "/readyz");
      for (const [name, count] of scheduled(STEPS, others)) expect([name, counts.get(name)]).toEqual([name, count]);
    } finally {
      for (const name of hanging) await fleet.setFault(name, "kubernetes", null);
    }
  });
});
