import { describe, expect, it } from "vitest";
import { publicText, QueryAnswer } from "./schema.ts";

const answer = (resultType: string, result: unknown[], more: object = {}) =>
  QueryAnswer.parse({ status: "success", data: { resultType, result }, ...more });

describe("QueryAnswer", () => {
  it("leaves out native histograms, and says so", () => {
    const histogram = [1, { count: "5", sum: "1", buckets: [[0, "0", "1", "5"]] }];
    const labels = (name: string) => ({ __name__: name });
    const matrix = answer("matrix", [
      { metric: labels("native"), histograms: [histogram] },
      { metric: labels("both"), values: [[1, "2"]], histograms: [histogram] },
      { metric: labels("plain"), values: [[1, "3"]] },
    ]);
    expect(matrix.series).toEqual([
      { metric: labels("both"), values: [[1, "2"]] },
      { metric: labels("plain"), values: [[1, "3"]] },
    ]);
    expect(matrix.warnings).toEqual([expect.stringContaining("native histograms are left out")]);
    const vector = answer("vector", [
      { metric: labels("native"), histogram },
      { metric: labels("plain"), value: [1, "3"] },
    ]);
    expect(vector.series).toEqual([{ metric: labels("plain"), values: [[1, "3"]] }]);
    expect(vector.warnings).toHaveLength(1);
    expect(answer("vector", [{ metric: labels("plain"), value: [1, "3"] }]).warnings).toEqual([]);
  });

  it("shows no addresses of what is behind the endpoint", () => {
    const warnings = ["No StoreAPIs matched for this query: store 10.2.3.4:10901 unavailable"];
    expect(answer("vector", [], { warnings }).warnings).toEqual([
      "No StoreAPIs matched for this query: store … unavailable",
    ]);
  });
});

describe("publicText", () => {
  it.each([
    ["dial tcp 10.0.0.7:9090: connect: connection refused", "dial tcp …: connect: connection refused"],
    ["Post https://thanos.internal/api?x=1: EOF", "Post … EOF"],
    [
      "receive series from Addr: thanos-store.monitoring.svc:10901 LabelSets: {}",
      "receive series from Addr: … LabelSets: {}",
    ],
    ["dial [fe80::1]:9090 failed", "dial … failed"],
    [
      'found duplicate series for the match group {job="node"} on the right',
      'found duplicate series for the match group {job="node"} on the right',
    ],
    ['1:5: parse error: unexpected "by"', '1:5: parse error: unexpected "by"'],
  ])("%s", (text, shown) => {
    expect(publicText(text)).toBe(shown);
  });
});
