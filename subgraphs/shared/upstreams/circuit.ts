import { CodedError } from "../kernel/errors.ts";
import { Skip } from "../kernel/outcome.ts";
import type { UpstreamAnswer } from "./http.ts";

const OPENS_AFTER = 5;
const RESTS_AT_MOST = 6;

/** half-open: rested enough, and the next call tries it. */
export type CircuitState = "closed" | "open" | "half-open";

export interface CircuitOptions {
  /** The backend's name, for people. */
  name: string;
  /** How long it rests at first, in milliseconds; twice as long after each try in vain, up to six times. */
  restMs: number;
  now?: () => number;
}

/**
 * Rests an endpoint that failed five times in a row; after that one call tries it. What broke is the endpoint where nothing answers, or
 * a 5xx does. A caller who left says nothing about it.
 */
export class Circuit {
  readonly #options: Required<CircuitOptions>;
  #failures = 0;
  #restMs = 0;
  #restsUntil = 0;
  #tried = false;

  constructor(options: CircuitOptions) {
    this.#options = { now: () => performance.now(), ...options };
  }

  get state(): CircuitState {
    if (!this.#isOpen) return "closed";
    return this.#tried || this.#restsUntil <= this.#options.now() ? "half-open" : "open";
  }

  /** @throws Skip(CIRCUIT_OPEN) while it rests or another call tries it. */
  check(): void {
    if (!this.#isOpen) return;
    const left = Math.ceil((this.#restsUntil - this.#options.now()) / 1000);
    if (!this.#tried && left <= 0) return;
    const when = this.#tried ? "being tried again now" : `tried again in ${left} s`;
    throw new Skip("CIRCUIT_OPEN", `${this.#options.name} failed ${OPENS_AFTER} times in a row: it is ${when}.`);
  }

  /** @throws Skip(CIRCUIT_OPEN), and what `call` throws. */
  async run(call: () => Promise<UpstreamAnswer>): Promise<UpstreamAnswer> {
    this.check();
    const tries = this.#isOpen;
    this.#tried = tries;
    try {
      const answer = await call();
      if (answer.status >= 500) this.#failed(tries);
      else this.close();
      return answer;
    } catch (error) {
      const code = error instanceof CodedError ? error.code : "CANCELLED";
      if (code === "UPSTREAM_UNREACHABLE" || code === "UPSTREAM_TIMEOUT") this.#failed(tries);
      else if (code !== "CANCELLED") this.close();
      throw error;
    } finally {
      if (tries) this.#tried = false;
    }
  }

  /** It answers: nothing counts any more. */
  close(): void {
    this.#failures = 0;
    this.#restMs = 0;
  }

  get #isOpen(): boolean {
    return this.#failures >= OPENS_AFTER;
  }

  #failed(tries: boolean): void {
    // Those under way when it opened say nothing new.
    if (this.#isOpen && !tries) return;
    this.#failures += 1;
    if (!this.#isOpen) return;
    const { restMs, now } = this.#options;
    this.#restMs = Math.min(this.#restMs * 2 || restMs, RESTS_AT_MOST * restMs);
    this.#restsUntil = now() + this.#restMs;
  }
}
