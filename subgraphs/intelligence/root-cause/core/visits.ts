import { keyOf } from "./entity.ts";
import type { Frames } from "./frames.ts";
import { Interner } from "./interner.ts";
import type { SpanSignal } from "./model.ts";

/** One request inside one entity: from the span that enters it to the calls that leave it. */
export interface Visit {
  readonly entity: string;
  /** What was asked of the entity: an id of `operations`, or NO_OPERATION. */
  readonly operation: number;
  /** The stretch that it began in; -1 for none. */
  readonly frame: number;
  readonly traceId: string;
  readonly start: number;
  readonly end: number;
  readonly parent: Visit | null;
  error: boolean;
  /** Not spent waiting for others; null without spans. */
  selfMs: number | null;
  /** How much longer it was for the caller: the way there and back. Null where the caller's side was not recorded. */
  gapMs: number | null;
  /** What was seen of it. */
  readonly features: Set<number>;
}

export interface Visits {
  readonly all: Visit[];
  readonly operations: Interner;
  ofSpan(spanId: string): Visit | undefined;
}

/** Of requests known by their lines only. */
export const NO_OPERATION = -1;

const NONE = -1;
const MOST_OPERATIONS = 2_000;
const MOST_DEPTH = 256;

export function visitsOf(spans: readonly SpanSignal[], frames: Frames): Visits {
  const operations = new Interner(MOST_OPERATIONS, (name) => name.slice(0, 120).replace(/\d+/g, "#"));
  const tree = treeOf(spans);
  const placed = Array.from<undefined, Visit | undefined>({ length: spans.length }, () => undefined);
  const all: Visit[] = [];
  const path: number[] = [];
  for (let index = 0; index < spans.length; index += 1) {
    // Up to what is placed already, then down again: a deep trace must not be a deep stack.
    for (let at = index; at !== NONE && !placed[at] && path.length < MOST_DEPTH; at = tree.parents[at] ?? NONE) {
      path.push(at);
    }
    for (let at = path.pop(); at !== undefined; at = path.pop()) {
      const span = spans[at];
      if (!span || placed[at]) continue;
      const around = placed[tree.parents[at] ?? NONE];
      if (around && around.entity === keyOf(span.entity)) {
        placed[at] = around;
        continue;
      }
      const visit = entered(span, around ?? null, operations.id(span.operation), frames);
      placed[at] = visit;
      all.push(visit);
    }
  }
  addTimes(spans, tree, placed);
  return { all, operations, ofSpan: (spanId) => placed[tree.indexes.get(spanId) ?? NONE] };
}

const entered = (span: SpanSignal, parent: Visit | null, operation: number, frames: Frames): Visit => ({
  entity: keyOf(span.entity),
  operation,
  frame: frames.indexOf(span.start),
  traceId: span.traceId,
  start: span.start,
  end: span.start + span.durationMs,
  parent,
  error: span.error,
  selfMs: span.durationMs,
  gapMs: null,
  features: new Set(),
});

interface Tree {
  readonly indexes: ReadonlyMap<string, number>;
  readonly parents: Int32Array;
  /** How many spans are right below each. */
  readonly children: Int32Array;
}

function treeOf(spans: readonly SpanSignal[]): Tree {
  const indexes = new Map<string, number>();
  for (let index = 0; index < spans.length; index += 1) indexes.set(spans[index]?.spanId ?? "", index);
  const parents = new Int32Array(spans.length).fill(NONE);
  const children = new Int32Array(spans.length);
  for (let index = 0; index < spans.length; index += 1) {
    const span = spans[index];
    const parent = span?.parentId ? indexes.get(span.parentId) : undefined;
    if (parent === undefined || parent === index || spans[parent]?.traceId !== span?.traceId) continue;
    parents[index] = parent;
    children[parent] = (children[parent] ?? 0) + 1;
  }
  return { indexes, parents, children };
}

interface Call {
  readonly start: number;
  readonly end: number;
}

function addTimes(
  spans: readonly SpanSignal[],
  { parents, children }: Tree,
  placed: readonly (Visit | undefined)[],
): void {
  const calls = new Map<Visit, Call[]>();
  for (let index = 0; index < spans.length; index += 1) {
    const above = parents[index] ?? NONE;
    const [span, parent, visit, caller] = [spans[index], spans[above], placed[index], placed[above]];
    if (!span || !parent || !visit || !caller || caller === visit) continue;
    // A span inside the caller whose one child is this: the call as the caller saw it.
    const seen = children[above] === 1 && parents[above] !== NONE;
    if (seen) visit.gapMs = Math.max(0, parent.durationMs - span.durationMs);
    const { start, durationMs } = seen ? parent : span;
    const call = { start, end: start + durationMs };
    const list = calls.get(caller);
    if (list) list.push(call);
    else calls.set(caller, [call]);
  }
  for (const [visit, list] of calls) visit.selfMs = Math.max(0, visit.end - visit.start - covered(list));
}

/** How much time the calls take, those at once counted once. */
function covered(calls: Call[]): number {
  let total = 0;
  let until = Number.NEGATIVE_INFINITY;
  for (const { start, end } of calls.sort((a, b) => a.start - b.start)) {
    if (end <= until) continue;
    total += end - Math.max(start, until);
    until = end;
  }
  return total;
}
