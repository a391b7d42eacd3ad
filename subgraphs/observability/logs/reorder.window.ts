import { Heap } from "../../shared/kernel/heap.ts";
import { compareNanos } from "../../shared/kernel/nano-time.ts";
import type { Line } from "./page.merge.ts";

export type TailLine = Omit<Line, "index">;

export interface OrderedLine {
  line: TailLine;
  /** Whether it came after a line that was written later had been let through. */
  late: boolean;
}

interface Waiting {
  line: TailLine;
  arrivedAt: number;
  arrival: number;
  isGone: boolean;
}

/**
 * Lines of many clusters as they arrive, put in order by letting each wait a little for those that were written before it and are on
 * their way. It holds so many lines at most, and lets the first through early when there are more.
 */
export class ReorderWindow {
  readonly #waitMs: number;
  readonly #most: number;
  readonly #inOrder = new Heap<Waiting>(isBefore);
  readonly #byArrival: Waiting[] = [];
  #late: OrderedLine[] = [];
  #arrivals = 0;
  /** The time of the latest line that was let through. */
  #through: string | null = null;

  constructor({ waitMs, most }: { waitMs: number; most: number }) {
    this.#waitMs = waitMs;
    this.#most = most;
  }

  get size(): number {
    return this.#inOrder.size + this.#late.length;
  }

  add(line: TailLine, now: number): void {
    if (this.#through !== null && compareNanos(line.row[0], this.#through) < 0) {
      this.#late.push({ line, late: true });
      return;
    }
    this.#arrivals += 1;
    const waiting = { line, arrivedAt: now, arrival: this.#arrivals, isGone: false };
    this.#inOrder.push(waiting);
    this.#byArrival.push(waiting);
  }

  /** Those that have waited long enough, and what was written before them; the late ones first. */
  due(now: number): OrderedLine[] {
    const through = this.#late;
    this.#late = [];
    const isOver = (): boolean => {
      while (this.#byArrival[0]?.isGone) this.#byArrival.shift();
      const [oldest] = this.#byArrival;
      return this.#inOrder.size > this.#most || (oldest !== undefined && oldest.arrivedAt + this.#waitMs <= now);
    };
    while (isOver()) {
      const first = this.#inOrder.pop();
      if (!first) break;
      first.isGone = true;
      [this.#through] = first.line.row;
      through.push({ line: first.line, late: false });
    }
    return through;
  }
}

function isBefore(a: Waiting, b: Waiting): boolean {
  const byTime = compareNanos(a.line.row[0], b.line.row[0]);
  if (byTime !== 0) return byTime < 0;
  if (a.line.target.id !== b.line.target.id) return a.line.target.id < b.line.target.id;
  if (a.line.stream !== b.line.stream) return a.line.stream < b.line.stream;
  return a.arrival < b.arrival;
}
