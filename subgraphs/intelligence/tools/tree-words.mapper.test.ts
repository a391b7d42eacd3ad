import { expect, it } from "vitest";
import { explainedLogql, explainedTraceql } from "./tree-words.mapper.ts";

it("says what LogQL keeps, reads and counts, from the inside to the outside", () => {
  const query = 'topk(5, sum by (pod) (rate({app="x"} |= "error" | json | status >= 500 [5m])))';
  expect(explainedLogql(query, "samples")).toEqual({
    meaning:
      'Of the streams {app="x"} it keeps lines that contain "error"; reads labels from the line (json); keeps lines where status >= 500; computes rate over 5m; of that sum by (pod); of that topk 5',
    selects: ['{app="x"}'],
    answers: "series",
    hints: [],
  });
  expect(explainedLogql('{app="x"}', "lines")).toMatchObject({
    meaning: 'Of the streams {app="x"} it takes every line',
    answers: "log lines",
  });
});

it.each([
  ['{namespace=~".+"} |= "x"', "lines", "nearly every stream"],
  ['{app="x"} | json | a="b"', "lines", "before any is left out"],
  ['count_over_time({app="x"}[2d])', "samples", "a day or more"],
] as const)("hints at what makes %s slow", (query, kind, hint) => {
  expect(explainedLogql(query, kind).hints.join(" ")).toContain(hint);
});

it("says what TraceQL selects", () => {
  const query = '{ resource.service.name = "a" } >> { status = error } | count() > 2';
  expect(explainedTraceql(query)).toMatchObject({
    meaning:
      'It takes spans that meet { resource.service.name = "a" }; of which a span below is taken, as follows; takes spans that meet { status = error }; keeps traces where count() > 2',
    answers: "traces",
    hints: [expect.stringContaining("several spans")],
  });
  expect(explainedTraceql("{ } | rate()").answers).toContain("series");
});

it.each([
  ["{ }", "without a condition"],
  ['{ .http.route = "/" }', "two places"],
  ['{ span.http.route =~ "/.*" }', "tried on every value"],
])("hints at what makes %s slow", (query, hint) => {
  expect(explainedTraceql(query).hints.join(" ")).toContain(hint);
});
