import { afterAll, describe, expect, it } from "vitest";
import { clusterRow } from "../../../test/support/clusters.ts";
import { startHttpServer } from "../../../test/support/http-server.ts";
import { loopbackGuard } from "../../../test/support/target-guard.ts";
import { FleetClients } from "../../shared/fleet/clients.ts";
import type { Target } from "../../shared/fleet/directory.ts";
import { SIGNED_OUT } from "../../shared/fleet/sign-in.ts";
import { UpstreamHttp } from "../../shared/upstreams/http.ts";
import { type DetectionQuestion, DetectionService } from "./detection.service.ts";
import { DetectionPool } from "./detection-pool.service.ts";
import { FleetSeries } from "./fleet-series.loader.ts";

const STEP = 300;
type Points = [time: number, value: string][];

/** The same each time, and as good as random. */
const noise = (index: number): number => {
  const x = Math.sin(index * 12.9898) * 43_758.5453;
  return x - Math.floor(x);
};
const points = (count: number, value: (index: number) => number | null): Points =>
  Array.from({ length: count }, (_, index) => [index * STEP, value(index)] as const).flatMap(
    ([time, each]): Points => (each === null ? [] : [[time, Number.isNaN(each) ? "NaN" : String(each)]]),
  );
/** Of each of a cluster's series, by name. */
type Answer = Record<string, Points>;

describe("DetectionService", () => {
  const guard = loopbackGuard();
  const http = new UpstreamHttp(guard);
  const clients = new FleetClients(http, { signIn: () => Promise.resolve(SIGNED_OUT) }, guard);
  const pool = new DetectionPool(2);
  afterAll(() => Promise.all([http.close(), pool.close()]));

  /** Asks clusters that answer so. */
  async function detect(
    answers: Answer[],
    given: Partial<DetectionQuestion> = {},
    limits = { series: 100, samples: 100_000 },
  ) {
    await using server = await startHttpServer(({ path }, response) => {
      const series = Object.entries(answers[Number(path.charAt(1))] ?? {});
      const result = series.map(([name, values]) => ({ metric: { name }, values }));
      response.end(JSON.stringify({ status: "success", data: { resultType: "matrix", result } }));
    });
    const targets = answers.map(
      (_, index) =>
        ({ ...clusterRow(), credentialsAt: null, prometheusUrl: `${server.url}/${index}` }) as unknown as Target,
    );
    const series = new FleetSeries({ clients, reader: pool, limits, onInternalError: () => {} });
    const { found, ...rest } = await new DetectionService(series, pool).detect({
      targets,
      query: "load",
      window: { start: 0, end: 2000 * STEP, step: STEP },
      method: "STATISTICAL",
      sensitivity: 0.5,
      above: null,
      below: null,
      counter: false,
      timeoutSeconds: 10,
      requestId: "r",
      signal: new AbortController().signal,
      ...given,
    });
    const ofSeries = (name: string) => found.find(({ labels }) => labels["name"] === name)?.findings ?? [];
    return { found, ofSeries, ...rest };
  }

  it("finds nothing in series that have nothing to show, however odd they are", async () => {
    const { found, series, outcomes } = await detect([
      {
        constant: points(1000, () => 5),
        none: [],
        unknown: points(1000, () => Number.NaN),
        infinite: points(200, () => Infinity),
        short: points(10, noise),
        gappy: points(1000, (index) => (index % 100 < 60 ? noise(index) : null)),
        holes: points(1000, (index) => (index % 7 === 0 ? Number.NaN : noise(index))),
        irregular: points(1000, noise).filter(([time]) => noise(time) > 0.4),
        noisy: points(1000, noise),
      },
      {},
    ]);
    expect(found).toEqual([]);
    // A series without a sample is none.
    expect(series).toBe(8);
    expect(outcomes.map(({ status, rows }) => [status, rows])).toEqual([
      ["SUCCESS", 8],
      ["SUCCESS", 0],
    ]);
  });

  it("finds a spike, a drop and a step where they are, also beyond gaps", async () => {
    const gapped = (index: number) => (index > 700 && index < 800 ? null : noise(index));
    const { ofSeries, falseDiscoveryRate } = await detect([
      {
        spike: points(1000, (index) => (index === 900 ? 500 : gapped(index))),
        drop: points(1000, (index) => (index === 900 ? -500 : gapped(index))),
        step: points(1000, (index) => (index >= 900 ? noise(index) + 100 : gapped(index))),
      },
    ]);
    expect(ofSeries("spike")[0]).toMatchObject({ kind: "SPIKE", time: 900 * STEP, actual: 500 });
    expect(ofSeries("drop")[0]).toMatchObject({ kind: "DROP", time: 900 * STEP, actual: -500 });
    const [step] = ofSeries("step");
    expect(step?.since).toBeGreaterThanOrEqual(890 * STEP);
    expect(step?.time).toBeLessThan(920 * STEP);
    expect(falseDiscoveryRate).toBeLessThan(0.1);
  });

  it("takes a counter that begins anew for no drop, and one that grows faster for a spike", async () => {
    const counter = (resetAt: number, burstAt: number): Points => {
      let value = 0;
      return points(1000, (index) => {
        value = index === resetAt ? 0 : value + 10 + noise(index) + (index === burstAt ? 5000 : 0);
        return value;
      });
    };
    const answer = { restarted: counter(900, -1), burst: counter(-1, 900) };
    const { ofSeries } = await detect([answer], { counter: true });
    expect(ofSeries("restarted")).toEqual([]);
    expect(ofSeries("burst")[0]).toMatchObject({ kind: "SPIKE", time: 900 * STEP });
  });

  it("judges only what it has not judged before, by what was before", async () => {
    const answer = { load: points(1000, (index) => (index === 600 || index === 950 ? 500 : noise(index))) };
    const all = await detect([answer]);
    expect(all.ofSeries("load").map(({ time }) => time / STEP)).toContain(600);
    expect(all.points).toBe(1000);
    const [cluster] = all.found;
    expect(cluster?.findings[0]?.before).toHaveLength(24);
    // The same cluster each time, so that what was judged of it is known.
    const ids = new Map<string, number>();
    ids.get = () => 700 * STEP;
    const later = await detect([answer], { judgedUntil: ids });
    expect(later.ofSeries("load").map(({ time }) => time / STEP)).toEqual([950]);
    expect(later.points).toBe(299);
  });

  it("tells of a value beyond a bound, however usual it is", async () => {
    const { ofSeries, falseDiscoveryRate } = await detect([{ load: points(300, (index) => noise(index)) }], {
      above: 0.99,
    });
    expect(ofSeries("load").some(({ kind }) => kind === "THRESHOLD_BREACH")).toBe(true);
    expect(falseDiscoveryRate).toBeNull();
  });

  it("holds no more than it may: a cluster too many is a row that says so", async () => {
    const answer = { load: points(600, noise) };
    const over = await detect([answer, answer], {}, { series: 100, samples: 1000 });
    expect(new Set(over.outcomes.map(({ error }) => error?.code))).toEqual(new Set(["LIMIT_EXCEEDED", undefined]));
    const cut = await detect([{ a: points(10, noise), b: points(10, noise) }], {}, { series: 1, samples: 1000 });
    expect(cut.outcomes).toMatchObject([{ status: "PARTIAL", truncated: true, rows: 2 }]);
    expect(cut.series).toBe(1);
  });

  it("stops with whoever asked", async () => {
    const caller = new AbortController();
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`s${index}`, points(1500, noise)]));
    const asking = detect([many], { signal: caller.signal });
    caller.abort(new Error("gone"));
    await expect(asking).rejects.toThrow();
  });
});
