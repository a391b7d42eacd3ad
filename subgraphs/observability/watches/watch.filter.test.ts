import { describe, expect, it } from "vitest";
import { newsOf, type Thresholds, type ToldSeries } from "./watch.filter.ts";

const rules = (given: Partial<Thresholds>): Thresholds => ({ above: null, below: null, changePercent: null, ...given });
const series = (values: Record<string, string>) =>
  Object.entries(values).map(([pod, value]) => ({ metric: { pod }, values: [[0, value] as [number, string]] }));
/** The reasons told for pod "a", look by look. */
function reasons(thresholds: Thresholds, looks: string[]): (string | null)[] {
  let told: ToldSeries = {};
  return looks.map((value) => {
    const seen = newsOf(thresholds, series({ a: value }), told, 10);
    told = seen.told;
    return seen.news[0]?.reason ?? null;
  });
}

describe("newsOf", () => {
  it("tells of going over a threshold and of coming back, once each", () => {
    expect(reasons(rules({ above: 10 }), ["5", "11", "12", "10", "9", "11"])).toEqual([
      null,
      "THRESHOLD",
      null,
      "BACK",
      null,
      "THRESHOLD",
    ]);
    expect(reasons(rules({ below: 1 }), ["0", "2"])).toEqual(["THRESHOLD", "BACK"]);
  });

  it("tells of going from over one to under the other", () => {
    expect(reasons(rules({ above: 10, below: 1 }), ["11", "0"])).toEqual(["THRESHOLD", "THRESHOLD"]);
  });

  it("tells of a change by as much since it last told, so that a slow drift is told too", () => {
    expect(reasons(rules({ changePercent: 10 }), ["100", "105", "109", "110", "119", "121", "-121"])).toEqual([
      null,
      null,
      null,
      "CHANGE",
      null,
      "CHANGE",
      "CHANGE",
    ]);
  });

  it("takes any change from zero, NaN or an infinity for one, and none from NaN to NaN", () => {
    expect(reasons(rules({ changePercent: 50 }), ["0", "0.1", "NaN", "NaN", "+Inf", "1"])).toEqual([
      null,
      "CHANGE",
      "CHANGE",
      null,
      "CHANGE",
      "CHANGE",
    ]);
  });

  it("says what was told before, and forgets a series that is gone", () => {
    const first = newsOf(rules({ above: 1 }), series({ a: "2", b: "2" }), {}, 10);
    expect(first.news.map(({ labels, previous }) => [labels["pod"], previous])).toEqual([
      ["a", null],
      ["b", null],
    ]);
    const second = newsOf(rules({ above: 1 }), series({ a: "0" }), first.told, 10);
    expect(second.news).toMatchObject([{ labels: { pod: "a" }, value: "0", previous: "2", reason: "BACK" }]);
    expect(Object.keys(second.told)).toHaveLength(1);
  });

  it("leaves for the next look what does not fit", () => {
    const first = newsOf(rules({ above: 1 }), series({ a: "2", b: "2", c: "2" }), {}, 2);
    expect(first.news).toHaveLength(2);
    const second = newsOf(rules({ above: 1 }), series({ a: "2", b: "2", c: "2" }), first.told, 2);
    expect(second.news).toMatchObject([{ labels: { pod: "c" }, reason: "THRESHOLD" }]);
  });

  it("knows a series whatever order its labels come in", () => {
    const at = (metric: Record<string, string>) => [{ metric, values: [[0, "2"] as [number, string]] }];
    const first = newsOf(rules({ above: 1 }), at({ x: "1", y: "2" }), {}, 10);
    expect(newsOf(rules({ above: 1 }), at({ y: "2", x: "1" }), first.told, 10).news).toEqual([]);
  });
});
