import type { Span } from "./span.type.ts";
import type { WholeTrace } from "./trace.type.ts";
import type { CriticalPathSegment } from "./trace-views.type.ts";

/** A span in the time of the root's clock, as far as that is known: in nanoseconds from the trace's begin. */
interface Placed {
  span: Span;
  /** How much later that is than by its own clock. */
  shift: number;
  begin: number;
  end: number;
}

/** A span on the path, and the stretch that is its. */
interface Visit extends Placed {
  /** What lies behind this is on the path already. */
  until: number;
  /** Those that may come before that, the last to end at last. */
  waiting: Placed[];
}

/**
 * What the trace waited for: from the root's end back, through the child that ended last, then through the one that ended last before
 * that one began, and so on. What outlives its parent was not waited for. So the segments fill the root's time, without gap or
 * overlap.
 */
export function criticalPath({ root, start }: Pick<WholeTrace, "root" | "start">): CriticalPathSegment[] {
  if (!root) return [];
  const segments: CriticalPathSegment[] = [];
  // By hand, since traces are as deep as they like.
  const open = [visit({ span: root, shift: 0, begin: root.begin, end: root.end })];
  for (let current = open.at(-1); current; current = open.at(-1)) {
    const next = nextOf(current);
    const ended = next?.end ?? current.begin;
    if (current.until > ended) segments.push(segment(current, ended, start));
    current.until = next?.begin ?? current.begin;
    if (next) open.push(visit(next));
    else open.pop();
  }
  return segments.reverse();
}

const visit = (placed: Placed): Visit => ({
  ...placed,
  until: placed.end,
  waiting: placed.span.children.map((child) => place(child, placed)).sort((a, b) => a.end - b.end || b.begin - a.begin),
});

/**
 * A child moves with its parent. Of a call, the answering is inside the making: where clocks say otherwise, it is put in the middle.
 */
function place(child: Span, { span: parent, shift: parents }: Placed): Placed {
  const spare = parent.end - parent.begin - (child.end - child.begin);
  const isCall = parent.kind === "CLIENT" && child.kind === "SERVER" && spare >= 0;
  const isInside = child.begin >= parent.begin && child.end <= parent.end;
  const shift = isCall && !isInside ? parents + parent.begin + spare / 2 - child.begin : parents;
  return { span: child, shift, begin: child.begin + shift, end: child.end + shift };
}

/** The last child that took time and had ended by then, cut to its parent's time. */
function nextOf({ begin, until, waiting }: Visit): Placed | null {
  for (let child = waiting.pop(); child; child = waiting.pop()) {
    const from = Math.max(child.begin, begin);
    if (child.end <= until && child.end > from) return { ...child, begin: from };
  }
  return null;
}

const segment = ({ span, until }: Visit, from: number, start: number): CriticalPathSegment => ({
  span,
  startTime: new Date(start + from / 1e6),
  offsetMs: from / 1e6,
  selfTimeMs: (until - from) / 1e6,
});
