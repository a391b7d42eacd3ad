/** Whether a text matches as a whole. */
export type Pattern = (text: string) => boolean;

type Test = (character: string) => boolean;

/** One step of the automaton: it reads a character, asks where it stands, or goes on at these other steps. */
type State = { reads: Test } | { stands: (at: number, length: number) => boolean } | { to: number[] };

/** A part of an expression: how many states it has, and how they are added. */
interface Part {
  size: number;
  addTo(states: State[]): void;
}

const MAX_SIZE = 5000;
const MAX_DEPTH = 100;
const CLASSES: Readonly<Record<string, RegExp>> = { d: /[0-9]/, w: /[0-9A-Za-z_]/, s: /[\t\n\f\r ]/ };
const CONTROLS: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", f: "\f", v: "\v", a: "\x07" };

/**
 * A regular expression as Prometheus matches label values: RE2's syntax, anchored at both ends, the dot any character. JavaScript's
 * own engine would backtrack for years over what somebody may write; here each state looks at each character at most once.
 * @throws SyntaxError for what is no such expression, or is rarer than what is read here: \p{…}, [[:alpha:]], \b, flags but (?i).
 */
export function pattern(source: string): Pattern {
  const states: State[] = [];
  new Reader(source).read().addTo(states);
  return (text) => matches(states, text);
}

function matches(states: readonly State[], text: string): boolean {
  let now = new Set<number>();
  reach(states, 0, now, 0, text.length);
  let at = 0;
  for (const character of text) {
    at += character.length;
    const next = new Set<number>();
    for (const index of now) {
      const state = states[index];
      if (state && "reads" in state && state.reads(character)) reach(states, index + 1, next, at, text.length);
    }
    now = next;
  }
  return now.has(states.length);
}

/** Adds a state and all that it leads to without reading; the one after the last is the end. */
function reach(states: readonly State[], first: number, into: Set<number>, at: number, length: number): void {
  const waiting = [first];
  for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
    if (into.has(index)) continue;
    into.add(index);
    const state = states[index];
    if (state && "to" in state) waiting.push(...state.to);
    if (state && "stands" in state && state.stands(at, length)) waiting.push(index + 1);
  }
}

/** Reads an expression by descent: alternatives of sequences of repeated atoms. */
class Reader {
  readonly #source: string;
  readonly #insensitive: boolean;
  #at: number;
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
    this.#insensitive = source.startsWith("(?i)");
    this.#at = this.#insensitive ? 4 : 0;
  }

  read(): Part {
    const whole = this.#alternatives();
    if (this.#at < this.#source.length) throw this.#refusal();
    return whole;
  }

  #alternatives(): Part {
    const parts = [this.#sequence()];
    while (this.#take("|")) parts.push(this.#sequence());
    return part(
      parts.reduce((sum, { size }) => sum + size + 2, -2),
      (states) => {
        const leaps: number[][] = [];
        for (const [index, each] of parts.entries()) {
          if (index === parts.length - 1) each.addTo(states);
          else {
            const fork = [states.length + 1];
            states.push({ to: fork });
            each.addTo(states);
            const leap: number[] = [];
            leaps.push(leap);
            states.push({ to: leap });
            fork.push(states.length);
          }
        }
        for (const leap of leaps) leap.push(states.length);
      },
    );
  }

  #sequence(): Part {
    const parts: Part[] = [];
    while (this.#at < this.#source.length && !"|)".includes(this.#peek())) parts.push(this.#repeated());
    return part(
      parts.reduce((sum, { size }) => sum + size, 0),
      (states) => {
        for (const each of parts) each.addTo(states);
      },
    );
  }

  #repeated(): Part {
    let repeated = this.#atom();
    for (let counts = this.#counts(); counts; counts = this.#counts()) {
      repeated = times(repeated, ...counts);
      // Lazy or not, the same texts match.
      this.#take("?");
    }
    return repeated;
  }

  #counts(): [least: number, most: number] | null {
    if (this.#take("*")) return [0, Number.POSITIVE_INFINITY];
    if (this.#take("+")) return [1, Number.POSITIVE_INFINITY];
    if (this.#take("?")) return [0, 1];
    const [all, least, comma, most] =
      /^\{(\d{1,4})(,(\d{1,4})?)?\}/.exec(this.#source.slice(this.#at, this.#at + 11)) ?? [];
    if (all === undefined) return null;
    this.#at += all.length;
    const [from, to] = [Number(least), comma ? Number(most ?? Number.POSITIVE_INFINITY) : Number(least)];
    if (from > to) throw this.#refusal();
    return [from, to];
  }

  #atom(): Part {
    if (this.#take("(")) return this.#group();
    if (this.#take("^")) return single({ stands: (at) => at === 0 });
    if (this.#take("$")) return single({ stands: (at, length) => at === length });
    if (this.#take(".")) return single({ reads: () => true });
    return single({ reads: this.#take("[") ? this.#set() : this.#character("*+?") });
  }

  /** A group after its opening bracket. */
  #group(): Part {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw new SyntaxError(`it nests deeper than ${MAX_DEPTH}`);
    this.#at += /^\?(?::|P?<[A-Za-z_]\w{0,50}>)/.exec(this.#source.slice(this.#at, this.#at + 60))?.[0].length ?? 0;
    const inner = this.#alternatives();
    if (!this.#take(")")) throw this.#refusal();
    this.#depth -= 1;
    return inner;
  }

  /** A set after its opening bracket. */
  #set(): Test {
    const negated = this.#take("^");
    const members: Test[] = [];
    do {
      if (this.#source.startsWith("[:", this.#at)) throw this.#refusal();
      const first = this.#peek();
      const member = this.#character("");
      if (first !== "\\" && /^-[^\]]/s.test(this.#source.slice(this.#at, this.#at + 2))) {
        this.#at += 1;
        const last = this.#next();
        if (last === "\\" || last < first) throw this.#refusal();
        members.push(this.#cased((character) => character >= first && character <= last));
      } else members.push(member);
    } while (!this.#take("]"));
    return (character) => members.some((member) => member(character)) !== negated;
  }

  #character(reserved: string): Test {
    const first = this.#next();
    if (reserved.includes(first)) throw this.#refusal();
    if (first !== "\\") return this.#cased((character) => character === first);
    const escaped = this.#next();
    const known = CLASSES[escaped.toLowerCase()];
    if (known) return (character) => known.test(character) === escaped in CLASSES;
    const literal = CONTROLS[escaped] ?? escaped;
    if (literal === escaped && /\w/.test(escaped)) throw this.#refusal();
    return (character) => character === literal;
  }

  #cased(test: Test): Test {
    return this.#insensitive ? (character) => test(character.toLowerCase()) || test(character.toUpperCase()) : test;
  }

  #peek(): string {
    const code = this.#source.codePointAt(this.#at);
    return code === undefined ? "" : String.fromCodePoint(code);
  }

  #next(): string {
    const character = this.#peek();
    if (!character) throw this.#refusal();
    this.#at += character.length;
    return character;
  }

  #take(character: string): boolean {
    const taken = this.#source.startsWith(character, this.#at);
    if (taken) this.#at += character.length;
    return taken;
  }

  #refusal(): SyntaxError {
    return new SyntaxError(`it cannot be read from character ${this.#at} on`);
  }
}

function part(size: number, addTo: Part["addTo"]): Part {
  if (size > MAX_SIZE) throw new SyntaxError(`it has more than ${MAX_SIZE} parts, repetitions counted out`);
  return { size, addTo };
}

const single = (state: State): Part => part(1, (states) => void states.push(state));

function times(repeated: Part, least: number, most: number): Part {
  const endless = most === Number.POSITIVE_INFINITY;
  const optional = endless ? 1 : most - least;
  return part(repeated.size * least + (repeated.size + 2) * optional, (states) => {
    for (let count = 0; count < least; count += 1) repeated.addTo(states);
    const ends: number[][] = [];
    for (let count = 0; count < optional; count += 1) {
      const start = states.length;
      const fork = [start + 1];
      ends.push(fork);
      states.push({ to: fork });
      repeated.addTo(states);
      if (endless) states.push({ to: [start] });
    }
    for (const end of ends) end.push(states.length);
  });
}
