import { expect, it } from "vitest";
import { clipped, counted, fullOf, shownOf, spelled, tableOf, tally, tidy } from "./row.filter.ts";

const rows = Array.from({ length: 3000 }, (_, index) => ({ index, text: "x".repeat(80) }));

it("shows as many rows as fit, and one in any case", () => {
  expect(JSON.stringify(shownOf(rows)).length).toBeLessThan(4600);
  expect(shownOf(rows, 3)).toHaveLength(3);
  expect(shownOf([{ text: "x".repeat(9000) }, { text: "y" }])).toHaveLength(1);
  expect(shownOf([])).toEqual([]);
});

it("keeps a thousand rows and a quarter of a megabyte, and says how many there are", () => {
  expect(fullOf(rows, 9000)).toMatchObject({ total: 9000, rows: { length: 1000 } });
  const large = fullOf(Array.from({ length: 500 }, () => ({ text: "x".repeat(4000) })));
  expect(large?.total).toBe(500);
  expect(large?.rows.length).toBe(65);
});

it("makes a table of what people read", () => {
  expect(tableOf([{ a: 1, b: null, c: ["x"] }], ["a", "b", "c", "d"])).toEqual({
    columns: ["a", "b", "c", "d"],
    rows: [["1", "", '["x"]', ""]],
  });
  expect(tableOf(rows, ["index"])?.rows).toHaveLength(100);
  expect(tableOf([], ["a"])).toBeNull();
});

it("cuts no secret in the middle", () => {
  const token = `eyJhbGciOiJIUzI1NiJ9.${"a".repeat(200)}.${"b".repeat(40)}`;
  for (const most of [20, 60, 150, 400]) expect(clipped(`token ${token}`, most)).not.toMatch(/eyJ|aaa|bbb/);
  expect(clipped("x".repeat(50), 10)).toBe(`${"x".repeat(9)}…`);
});

it("counts, and words it", () => {
  expect([counted(1, "pod"), counted(0, "pod")]).toEqual(["1 pod", "0 pods"]);
  expect(spelled(tally(["a", "b", "a", "c"]), 2)).toBe("2 a, 1 b");
  expect([tidy(1 / 3), tidy(Number.NaN), tidy(null), tidy(0)]).toEqual([0.333333, null, null, 0]);
});
