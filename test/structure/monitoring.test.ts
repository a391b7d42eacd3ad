import { describe, expect, it } from "vitest";
import { parsePromql } from "../../promql/parse.ts";
import { ownMetrics } from "./own-metrics.ts";
import { read, sourceFiles } from "./source-files.ts";

const DOC = read("docs/monitoring.md");
const rows = new Map(
  Array.from(DOC.matchAll(/^\| `((?:aiops|http)_\w+)` \|\s*([^|]*?)\s*\|/gm), ([, name = "", labels = ""]) => [
    name,
    labels,
  ]),
);

describe("docs/monitoring.md", () => {
  it("has a row for each metric of ours, and for no other", () => {
    expect([...rows.keys()].sort()).toEqual([...new Set(ownMetrics.map(({ name }) => name))].sort());
  });

  it("names every metric that the sources mention", () => {
    const mentioned = sourceFiles
      .filter((path) => /^(gateway|subgraphs)\//.test(path))
      .map(read)
      .filter((source) => /prom-client|kernel\/instruments\.ts|\.\/instruments\.ts/.test(source))
      .flatMap((source) => source.match(/"aiops_[a-z_]+"/g) ?? [])
      .map((quoted) => quoted.slice(1, -1));
    expect(mentioned.length).toBeGreaterThan(20);
    expect(mentioned.filter((name) => !rows.has(name))).toEqual([]);
  });

  it("suggests alerts in PromQL that is valid, about metrics that there are", () => {
    const alerts = Array.from(DOC.matchAll(/^\| `([^`]+)` \| (?:critical|warning) \|/gm), ([, expr = ""]) => expr);
    expect(alerts.length).toBeGreaterThan(5);
    for (const expr of alerts) {
      expect(() => parsePromql(expr.replaceAll("\\|", "|")), expr).not.toThrow();
      const named = expr.match(/\b(?:aiops|http)_\w+/g) ?? [];
      const known = (name: string): boolean => rows.has(name) || rows.has(name.replace(/_(bucket|sum|count)$/, ""));
      expect(named.filter((name) => !known(name))).toEqual([]);
    }
  });
});

describe("metrics of ours", () => {
  it("say in their help what they are, and have their unit in the name", () => {
    expect(ownMetrics.filter(({ help }) => !/^[A-Z0-9].*\.$/.test(help)).map(({ name }) => name)).toEqual([]);
    const counters = ownMetrics.filter(({ type }) => type === "counter");
    expect(counters.filter(({ name }) => !name.endsWith("_total"))).toEqual([]);
  });
});
