import { expect, it } from "vitest";
import { parsePromql } from "../../../promql/parse.ts";
import { explainedPromql } from "./promql-words.mapper.ts";

const explained = (query: string) => explainedPromql(parsePromql(query));

it.each([
  ["up", "up"],
  ['up{job="node", pod=~"a.*"} offset 1h', 'up where job is "node" and pod matches "a.*", 1h earlier'],
  [
    "sum by (job) (rate(http_requests_total[5m]))",
    "the sum per job of the per-second increase of http_requests_total over the last 5m",
  ],
  ["topk(3, sum without (pod) (up))", "the highest 3 over all series of the sum, over pod, of up"],
  ["a / on (job) b", "a divided by b, series paired by job"],
  ["a > 5", "a, only where above 5"],
  ["a > bool 5", "1 or 0, whether a is above 5"],
  ["absent(up)", "1 where there is no up"],
  ["max_over_time(up[1h])", "the max of the samples of up over the last 1h"],
])("says what %s computes", (query, meaning) => {
  expect(explained(query).meaning).toBe(meaning);
});

it.each([
  ["sum(up)", "one value"],
  ["sum by (a, b) (up)", "one value for each a and b"],
  ["up", "one value for each series"],
  ["time()", "one number"],
  ["up[5m]", "the samples of each series (only at an instant)"],
])("says what %s answers", (query, answers) => {
  expect(explained(query).answers).toBe(answers);
});

it.each([
  ['{job="x"}', "names no metric"],
  ['sum(up{pod=~".*x"})', "begins with"],
  ["sum(max_over_time(up[7d]))", "longer than a day"],
  ["sum(max_over_time(up[1h:1m]))", "subquery"],
  ["sum(rate(node_memory_free_bytes[5m]))", "for counters"],
  ["sum(http_requests_total)", "how long it has been counting"],
  ["max(rate(sum(http_requests_total)[5m:]))", "rate before sum"],
  ["up", "Not aggregated"],
])("hints at what is wrong with %s", (query, hint) => {
  expect(explained(query).hints.join(" ")).toContain(hint);
});

it("has nothing to say against a good query", () => {
  expect(explained('sum by (job) (rate(http_requests_total{code="500"}[5m])) > 1').hints).toEqual([]);
});
