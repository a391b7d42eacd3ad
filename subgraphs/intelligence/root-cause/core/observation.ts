import { keyOf } from "./entity.ts";
import { type Frames, merged, rangeAt } from "./frames.ts";
import { type Habit, habitsOf } from "./habits.ts";
import { levelOf } from "./log-level.ts";
import type { Case, LogLine } from "./model.ts";
import { TemplateMiner } from "./template-miner.ts";
import { NO_OPERATION, type Visit, type Visits, visitsOf } from "./visits.ts";

/** A request has a feature for each template of its lines, others for two of them, three and so on, and one for its error. */
export const SPAN_ERROR = 0;
const AT_LEAST = [1, 2, 3, 4, 6, 8];
const STEPS = AT_LEAST.length;

export const templateOf = (feature: number): number => Math.floor(feature / STEPS);
export const atLeastOf = (feature: number): number => AT_LEAST[feature % STEPS] ?? 1;

/** Lines of no request, counted by entity and template. */
export interface LineCounts {
  readonly entity: string;
  readonly template: number;
  readonly counts: Float64Array;
}

export interface Observation {
  readonly visits: Visits;
  readonly habits: ReadonlyMap<string, Habit>;
  readonly loose: readonly LineCounts[];
  readonly miner: TemplateMiner;
  /** Templates whose lines are warnings or errors. */
  readonly bad: ReadonlySet<number>;
}

const MOST_LOOSE = 10_000;

export function observe(asked: Case, frames: Frames): Observation {
  const visits = visitsOf(asked.spans, frames);
  const miner = new TemplateMiner();
  const bad = new Set<number>();
  const lines = new Map<Visit, Map<number, number>>();
  const byRequest = new Map<string, Visit>();
  const loose = new Map<string, LineCounts>();
  for (const line of asked.logs) {
    const level = levelOf(line);
    const template = miner.add(line.message, level);
    if (level !== "OTHER") bad.add(template);
    const visit = visitOf(line, visits, byRequest, frames);
    if (visit) {
      const counts = lines.get(visit);
      if (counts) counts.set(template, (counts.get(template) ?? 0) + 1);
      else lines.set(visit, new Map([[template, 1]]));
    } else countLoose(line, template, loose, frames);
  }
  for (const [visit, counts] of lines) addFeatures(visit, counts);
  for (const visit of visits.all) if (visit.error) visit.features.add(SPAN_ERROR);
  const habits = habitsOf(withLines(visits.all, asked), frames.ranges.length);
  return { visits, habits, loose: [...loose.values()], miner, bad };
}

function addFeatures({ features }: Visit, counts: ReadonlyMap<number, number>): void {
  for (const [template, count] of counts) {
    for (let step = 0; step < STEPS && count >= (AT_LEAST[step] ?? 1); step += 1) features.add(template * STEPS + step);
  }
}

/** The request that wrote the line: by its span, or else by its trace. */
function visitOf(line: LogLine, visits: Visits, byRequest: Map<string, Visit>, frames: Frames): Visit | null {
  const entity = keyOf(line.entity);
  const known = line.spanId ? visits.ofSpan(line.spanId) : undefined;
  if (known && known.entity === entity) return known;
  if (!line.traceId) return null;
  const key = `${line.traceId} ${entity}`;
  let visit = byRequest.get(key);
  if (!visit) {
    visit = {
      entity,
      operation: NO_OPERATION,
      frame: frames.indexOf(line.time),
      traceId: line.traceId,
      start: line.time,
      end: line.time,
      parent: null,
      error: false,
      selfMs: null,
      gapMs: null,
      features: new Set(),
    };
    byRequest.set(key, visit);
    visits.all.push(visit);
  }
  return visit;
}

function countLoose(line: LogLine, template: number, loose: Map<string, LineCounts>, frames: Frames): void {
  const frame = frames.indexOf(line.time);
  if (frame < 0) return;
  const entity = keyOf(line.entity);
  const key = `${template} ${entity}`;
  let found = loose.get(key);
  if (!found) {
    if (loose.size >= MOST_LOOSE) return;
    found = { entity, template, counts: new Float64Array(frames.ranges.length) };
    loose.set(key, found);
  }
  found.counts[frame] = (found.counts[frame] ?? 0) + 1;
}

/** Of a request whose lines were not asked for, nothing is missing. */
function withLines(visits: readonly Visit[], { logRanges }: Case): readonly Visit[] {
  if (!logRanges) return visits;
  const ranges = merged(logRanges);
  return visits.filter(({ start }) => rangeAt(ranges, start) >= 0);
}
