import { expect, it } from "vitest";
import { looksAhead, mostSeries } from "./shape.ts";

it.each<[string, boolean]>([
  ["up", false],
  ["rate(up[5m] offset 5m) - 1", false],
  ["up offset -5m", true],
  ["up offset (-5m)", true],
  ["sum(rate(up[5m] offset -1s))", true],
  ["up @ 1609746000", true],
  ["max_over_time(up[1h:1m] @ end())", true],
  ['up{a="@"} # @', false],
])("whether it looks ahead: %s", (expression, expected) => expect(looksAhead(expression)).toBe(expected));

it.each<[string, number | null]>([
  ["up", null],
  ["sum(up)", 1],
  ["SUM by () (up)", 1],
  ["sum by (a) (up)", null],
  ["sum(up) without (a)", null],
  ["quantile(0.9, up)", 1],
  ["topk(3, up)", null],
  ["count_values('a', up)", null],
  ["(1 + sum(up)) / -count(up offset 5m)", 1],
  ["sum(up) > 3 or max(up)", 2],
  ["sum(up) or up", null],
  ["sum(up) * on() group_right() up", null],
  ["time()", 1],
  ["rate(up[5m])", null],
  ["'text'", 1],
  ["# why\nvector(1) # so", 1],
])("how many series %s has at most", (expression, expected) => expect(mostSeries(expression)).toBe(expected));
