import { describe, expect, it } from "vitest";
import type { Series } from "../../shared/upstreams/prometheus/schema.ts";
import { type AnswerLimits, cutTo, FairShares } from "./series.filter.ts";

const one = (name: string, samples = 1): Series => ({
  metric: { name },
  values: Array.from({ length: samples }, (_, index) => [index, "1"]),
});
const names = (series: readonly Series[]): string => series.map(({ metric }) => metric["name"]).join("");
const all = (letters: string, samples = 1): Series[] => [...letters].map((letter) => one(letter, samples));

describe("one cluster's answer", () => {
  it("stays as it is within its limit", () => {
    const series = all("ba");
    expect(cutTo(series, 2)).toEqual({ series, truncated: false });
  });

  it("keeps the first by labels beyond it, in the order they came in", () => {
    expect(names(cutTo(all("dbca"), 2).series)).toBe("ba");
    expect(names(cutTo(all("abcd"), 2).series)).toBe("ab");
    expect(cutTo(all("abcd"), 2).truncated).toBe(true);
  });

  it("does not tell labels apart by their order", () => {
    const twice = [
      { metric: { b: "2", a: "1" }, values: [] },
      { metric: { a: "1", b: "1" }, values: [] },
    ];
    expect(cutTo(twice, 1).series).toEqual([twice[1]]);
  });
});

describe("many clusters' answers", () => {
  const limits: AnswerLimits = { seriesPerCluster: 1000, series: 1000, samples: 1000, bytes: 100_000 };
  const shared = (given: Partial<AnswerLimits>, ...answers: Series[][]) => {
    const shares = new FairShares({ ...limits, ...given });
    const cuts = answers.map((series) => shares.add(series));
    shares.settle();
    return cuts.map(({ series, truncated }) => names(series) + (truncated ? "…" : ""));
  };

  it("are whole within the limits", () => {
    expect(shared({ series: 5 }, all("ab"), all("cde"))).toEqual(["ab", "cde"]);
  });

  it("are cut where they are too many series, the largest alike and the small ones not", () => {
    expect(shared({ series: 5 }, all("a"), all("bcde"), all("fghi"))).toEqual(["a", "bc…", "fg…"]);
  });

  it("are cut where they are too many samples, at whole series", () => {
    expect(shared({ samples: 100 }, all("abc", 30), all("d", 10), all("ef", 30))).toEqual(["a…", "d", "e…"]);
  });

  it("are cut where they are too many bytes", () => {
    const [first, second] = shared({ bytes: 1000 }, all("abcd", 10), all("efgh", 10));
    expect([first, second]).toEqual(["ab…", "ef…"]);
  });

  it("leave nothing of one whose single series is larger than its share", () => {
    expect(shared({ samples: 10 }, all("a", 11))).toEqual(["…"]);
  });

  it("are not much more than the limits before they are settled", () => {
    const shares = new FairShares({ ...limits, series: 10 });
    const cuts = Array.from({ length: 20 }, () => shares.add(all("abcde")));
    expect(cuts.reduce((sum, { series }) => sum + series.length, 0)).toBeLessThanOrEqual(15);
  });

  it("are cut alike in whatever order they come in", () => {
    const answers: Record<string, Series[]> = {
      few: all("a", 3),
      many: all("bcdefgh", 7),
      large: [one("i", 40), one("j", 2), one("k", 2)],
      none: [],
    };
    const results = permutations(Object.keys(answers)).map((order) => {
      const shares = new FairShares({ ...limits, series: 9, samples: 60, bytes: 900 });
      const cuts = order.map((name) => [name, shares.add(answers[name] ?? [])] as const);
      shares.settle();
      return cuts
        .map(([name, { series, truncated }]) => `${name}:${names(series)}${truncated ? "…" : ""}`)
        .sort()
        .join(" ");
    });
    expect(new Set(results).size).toBe(1);
    expect(results[0]).toContain("few:a ");
  });
});

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, index) =>
    permutations(items.filter((_, other) => other !== index)).map((rest) => [item, ...rest]),
  );
}
