import DataLoader from "dataloader";
import { describe, expect, it } from "vitest";
import { identity } from "../../../test/support/clusters.ts";
import type { FleetDirectory, Target } from "../../shared/fleet/directory.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import { failed, type Outcome } from "../../shared/kernel/outcome.ts";
import { QueryAnswer } from "../../shared/upstreams/prometheus/schema.ts";
import type { ClusterAnswer, ClusterQuery } from "./cluster-queries.loader.ts";
import { GlobalMetricsService } from "./global.service.ts";
import type { MetricQuery } from "./metrics.service.ts";

const TARGETS = ["east", "west"].map((name) => ({ id: `id-${name}`, name }) as Target);
const STARTED = { startedAt: new Date(0), durationMs: 1 };

/** An answer of one series without labels, as Prometheus gives it. */
const value = (text: string) => ({ metric: {}, value: [1000, text] });
const answer = (...result: object[]): Outcome<ClusterAnswer> => ({
  ...STARTED,
  status: "SUCCESS",
  value: {
    ...QueryAnswer.parse({ status: "success", data: { resultType: "vector", result } }),
    bytes: 10,
    truncated: false,
    fromCache: false,
  },
});
const refused = (): Outcome<ClusterAnswer> => ({
  ...STARTED,
  ...failed(new CodedError("UPSTREAM_UNREACHABLE", "The connection was refused.")),
});

/** What the clusters answer is given; that they are asked right is shown beside a real Prometheus. */
async function ask(query: Partial<MetricQuery>, outcome: (query: ClusterQuery) => Outcome<ClusterAnswer>) {
  const operation = {
    id: "o",
    requestId: "r",
    startedAt: new Date(2_000_000),
    identity: identity(),
    signal: new AbortController().signal,
  };
  const directory = { selectNamed: () => Promise.resolve(TARGETS) } as unknown as FleetDirectory;
  const loader = new DataLoader<ClusterQuery, Outcome<ClusterAnswer>, string>(
    (queries) => Promise.resolve(queries.map(outcome)),
    { cacheKeyFn: ({ target, query }) => `${target.id} ${query}` },
  );
  const service = new GlobalMetricsService(operation, directory, loader);
  return await service.overFleet({ query: "avg(a)", time: new Date(1_000_000), step: "1m", timeout: 10, ...query });
}

describe("GlobalMetricsService", () => {
  it("leaves a cluster out of everything that did not answer everything", async () => {
    const metrics = await ask({}, ({ target, query }) => {
      if (target.name === "east") return answer(value(query === "sum(a)" ? "10" : "4"));
      return query === "sum(a)" ? answer(value("1000")) : refused();
    });
    expect(metrics).toMatchObject({
      results: [],
      complete: false,
      clustersSucceeded: 1,
      global: {
        series: [{ metric: {}, values: [[1000, "2.5"]] }],
        combination: {
          method: "PUSHED_DOWN",
          leaves: [
            { clusters: 2, series: 1 },
            { clusters: 2, series: 1 },
          ],
        },
      },
    });
    expect(metrics.outcomes).toMatchObject([
      { clusterName: "east", status: "SUCCESS", rows: 2, bytes: 20 },
      { clusterName: "west", status: "ERROR", rows: 0, error: { code: "UPSTREAM_UNREACHABLE" } },
    ]);
  });

  it("does not say that a series is absent while a cluster does not answer", async () => {
    const half = ({ target }: ClusterQuery) => (target.name === "east" ? answer() : refused());
    await expect(ask({ query: "absent(a)" }, half)).rejects.toMatchObject({
      code: "INCOMPLETE",
      details: { clusters: [{ clusterName: "west", error: { code: "UPSTREAM_UNREACHABLE" } }] },
    });
    const { global } = await ask({ query: 'absent(a{b="c"})' }, () => answer());
    expect(global?.series).toEqual([{ metric: { b: "c" }, values: [[1000, "1"]] }]);
  });

  it("refuses native histograms, which come over only in part", async () => {
    const histogram = { metric: {}, histogram: [1000, { count: "5", sum: "1", buckets: [[0, "0", "1", "5"]] }] };
    await expect(ask({ query: "sum(a)" }, () => answer(histogram))).rejects.toMatchObject({
      code: "NOT_GLOBAL",
      details: { reason: "NATIVE_HISTOGRAMS" },
    });
  });

  it("refuses an answer that was cut at a limit", async () => {
    const { value: whole, ...rest } = answer(value("1"));
    const cut = () => ({ ...rest, ...(whole && { value: { ...whole, truncated: true } }) });
    await expect(ask({ query: "a" }, cut)).rejects.toMatchObject({
      code: "NOT_GLOBAL",
      details: { reason: "TOO_MANY_SERIES" },
    });
  });

  it("asks nobody what is the same everywhere", async () => {
    const nobody = () => {
      throw new Error("asked");
    };
    const { global, complete, outcomes } = await ask({ query: "1 + 1" }, nobody);
    expect({ global, complete, outcomes }).toMatchObject({
      global: { resultType: "SCALAR", series: [{ metric: {}, values: [[1000, "2"]] }] },
      complete: true,
      outcomes: [],
    });
    const { global: none } = await ask({ query: 'sum(a{cluster="nobody"})' }, nobody);
    expect(none).toMatchObject({ series: [], combination: { leaves: [{ expression: "sum(a)", clusters: 0 }] } });
  });
});
