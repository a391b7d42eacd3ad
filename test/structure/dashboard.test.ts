import { Registry } from "prom-client";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createMetrics } from "../../gateway/metrics.ts";
import { type Expr, partsOf } from "../../promql/ast.ts";
import { parsePromql } from "../../promql/parse.ts";
import { documents } from "./manifests.ts";
import { ownMetrics, seriesOf } from "./own-metrics.ts";
import { read } from "./source-files.ts";

const Dashboard = z.looseObject({
  panels: z.array(
    z.looseObject({
      id: z.number(),
      title: z.string().min(1),
      gridPos: z.object({ h: z.number(), w: z.number(), x: z.number(), y: z.number() }),
      targets: z.array(z.looseObject({ expr: z.string() })).default([]),
    }),
  ),
});
const Rules = z.looseObject({
  spec: z.object({
    groups: z.array(z.looseObject({ rules: z.array(z.looseObject({ alert: z.string(), expr: z.string() })) })),
  }),
});

const { panels } = Dashboard.parse(JSON.parse(read("deploy/grafana/dashboard.json")));
const [rules] = documents("deploy/kustomize/components/monitoring/rules.yaml");
const expressions = [
  ...panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [title, expr] as const)),
  ...Rules.parse(rules).spec.groups.flatMap((group) => group.rules.map(({ alert, expr }) => [alert, expr] as const)),
];

/** What our processes show under /metrics, and what Prometheus adds. */
async function shownMetrics(): Promise<Set<string>> {
  const metrics = createMetrics(new Registry(), () => ({ sockets: 0, clients: 0, upstreams: 0, sharedRates: true }));
  const { body } = await metrics.text();
  const types = Array.from(body.matchAll(/^# TYPE (\S+) (\S+)$/gm), ([, name = "", type]) => ({ name, type }));
  return new Set([
    "up",
    ...ownMetrics.flatMap(seriesOf),
    ...types.flatMap(({ name, type }) =>
      type === "histogram" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    ),
  ]);
}

const selectorsIn = (expr: Expr): string[] => {
  const own = expr.type === "selector" ? expr.matchers : expr.type === "matrix" ? expr.selector.matchers : [];
  const names = own.filter(({ name }) => name === "__name__").map(({ value }) => value);
  return [...new Set([...names, ...partsOf(expr).flatMap(selectorsIn)])];
};

describe("the dashboard and the alert rules", () => {
  it.each(expressions)("%s: asks in PromQL for metrics that there are", async (_, expr) => {
    const asked = selectorsIn(parsePromql(expr.replaceAll("$__rate_interval", "1m").replaceAll("$job", ".+")));
    expect(asked.length).toBeGreaterThan(0);
    const shown = await shownMetrics();
    expect(asked.filter((name) => !shown.has(name))).toEqual([]);
  });

  it("has panels that do not overlap, under ids of their own", () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { h, w, x, y } }) =>
      Array.from({ length: h * w }, (_, index) => `${x + (index % w)}:${y + Math.floor(index / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
  });

  it("shows every metric of our own", async () => {
    const asked = new Set(expressions.flatMap(([, expr]) => expr.match(/[a-z_]+/g) ?? []));
    const own = [...(await shownMetrics())].filter((name) => /^(aiops_|http_)/.test(name) && !name.endsWith("_sum"));
    expect(own.filter((name) => !asked.has(name))).toEqual([]);
  });
});
