/** A small number for each text, so that counting by it is cheap. When there are too many, the others share one. */
export class Interner {
  readonly names: string[] = [];
  readonly #ids = new Map<string, number>();
  readonly #byName = new Map<string, number>();
  readonly #most: number;
  readonly #nameOf: (text: string) => string;

  constructor(most: number, nameOf: (text: string) => string = (text) => text) {
    this.#most = Math.max(1, most);
    this.#nameOf = nameOf;
  }

  id(text: string): number {
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    const name = this.#nameOf(text);
    let id = this.#byName.get(name);
    if (id === undefined) {
      const full = this.names.length >= this.#most;
      id = full ? this.#most - 1 : this.names.length;
      if (full) this.names[id] = "others";
      else {
        this.names.push(name);
        this.#byName.set(name, id);
      }
    }
    if (this.#ids.size >= 4 * this.#most) this.#ids.clear();
    this.#ids.set(text, id);
    return id;
  }
}
