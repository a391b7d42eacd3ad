import { LRUCache } from "lru-cache";
import type { CacheMeter } from "./cache-meter.ts";

/** A question that is under way, and how many wait for it. */
interface Flight<T> {
  answer: Promise<T>;
  controller: AbortController;
  waiting: number;
}

export interface SharedAnswersOptions<T> {
  /** What the kept answers may weigh together; 0 keeps none. */
  maxBytes: number;
  ttlMs: number;
  bytesOf: (answer: T) => number;
  /** Whether the next one who asks may have it too. */
  keeps: (answer: T) => boolean;
  meter?: CacheMeter | undefined;
}

/**
 * Answers that do not change, for all who may have them: a question under way is asked once, however many wait for it, and its
 * answer is kept for a while. The key says who may have it, besides what was asked. What is kept is shared: nobody may change it.
 */
export class SharedAnswers<T extends object> {
  readonly #flights = new Map<string, Flight<T>>();
  readonly #kept: LRUCache<string, T> | null;
  readonly #keeps: (answer: T) => boolean;
  readonly #meter: CacheMeter | undefined;

  constructor({ maxBytes, ttlMs, bytesOf, keeps, meter }: SharedAnswersOptions<T>) {
    this.#keeps = keeps;
    this.#meter = meter;
    meter?.holds(() => this.#kept?.calculatedSize ?? 0);
    this.#kept =
      maxBytes > 0
        ? new LRUCache({ maxSize: maxBytes, ttl: ttlMs, sizeCalculation: (answer) => Math.max(1, bytesOf(answer)) })
        : null;
  }

  peek(key: string): T | undefined {
    return this.#kept?.get(key);
  }

  /**
   * The kept answer, the one under way, or that to a question asked now. A question ends when all who wait for it have left.
   * @param how tells apart questions that may fail differently and have the same answer.
   * @param ask gets a signal of the question's own: whoever asked first may leave before the others do.
   */
  async get(
    key: string,
    how: string,
    signal: AbortSignal,
    ask: (signal: AbortSignal) => Promise<T>,
  ): Promise<{ answer: T; kept: boolean }> {
    const kept = this.peek(key);
    if (kept) {
      this.#meter?.asked("hit");
      return { answer: kept, kept: true };
    }
    signal.throwIfAborted();
    const name = `${how} ${key}`;
    const underWay = this.#flights.get(name);
    this.#meter?.asked(underWay ? "shared" : "miss");
    const flight = underWay ?? this.#start(key, name, ask);
    flight.waiting += 1;
    const leave = (): void => {
      flight.waiting -= 1;
      if (flight.waiting > 0) return;
      this.#land(name, flight);
      flight.controller.abort(signal.reason);
    };
    signal.addEventListener("abort", leave, { once: true });
    try {
      return { answer: await flight.answer, kept: false };
    } finally {
      signal.removeEventListener("abort", leave);
    }
  }

  #start(key: string, name: string, ask: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const controller = new AbortController();
    const flight: Flight<T> = { controller, waiting: 0, answer: ask(controller.signal) };
    this.#flights.set(name, flight);
    flight.answer.then(
      (answer) => {
        this.#land(name, flight);
        if (this.#keeps(answer)) this.#kept?.set(key, answer);
      },
      () => this.#land(name, flight),
    );
    return flight;
  }

  #land(name: string, flight: Flight<T>): void {
    if (this.#flights.get(name) === flight) this.#flights.delete(name);
  }
}
