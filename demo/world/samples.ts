import type { Matcher } from "../../promql/ast.ts";
import type { SampleSource, SourceSeries } from "../../promql/source.ts";
import { alertSeries } from "./alerts/series.ts";
import { EPOCH } from "./lifecycle.ts";
import { SCRAPE_INTERVAL, type World } from "./world.ts";

function select(world: World, matchers: readonly Matcher[]): SourceSeries[] {
  const names = matchers.filter((matcher) => matcher.name === "__name__");
  const others = matchers.filter((matcher) => matcher.name !== "__name__");
  const exact = names.find((matcher) => matcher.operator === "=");
  const only = exact === undefined ? undefined : world.families.get(exact.value);
  const families = exact === undefined ? world.families.values() : only === undefined ? [] : [only];
  const wanted = names.every((matcher) => matcher.matches("ALERTS")) ? alertSeries(world.alerts) : [];
  const found = wanted.filter(({ labels }) => others.every(({ name, matches }) => matches(labels[name] ?? "")));
  for (const family of families) {
    if (!names.every((matcher) => matcher.matches(family.name))) continue;
    for (const series of world.incidents.seriesOf(family)) {
      if (others.every((matcher) => matcher.matches(series.labels[matcher.name] ?? ""))) found.push(series);
    }
  }
  return found;
}

/** A world as queries read it at `now` (milliseconds): nothing is younger than the last scrape. */
export function sampleSource(world: World, now: number): SampleSource {
  const interval = SCRAPE_INTERVAL * 1000;
  return {
    interval,
    first: EPOCH * 1000,
    last: Math.floor(now / interval) * interval,
    select: (matchers) => select(world, matchers),
  };
}
