import { CodedError } from "./errors.ts";

export interface Bounds {
  total: number;
  perTarget: number;
  perCaller: number;
}

/** What is asked, and for whom. */
export interface Call {
  target: string;
  caller: string;
  /** Ends the waiting. */
  signal: AbortSignal;
}

interface Waiting {
  call: Call;
  start(): void;
}

/**
 * Bounds the calls under way: in all, to one target, and for one caller. One that has to wait holds no place meanwhile, so that a
 * target that hangs holds up the calls to itself, and a caller who asks for much those of its own.
 */
export class Limits {
  readonly #running: Tally;
  readonly #waiting: Tally;
  readonly #queue = new Set<Waiting>();

  constructor({ running, waiting }: { running: Bounds; waiting: Bounds }) {
    this.#running = new Tally(running);
    this.#waiting = new Tally(waiting);
  }

  get counts(): { running: number; waiting: number } {
    return { running: this.#running.total, waiting: this.#queue.size };
  }

  /** @throws LIMIT_EXCEEDED where too many wait; the signal's reason where it ends first. */
  async run<T>(call: Call, task: () => Promise<T>): Promise<T> {
    call.signal.throwIfAborted();
    // Whoever waits has no room: a newcomer that has overtakes nobody.
    if (this.#running.hasRoom(call)) this.#running.add(call, 1);
    else await this.#turn(call);
    try {
      return await task();
    } finally {
      this.#running.add(call, -1);
      this.#startWaiting();
    }
  }

  async #turn(call: Call): Promise<void> {
    if (!this.#waiting.hasRoom(call)) {
      throw new CodedError("LIMIT_EXCEEDED", "Too many calls to clusters wait for their turn; try again later.");
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting = { call, start: resolve };
    const giveUp = (): void => {
      if (this.#queue.delete(waiting)) reject(call.signal.reason);
    };
    this.#queue.add(waiting);
    this.#waiting.add(call, 1);
    call.signal.addEventListener("abort", giveUp, { once: true });
    try {
      await promise;
    } finally {
      call.signal.removeEventListener("abort", giveUp);
      this.#waiting.add(call, -1);
    }
  }

  #startWaiting(): void {
    for (const waiting of this.#queue) {
      if (this.#running.isFull) return;
      if (!this.#running.hasRoom(waiting.call)) continue;
      this.#queue.delete(waiting);
      this.#running.add(waiting.call, 1);
      waiting.start();
    }
  }
}

class Tally {
  readonly #bounds: Bounds;
  readonly #targets = new Map<string, number>();
  readonly #callers = new Map<string, number>();
  #total = 0;

  constructor(bounds: Bounds) {
    this.#bounds = bounds;
  }

  get total(): number {
    return this.#total;
  }

  get isFull(): boolean {
    return this.#total >= this.#bounds.total;
  }

  hasRoom({ target, caller }: Call): boolean {
    const { perTarget, perCaller } = this.#bounds;
    return !this.isFull && (this.#targets.get(target) ?? 0) < perTarget && (this.#callers.get(caller) ?? 0) < perCaller;
  }

  add({ target, caller }: Call, by: 1 | -1): void {
    this.#total += by;
    change(this.#targets, target, by);
    change(this.#callers, caller, by);
  }
}

function change(counts: Map<string, number>, key: string, by: number): void {
  const count = (counts.get(key) ?? 0) + by;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}
