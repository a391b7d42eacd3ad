const MOST = 100;
const LONGEST = 64;

/**
 * Operation names as a label: clients choose them, so only so many are told apart. A name counts once an operation of it has
 * succeeded, so that none is taken by what is no operation of this graph.
 */
export class OperationNames {
  readonly #known = new Set<string>();

  labelOf(name: string | null, succeeded: boolean): string {
    if (name === null) return "unnamed";
    if (this.#known.has(name)) return name;
    if (!succeeded || this.#known.size >= MOST || name.length > LONGEST) return "other";
    this.#known.add(name);
    return name;
  }
}
