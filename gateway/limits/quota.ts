/** Counts what each user holds, up to a limit. */
export class Quota {
  readonly #limit: number;
  readonly #held = new Map<string, number>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** How to give it back, or null when the user already holds as many as one may. */
  take(user: string): (() => void) | null {
    const held = this.#held.get(user) ?? 0;
    if (held >= this.#limit) return null;
    this.#held.set(user, held + 1);
    return () => {
      const now = (this.#held.get(user) ?? 1) - 1;
      if (now > 0) this.#held.set(user, now);
      else this.#held.delete(user);
    };
  }
}
