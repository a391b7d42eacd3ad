export interface PlacesOptions {
  /** Tasks at once that this process works on. */
  count: number;
  /** A task that takes longer waits for something else, not for this process: its place is free again. */
  heldMs: number;
  /** Tasks at once, those that wait included. */
  most: number;
}

/**
 * Bounds tasks that now and then wait long: enough at once to be quick, too few to be in each other's way, and none held back by
 * those that wait.
 */
export class Places {
  readonly #options: PlacesOptions;
  #held = 0;
  #underWay = 0;
  #wake: (() => void) | undefined;

  constructor(options: PlacesOptions) {
    this.#options = options;
  }

  /** How many tasks may begin now. */
  get free(): number {
    const { count, most } = this.#options;
    return Math.max(0, Math.min(count - this.#held, most - this.#underWay));
  }

  /** Take a place. @returns what to call, once, when the task has ended. */
  take(): () => void {
    this.#held += 1;
    this.#underWay += 1;
    let holds = true;
    const release = (): void => {
      if (!holds) return;
      holds = false;
      this.#held -= 1;
      this.#changed();
    };
    const timer = setTimeout(release, this.#options.heldMs);
    return () => {
      clearTimeout(timer);
      this.#underWay -= 1;
      release();
      this.#changed();
    };
  }

  /** Resolves when half of the places are free, so that they are filled together, or the signal ends. One may wait at a time. */
  async available(signal: AbortSignal): Promise<void> {
    if (this.#enough || signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = (): void => resolve();
    this.#wake = wake;
    signal.addEventListener("abort", wake);
    await promise;
    signal.removeEventListener("abort", wake);
  }

  get #enough(): boolean {
    return this.free >= Math.ceil(this.#options.count / 2);
  }

  #changed(): void {
    if (this.#enough) this.#wake?.();
  }
}
