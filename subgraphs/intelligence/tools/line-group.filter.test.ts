import { expect, it } from "vitest";
import { lineGroups, type ToldLine } from "./line-group.filter.ts";

const line = (second: number, message: string, rest: Partial<ToldLine> = {}): ToldLine => ({
  cluster: "hub",
  at: new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString(),
  message,
  level: null,
  namespace: "shop",
  pod: "checkout-1",
  container: null,
  traceId: null,
  ...rest,
});

it("groups lines that differ in numbers and ids, the most frequent first", () => {
  const groups = lineGroups([
    line(3, "level=error payment 17 failed after 30 ms", { traceId: "abc" }),
    line(2, "level=error payment 4 failed after 211 ms", { cluster: "east", pod: "checkout-2" }),
    line(1, "level=info started"),
  ]);
  expect(groups).toHaveLength(2);
  expect(groups[0]).toMatchObject({
    count: 2,
    level: "ERROR",
    clusters: ["hub", "east"],
    pods: ["shop/checkout-1", "shop/checkout-2"],
    first: "2026-01-01T00:00:02.000Z",
    last: "2026-01-01T00:00:03.000Z",
    example: "level=error payment 17 failed after 30 ms",
    traceId: "abc",
  });
  expect(groups[0]?.["template"]).toContain("<*> failed after <*> ms");
});

it("names a few of many places, and says how many others there are", () => {
  const lines = Array.from({ length: 9 }, (_, index) => line(index, "the same", { pod: `p${index}` }));
  expect(lineGroups(lines)[0]?.["pods"]).toEqual(["shop/p0", "shop/p1", "shop/p2", "and 6 more"]);
});
