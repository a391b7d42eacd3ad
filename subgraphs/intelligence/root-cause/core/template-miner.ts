import { tokensOf, WILDCARD } from "./template-tokens.ts";

export interface Template {
  readonly id: number;
  /** Words, and wildcards for what differs. */
  readonly tokens: readonly string[];
  /** Lines so far. */
  readonly count: number;
}

interface Group {
  readonly id: number;
  tokens: string[];
  count: number;
  leaf: string;
}

const MOST_TEMPLATES = 2_000;
const MOST_PER_LEAF = 64;
const LEAST_SIMILARITY = 0.5;

/**
 * Groups log lines by what they have in common, one line at a time and each in one look (after Drain: He et al., ICWS 2017): lines of as
 * many words that begin alike are compared, and what differs becomes a wildcard. When there are too many templates, the one not seen for
 * longest goes.
 */
export class TemplateMiner {
  readonly #leaves = new Map<string, Group[]>();
  /** In the order last seen, the oldest first. */
  readonly #recent = new Map<number, Group>();
  readonly #known = new Map<string, Group>();
  readonly #most: number;
  #nextId = 1;

  constructor(most = MOST_TEMPLATES) {
    this.#most = Math.max(1, most);
  }

  get size(): number {
    return this.#recent.size;
  }

  /** The id of the template that the line belongs to; lines of different levels have different templates. */
  add(message: string, level = ""): number {
    const tokens = tokensOf(message);
    const line = `${level} ${tokens.join(" ")}`;
    const group = this.#known.get(line) ?? this.#place(tokens, level);
    if (!this.#known.has(line)) {
      // A shortcut for lines that are equal but for what is masked; it holds no more than the templates do.
      if (this.#known.size >= this.#most) this.#known.clear();
      this.#known.set(line, group);
    }
    group.count += 1;
    this.#recent.delete(group.id);
    this.#recent.set(group.id, group);
    return group.id;
  }

  get(id: number): Template | undefined {
    return this.#recent.get(id);
  }

  #place(tokens: string[], level: string): Group {
    const leaf = `${level} ${tokens.length} ${tokens[0] ?? ""} ${tokens[1] ?? ""}`;
    const groups = this.#leaves.get(leaf) ?? [];
    let best: Group | undefined;
    let bestSimilarity = LEAST_SIMILARITY;
    for (const group of groups) {
      const similarity = similarityOf(group.tokens, tokens);
      if (similarity >= bestSimilarity) [best, bestSimilarity] = [group, similarity];
    }
    if (!best && groups.length >= MOST_PER_LEAF) best = groups[0];
    if (best) {
      best.tokens = best.tokens.map((token, at) => (token === tokens[at] ? token : WILDCARD));
      return best;
    }
    const group: Group = { id: this.#nextId++, tokens, count: 0, leaf };
    this.#leaves.set(leaf, [...groups, group]);
    this.#recent.set(group.id, group);
    this.#forget();
    return group;
  }

  #forget(): void {
    if (this.#recent.size <= this.#most) return;
    const [oldest] = this.#recent.values();
    if (!oldest) return;
    this.#recent.delete(oldest.id);
    const left = (this.#leaves.get(oldest.leaf) ?? []).filter((group) => group !== oldest);
    if (left.length > 0) this.#leaves.set(oldest.leaf, left);
    else this.#leaves.delete(oldest.leaf);
    this.#known.clear();
  }
}

/** The share of words that are the same, where at least one of the two has a word. */
function similarityOf(template: readonly string[], tokens: readonly string[]): number {
  let same = 0;
  let compared = 0;
  for (let at = 0; at < tokens.length; at += 1) {
    if (template[at] === WILDCARD && tokens[at] === WILDCARD) continue;
    compared += 1;
    if (template[at] === tokens[at]) same += 1;
  }
  return compared === 0 ? 1 : same / compared;
}
