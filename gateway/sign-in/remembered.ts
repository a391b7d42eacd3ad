import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import { cannotCheck } from "./sign-in.ts";

export interface RememberedOptions {
  /** How long who a token stands for is believed without asking again, in milliseconds; never beyond the token's end. */
  keepMs: number;
  now?: () => number;
}

const REFUSED_MS = 5000;
const MOST = 10_000;
/** Tokens that are asked about at once; who guesses tokens holds up nobody's sign-in service. */
const MOST_UNDER_WAY = 100;

interface Known<T> {
  found: T | null;
  until: number;
}

/** What was found out about tokens, under their hashes; who asks about one at the same time shares one question. */
export class Remembered<T extends { expiresAt: Date | null }> {
  readonly #keepMs: number;
  readonly #now: () => number;
  readonly #known = new LRUCache<string, Known<T>>({ max: MOST });
  #underWay = new Map<string, Promise<T | null>>();

  constructor({ keepMs, now = Date.now }: RememberedOptions) {
    this.#keepMs = keepMs;
    this.#now = now;
  }

  /** @throws SIGN_IN_UNAVAILABLE while too many others are asked about, and whatever `ask` throws; that is not remembered. */
  async get(token: string, ask: () => Promise<T | null>): Promise<T | null> {
    const hash = createHash("sha256").update(token).digest("base64");
    const known = this.#known.get(hash);
    if (known && this.#now() < known.until) return known.found;
    return await (this.#underWay.get(hash) ?? this.#asked(hash, ask));
  }

  /** Ask anew about all of them; what is being asked about is not remembered. */
  forget(): void {
    this.#known.clear();
    this.#underWay = new Map();
  }

  #asked(hash: string, ask: () => Promise<T | null>): Promise<T | null> {
    const underWay = this.#underWay;
    if (underWay.size >= MOST_UNDER_WAY) throw cannotCheck();
    const asked = ask()
      .then((found) => {
        if (underWay === this.#underWay) this.#known.set(hash, { found, until: this.#untilOf(found) });
        return found;
      })
      .finally(() => underWay.delete(hash));
    underWay.set(hash, asked);
    return asked;
  }

  #untilOf(found: T | null): number {
    const now = this.#now();
    if (!found) return now + REFUSED_MS;
    return Math.min(now + this.#keepMs, found.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY);
  }
}
