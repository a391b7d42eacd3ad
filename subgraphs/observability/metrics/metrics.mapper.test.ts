import { describe, expect, it } from "vitest";
import type { Target } from "../../shared/fleet/directory.ts";
import type { Outcome } from "../../shared/kernel/outcome.ts";
import type { ClusterAnswer } from "./cluster-queries.loader.ts";
import { toMetricResult } from "./metrics.mapper.ts";

const TARGET = { id: "id-1", name: "prod" } as Target;
const STARTED = { startedAt: new Date(0), durationMs: 12 };
const VALUE: ClusterAnswer = {
  resultType: "VECTOR",
  series: [{ metric: { a: "b" }, values: [[1, "NaN"]] }],
  warnings: [],
  infos: [],
  bytes: 9,
  truncated: false,
  fromCache: false,
};

describe("toMetricResult", () => {
  it.each<[string, Partial<Outcome<ClusterAnswer>>, string, string]>([
    ["an answer", { status: "SUCCESS", value: VALUE }, "SUCCESS", "SUCCESS"],
    ["an answer with infos", { status: "SUCCESS", value: { ...VALUE, infos: ["i"] } }, "SUCCESS", "SUCCESS"],
    [
      "an answer that the backend itself calls partial",
      { status: "SUCCESS", value: { ...VALUE, warnings: ["w"] } },
      "PARTIAL",
      "PARTIAL",
    ],
    ["an answer that was cut", { status: "SUCCESS", value: { ...VALUE, truncated: true } }, "PARTIAL", "PARTIAL"],
    ["none in time", { status: "TIMEOUT" }, "TIMEOUT", "TIMEOUT"],
    ["none", { status: "ERROR" }, "ERROR", "ERROR"],
    ["one not asked", { status: "SKIPPED", skipReason: "NO_ENDPOINT" }, "ERROR", "SKIPPED"],
    ["a cancelled one", { status: "CANCELLED" }, "ERROR", "CANCELLED"],
  ])("has the spec's status for %s, and the finer one beside it", (_, outcome, status, finer) => {
    const result = toMetricResult(TARGET, { ...STARTED, status: "SUCCESS", ...outcome });
    expect([result.status, result.outcome.status]).toEqual([status, finer]);
  });

  it("has the data, and one row of how it went", () => {
    expect(toMetricResult(TARGET, { ...STARTED, status: "SUCCESS", value: { ...VALUE, warnings: ["w"] } })).toEqual({
      clusterId: "id-1",
      clusterName: "prod",
      cluster: { id: "id-1" },
      status: "PARTIAL",
      resultType: "VECTOR",
      data: VALUE.series,
      error: null,
      queryTimeMs: 12,
      fromCache: false,
      outcome: {
        ...STARTED,
        clusterId: "id-1",
        clusterName: "prod",
        cluster: { id: "id-1" },
        status: "PARTIAL",
        skipReason: null,
        rows: 1,
        bytes: 9,
        truncated: false,
        warnings: ["w"],
        error: null,
      },
    });
  });

  it("has the reason, and no data, where there is no answer", () => {
    const failure = { code: "UPSTREAM_UNREACHABLE" as const, message: "The connection was refused.", retryable: true };
    expect(toMetricResult(TARGET, { ...STARTED, status: "ERROR", failure })).toMatchObject({
      resultType: null,
      data: [],
      error: "The connection was refused.",
      outcome: { rows: 0, error: failure },
    });
  });

  describe("with a label for the cluster", () => {
    const labelled = (value: Partial<ClusterAnswer>) =>
      toMetricResult(TARGET, { ...STARTED, status: "SUCCESS", value: { ...VALUE, ...value } }, "cluster").data;

    it("has the cluster's name in it, and keeps what a series has there itself", () => {
      const values = VALUE.series[0]?.values ?? [];
      const series = [{ a: "b" }, { cluster: "x" }, { cluster: "x", original_cluster: "y" }].map((metric) => ({
        metric,
        values,
      }));
      expect(labelled({ series }).map(({ metric }) => metric)).toEqual([
        { a: "b", cluster: "prod" },
        { cluster: "prod", original_cluster: "x" },
        { cluster: "prod", original_cluster: "x", original_original_cluster: "y" },
      ]);
      // What is kept for others is as it was.
      expect(series[1]?.metric).toEqual({ cluster: "x" });
    });

    it("leaves what is no series as it is", () => {
      expect(labelled({ resultType: "SCALAR" })).toEqual(VALUE.series);
    });
  });
});
