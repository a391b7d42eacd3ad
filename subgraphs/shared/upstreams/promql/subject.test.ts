import { describe, expect, it } from "vitest";
import { subjectOf } from "./subject.ts";

describe("subjectOf", () => {
  it.each([
    ["http_requests_total", "http_requests_total", true],
    ['{__name__="node_cpu_seconds_total"}', "node_cpu_seconds_total", true],
    ['sum by (pod) (http_requests_total{code=~"5.."})', "http_requests_total", true],
    ["sum(request_duration_seconds_bucket) by (le)", "request_duration_seconds_bucket", true],
    ["rate(http_requests_total[5m])", "http_requests_total", false],
    ["sum(increase(http_requests_total[5m])) by (pod)", "http_requests_total", false],
    ["avg(http_requests_total)", "http_requests_total", false],
    ["a_total / b_total", "a_total", false],
    ["-a_total", "a_total", false],
    ["a_total and on (pod) b", "a_total", false],
    ["node_load1", "node_load1", false],
    ["vector(1)", "vector(1)", false],
    ["time()", "time()", false],
  ])("says of %s that it is about %s", (expression, metricName, counter) => {
    expect(subjectOf(expression)).toEqual({ metricName, counter });
  });
});
