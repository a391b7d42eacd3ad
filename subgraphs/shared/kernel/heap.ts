/** Items of which the first in order is at hand: O(log n) to add one or to take it. */
export class Heap<T> {
  readonly #items: T[];
  readonly #before: (a: T, b: T) => boolean;

  constructor(before: (a: T, b: T) => boolean, items: readonly T[] = []) {
    this.#before = before;
    this.#items = [...items];
    for (let at = (items.length >> 1) - 1; at >= 0; at -= 1) this.#sink(at);
  }

  get size(): number {
    return this.#items.length;
  }

  get first(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    const items = this.#items;
    let at = items.length;
    items.push(item);
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!this.#before(item, items[above] as T)) break;
      items[at] = items[above] as T;
      at = above;
    }
    items[at] = item;
  }

  pop(): T | undefined {
    const [first] = this.#items;
    const last = this.#items.pop();
    if (last !== undefined && this.#items.length > 0) this.replace(last);
    return first;
  }

  /** Put another item in the first one's place; it need not stay first. */
  replace(item: T): void {
    this.#items[0] = item;
    this.#sink(0);
  }

  #sink(from: number): void {
    const items = this.#items;
    const item = items[from] as T;
    let at = from;
    for (let below = 2 * at + 1; below < items.length; below = 2 * at + 1) {
      if (below + 1 < items.length && this.#before(items[below + 1] as T, items[below] as T)) below += 1;
      if (!this.#before(items[below] as T, item)) break;
      items[at] = items[below] as T;
      at = below;
    }
    items[at] = item;
  }
}
