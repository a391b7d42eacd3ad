/** What a load was answered, by code. */
export class Tally {
  requests = 0;
  readonly codes = new Map<string, number>();
  /** Answers that no client could act upon, as they came: without a code, or with the one that says "ours". */
  readonly uncoded: string[] = [];
  /** When the last error came, by `performance.now()`. */
  lastErrorAt = Number.NEGATIVE_INFINITY;

  error(code: string, what: string): void {
    this.codes.set(code, (this.codes.get(code) ?? 0) + 1);
    this.lastErrorAt = performance.now();
    if (code === UNCODED || code === "INTERNAL_SERVER_ERROR") this.uncoded.push(what);
  }
}

export const UNCODED = "(none)";
/** Nobody answered: the connection broke with its gateway. */
export const NO_ANSWER = "(no answer)";
