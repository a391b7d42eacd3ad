import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import type { DemoFleet, Fault } from "../../demo/fleet.ts";
import { enrolledFleet } from "../support/demo.ts";
import { startGraph, type TestGraph } from "../support/graph.ts";
import { describeModes } from "../support/modes.ts";
import { until } from "../support/until.ts";

const PATIENCE_SECONDS = 5;
const REST_MS = 2000;
const CLUSTERS = 16;

/** How a cluster's row reads while its Prometheus has the fault: its status, and the code of its error. */
const SHOWN = {
  refuse: ["ERROR", "UPSTREAM_UNREACHABLE"],
  hang: ["TIMEOUT", "UPSTREAM_TIMEOUT"],
  stall: ["TIMEOUT", "UPSTREAM_TIMEOUT"],
  drip: ["TIMEOUT", "UPSTREAM_TIMEOUT"],
  reset: ["ERROR", "UPSTREAM_UNREACHABLE"],
  tls: ["ERROR", "UPSTREAM_UNREACHABLE"],
  "error-503": ["ERROR", "UPSTREAM_ERROR"],
  "error-429": ["ERROR", "RATE_LIMITED"],
  "bad-json": ["ERROR", "UPSTREAM_INVALID_ANSWER"],
  "wrong-type": ["ERROR", "UPSTREAM_INVALID_ANSWER"],
  huge: ["ERROR", "UPSTREAM_ANSWER_TOO_LARGE"],
  partial: ["PARTIAL", undefined],
  slow: ["SUCCESS", undefined],
} as const satisfies Record<Fault, readonly [status: string, code: string | undefined]>;

const ASK = `query ($ids: [UUID!]) { metrics(query: { query: "sum(up)", timeout: ${PATIENCE_SECONDS}, clusterIds: $ids }) {
  complete clustersSucceeded outcomes { clusterName status skipReason rows warnings error { code message retryable } } } }`;

interface Row {
  clusterName: string;
  status: string;
  skipReason: string | null;
  rows: number;
  warnings: string[];
  error: { code: string; message: string; retryable: boolean } | null;
}

await describeModes("What is wrong with clusters", (mode) => {
  let graph: TestGraph;
  let fleet: DemoFleet;
  let ids: Map<string, string>;
  const faulty = new Set<string>();

  beforeAll(async () => {
    graph = await startGraph({ mode, env: { AIOPS_UPSTREAM_REST_MS: String(REST_MS) } });
    fleet = await enrolledFleet(graph, { clusters: CLUSTERS });
    const { data } = await graph.ask(`{ clusters(pageSize: 100) { items { id name } } }`);
    ids = new Map(data.clusters.items.map(({ id, name }: { id: string; name: string }) => [name, id]));
  });
  afterAll(async () => {
    await graph[Symbol.asyncDispose]();
    await fleet.close();
  });
  beforeEach(() => fleet.resetRequests());
  afterEach(async () => {
    for (const name of faulty) await fleet.setFault(name, "prometheus", null);
    faulty.clear();
  });

  const setFault = async (name: string, fault: Fault): Promise<void> => {
    faulty.add(name);
    await fleet.setFault(name, "prometheus", fault);
  };
  const nameOf = (index: number): string => fleet.clusters[index]?.name ?? "";
  const requestsTo = (name: string) =>
    fleet.requests().filter(({ cluster, upstream }) => cluster === name && upstream === "prometheus");
  /** The rows of these clusters, by their names. */
  async function ask(...names: string[]): Promise<Record<string, Row>> {
    const { data, errors } = await graph.ask(ASK, { ids: names.map((name) => ids.get(name)) });
    expect(errors).toBeUndefined();
    return Object.fromEntries(data.metrics.outcomes.map((row: Row) => [row.clusterName, row]));
  }

  it("is said of each by its name, within the patience, and keeps nothing from the others", async () => {
    const faults = new Map(Object.keys(SHOWN).map((fault, index) => [nameOf(index), fault as Fault]));
    for (const [name, fault] of faults) await setFault(name, fault);
    const began = performance.now();
    const rows = await ask(...ids.keys());
    expect(performance.now() - began).toBeLessThan(PATIENCE_SECONDS * 1000 + 2000);
    expect(Object.keys(rows)).toHaveLength(CLUSTERS);
    for (const [name, { status, error, rows: count, warnings }] of Object.entries(rows)) {
      const fault = faults.get(name);
      expect([fault, status, error?.code]).toEqual([fault, ...(fault ? SHOWN[fault] : ["SUCCESS", undefined])]);
      expect(count, name).toBe(error ? 0 : 1);
      expect(warnings, name).toHaveLength(status === "PARTIAL" ? 1 : 0);
      expect(error?.message ?? "").not.toMatch(/127\.0\.0\.1|localhost|http/);
    }
    await until("what hangs is given up", () => fleet.inFlight() === 0);
  });

  it("is passing where a 429 says when to come back: it is asked once more, then", async () => {
    const name = nameOf(13);
    await setFault(name, "error-429");
    const answer = ask(name);
    await until("it was asked", () => requestsTo(name).length === 1);
    await fleet.setFault(name, "prometheus", null);
    expect((await answer)[name]).toMatchObject({ status: "SUCCESS", rows: 1 });
    const [first, second, ...more] = requestsTo(name).map(({ at }) => at);
    expect(more).toEqual([]);
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThan(990);
  });

  it("rests one that fails again and again, without a request to it, until it answers", async () => {
    const [broken, sound] = [nameOf(14), nameOf(15)];
    await setFault(broken, "error-503");
    for (let i = 0; i < 5; i += 1) {
      expect((await ask(broken, sound))[broken]?.error?.code).toBe("UPSTREAM_ERROR");
    }
    fleet.resetRequests();
    const rows = await ask(broken, sound);
    expect(rows[broken]).toMatchObject({
      status: "SKIPPED",
      skipReason: "CIRCUIT_OPEN",
      error: {
        code: "CIRCUIT_OPEN",
        message: expect.stringMatching(/^Prometheus failed 5 times in a row: it is tried again in [12] s\.$/),
        retryable: true,
      },
    });
    expect(rows[sound]?.status).toBe("SUCCESS");
    expect(requestsTo(broken)).toEqual([]);
    await fleet.setFault(broken, "prometheus", null);
    await until("it is asked again", async () => (await ask(broken, sound))[broken]?.status === "SUCCESS");
    expect(requestsTo(broken)).toHaveLength(1);
    expect((await ask(broken))[broken]?.status).toBe("SUCCESS");
  });

  it("keeps a cluster that hangs to 16 calls at once, and both those and the ones that wait end with their client", async () => {
    const name = nameOf(13);
    await setFault(name, "hang");
    const fields = Array.from(
      { length: 40 },
      (_, index) => `q${index}: metrics(query: { query: "vector(${index})", clusterIds: $ids }) { complete }`,
    );
    const client = new AbortController();
    const answer = graph.ask(
      `query ($ids: [UUID!]) { ${fields.join("\n")} }`,
      { ids: [ids.get(name)] },
      { signal: client.signal },
    );
    const underWay = () => fleet.inFlight({ cluster: name, upstream: "prometheus" });
    await until("calls are under way", () => underWay() === 16);
    const left = performance.now();
    client.abort();
    await expect(answer).rejects.toThrow();
    await until("they are given up", () => underWay() === 0);
    expect(performance.now() - left).toBeLessThan(1000);
    // Of those that waited, none went out. And none of this was the endpoint's failure.
    await fleet.setFault(name, "prometheus", null);
    expect((await ask(name))[name]?.status).toBe("SUCCESS");
    expect(requestsTo(name)).toHaveLength(17);
  });
});
