import type { Blame } from "./blame.ts";
import { type Finding, figure, percent } from "./finding.ts";
import type { Frames } from "./frames.ts";
import { type Habit, habitKey, type ShareChange } from "./habits.ts";
import { atLeastOf, type LineCounts, type Observation, SPAN_ERROR, templateOf } from "./observation.ts";
import { calibrated, median } from "./statistics.ts";
import { WILDCARD } from "./template-tokens.ts";
import { NO_OPERATION, type Visit } from "./visits.ts";

const MOST_TRACES = 3;
const MOST_TEXT = 160;

/** Lines and errors that requests have more or less often than usual, and lines of no request that come more or less often. */
export function logFindings(observation: Observation, blame: Blame, frames: Frames): Finding[] {
  const { habits, loose, bad } = observation;
  const recent = Map.groupBy(
    observation.visits.all.filter(({ frame }) => frame === frames.window),
    habitKey,
  );
  const found: Finding[] = [];
  for (const [key, changes] of blame.changes) {
    const habit = habits.get(key);
    if (!habit) continue;
    const own = blame.ownShare.get(habit.entity) ?? 1;
    for (const change of changes) {
      const ofSpan = change.feature === SPAN_ERROR;
      const z = Math.abs(change.z) * own;
      const evidence = () => shareEvidence(change, habit, recent.get(key) ?? [], observation);
      const finding = { entity: habit.entity, z, evidence };
      if (!ofSpan) found.push({ ...finding, signal: "LOGS", source: "LOGS" });
      const worse = change.z > 0 && (ofSpan || bad.has(templateOf(change.feature)));
      if (worse) found.push({ ...finding, signal: "ERRORS", source: ofSpan ? "TRACES" : "LOGS" });
    }
  }
  for (const counts of loose) found.push(...looseFindings(counts, observation, frames));
  return found;
}

function shareEvidence(
  { feature, z, share, expected, requests }: ShareChange,
  habit: Habit,
  visits: readonly Visit[],
  { visits: { operations }, miner }: Observation,
): ReturnType<Finding["evidence"]> {
  const showing = visits.filter(({ features }) => features.has(feature) === z > 0);
  const operation = operations.names[habit.operation];
  const to = habit.operation === NO_OPERATION || operation === undefined ? "" : ` to ${operation}`;
  const tokens = miner.get(templateOf(feature))?.tokens;
  const times = atLeastOf(feature);
  const what = feature === SPAN_ERROR ? "An error" : `${quoted(tokens)}${times > 1 ? `, ${times} times or more,` : ""}`;
  return {
    statement: `${what} is in ${percent(share)} of ${requests} requests${to}; usually in ${percent(expected)}.`,
    query: null,
    at: showing.reduce((first, { start }) => Math.min(first, start), visits[0]?.start ?? 0),
    value: share,
    expected,
    pattern: fixedText(tokens),
    traceIds: [...new Set(showing.map(({ traceId }) => traceId))].slice(0, MOST_TRACES),
  };
}

function looseFindings({ entity, template, counts }: LineCounts, observation: Observation, frames: Frames): Finding[] {
  const minutes = frames.ranges.map(({ start, end }) => (end - start) / 60_000);
  const { window } = frames;
  const rates = minutes.slice(0, window).map((length, frame) => (counts[frame] ?? 0) / length);
  if (rates.length === 0) return [];
  const usual = median(rates);
  const deviation = (frame: number): number =>
    2 * (Math.sqrt((counts[frame] ?? 0) + 3 / 8) - Math.sqrt(usual * (minutes[frame] ?? 0) + 3 / 8));
  const raw = deviation(window);
  const own = rates.map((_, frame) => Math.abs(deviation(frame)));
  const [seen, expected] = [(counts[window] ?? 0) / (minutes[window] ?? 1), usual];
  const z = (calibrated(Math.abs(raw), own) * Math.abs(seen - expected)) / Math.max(seen + expected, 1e-9);
  if (!(z > 0)) return [];
  const tokens = observation.miner.get(template)?.tokens;
  const finding = {
    entity,
    z,
    source: "LOGS" as const,
    evidence: () => ({
      statement: `${quoted(tokens)} comes ${figure(seen)} times a minute; usually ${figure(expected)} times.`,
      query: null,
      at: frames.ranges[window]?.start ?? 0,
      value: seen,
      expected,
      pattern: fixedText(tokens),
      traceIds: [],
    }),
  };
  const worse = raw > 0 && observation.bad.has(template);
  return [{ ...finding, signal: "LOGS" }, ...(worse ? [{ ...finding, signal: "ERRORS" as const }] : [])];
}

const quoted = (tokens: readonly string[] | undefined): string => {
  const text = tokens?.join(" ") ?? "A line";
  return `"${text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}…` : text}"`;
};

/** The longest piece of a template that is in every one of its lines as it is. */
function fixedText(tokens: readonly string[] | undefined): string | null {
  const pieces = (tokens ?? []).join(" ").split(WILDCARD);
  const longest = pieces.reduce((a, b) => (b.trim().length > a.length ? b.trim() : a), "");
  return longest === "" ? null : longest;
}
