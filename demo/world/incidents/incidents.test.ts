import { expect, it } from "vitest";
import { queryInstant } from "../../../promql/query.ts";
import { dropLabels, labelsKey } from "../../../promql/values.ts";
import { clusterSpec } from "../../catalogue.ts";
import { INCIDENT_KINDS } from "../../incidents.ts";
import { sampleSource } from "../samples.ts";
import { buildWorld, type World } from "../world.ts";

const AT = Date.UTC(2026, 10, 23, 6, 30) / 1000;

const cases = [0, 1, 2, 3, 4, 5].flatMap((index) =>
  INCIDENT_KINDS.filter((kind) => kind !== "gpu-xid-storm" || clusterSpec(1, index).gpu !== undefined).map(
    (kind) => [kind, index] as const,
  ),
);

it.each(cases)("%s on cluster %i: alerts are those that the rules' queries find", (kind, index) => {
  const world = buildWorld(clusterSpec(1, index));
  const { alertname } = world.incidents.start(kind, { from: AT, to: Infinity });
  const untold = new Set(["NodeFilesystemSpaceFillingUp"]);
  for (const after of [-60, 900]) {
    const t = AT + after;
    const source = sampleSource(world, t * 1000);
    const active = world.alerts.active(t);
    expect(active.some(({ rule, firedAt }) => rule.name === alertname && firedAt !== undefined && firedAt >= AT)).toBe(
      after > 0,
    );
    for (const rule of world.alerts.rules.filter(({ name }) => !untold.has(name))) {
      const { data } = queryInstant(rule.query, t * 1000, source, { timeout: 10_000 });
      if (data.resultType !== "vector") throw new Error(`${rule.query} is no vector`);
      const found = data.result.map(({ metric }) =>
        labelsKey({ ...dropLabels(metric, ["__name__"]), ...rule.labels, alertname: rule.name }),
      );
      const told = active.filter((alert) => alert.rule.name === rule.name).map(({ labels }) => labelsKey(labels));
      expect(new Set(told)).toEqual(new Set(found));
    }
  }
});

const all = (world: World, period: { from: number; to: number }) =>
  INCIDENT_KINDS.filter((kind) => kind !== "gpu-xid-storm" || world.spec.gpu !== undefined).map((kind) =>
    world.incidents.start(kind, period),
  );

/** What the world's series, traces and logs are in the minutes before a unix second. */
function seen(world: World, until: number) {
  const series = [...world.families.values()].flatMap((family) =>
    // The certificate that will not be renewed has not been renewed.
    family.name === "certmanager_certificate_expiration_timestamp_seconds"
      ? []
      : world.incidents
          .seriesOf(family)
          .map(({ labels, at }) => [labelsKey(labels), [until - 615, until - 15].map((t) => at(t))] as const),
  );
  const there = series.filter(([, values]) => values.some((value) => value !== undefined));
  const streams = world.logs.streams.flatMap((stream) =>
    world.logs.lines(stream, until - 60, until).map(({ ns, text }) => `${ns} ${text}`),
  );
  return {
    series: there.sort(([a], [b]) => (a < b ? -1 : 1)),
    lines: streams.sort(),
    traces: world.traces
      .between(until - 600, until)
      .map(({ id, spans }) => [id, spans.map(({ start, duration }) => [start, duration])]),
  };
}

it.each([0, 2, 3, 4])(
  "leave cluster %i as it was before them, and is again after them, but for what was counted",
  (index) => {
    const usual = buildWorld(clusterSpec(1, index));
    const world = buildWorld(clusterSpec(1, index));
    all(world, { from: AT, to: AT + 600 });
    expect(seen(world, AT)).toEqual(seen(usual, AT));
    const { lines, traces } = seen(world, AT + 1300);
    const after = seen(usual, AT + 1300);
    expect({ lines, traces }).toEqual({ lines: after.lines, traces: after.traces });
  },
);

it.each([1, 2, 3, 4])(
  "on cluster %i let counters grow or begin again, and requests lie within those that cause them",
  (index) => {
    const world = buildWorld(clusterSpec(1, index));
    all(world, { from: AT, to: AT + 700 });
    const falls: string[] = [];
    for (const family of world.families.values()) {
      for (const { labels, at } of family.type === "gauge" ? [] : world.incidents.seriesOf(family)) {
        let before = 0;
        for (let t = AT - 60; t < AT + 900; t += 15) {
          const value = at(t) ?? 0;
          if (value < 0 || (value < before && value > before / 5)) falls.push(`${labelsKey(labels)} at ${t - AT}`);
          before = value;
        }
      }
    }
    expect(falls).toEqual([]);
    for (const { spans } of world.traces.between(AT, AT + 700)) {
      const byId = new Map(spans.map((span) => [span.id, span]));
      for (const { parent = "", start, duration } of spans) {
        const above = byId.get(parent);
        if (above === undefined) continue;
        expect(start).toBeGreaterThanOrEqual(above.start);
        expect(start + duration).toBeLessThanOrEqual(above.start + above.duration + 2);
      }
    }
  },
);

it("are the same for everybody who starts them", () => {
  const [one, other] = [buildWorld(clusterSpec(1, 2)), buildWorld(clusterSpec(1, 2))];
  const period = { from: AT, to: Infinity };
  expect(all(one, period)).toEqual(all(other, period));
  expect(seen(one, AT + 600)).toEqual(seen(other, AT + 600));
});
