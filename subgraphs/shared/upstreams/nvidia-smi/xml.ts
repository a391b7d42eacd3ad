/** An element with what it holds: other elements, or text. */
export interface Element {
  name: string;
  attributes: string;
  text: string;
  children: Element[];
}

const TOKEN = /<[?!][^>]*>|<(\/?)([\w.:-]+)([^<>]*)>|([^<]+)|</g;
const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };
const MAX_DEPTH = 32;

/**
 * The first element of that name, as far as nvidia-smi writes XML: no sections, and entities for single characters only. Lenient
 * where names of processes were not escaped. Null where there is none, or where it does not end.
 */
export function readElement(xml: string, name: string): Element | null {
  const begin = xml.search(new RegExp(`<${name}[\\s>]`));
  if (begin < 0) return null;
  const stack: Element[] = [];
  TOKEN.lastIndex = begin;
  for (let token = TOKEN.exec(xml); token !== null; token = TOKEN.exec(xml)) {
    const [whole, end, tag, attributes = "", text = whole] = token;
    const open = stack.at(-1);
    if (tag === undefined) {
      if (open && !/^<[?!]/.test(whole)) open.text += text;
    } else if (end === "/") {
      const at = stack.findLastIndex((each) => each.name === tag);
      if (at === 0) return stack[0] ?? null;
      // What was left open inside was no element.
      if (at > 0) stack.length = at;
    } else if (stack.length < MAX_DEPTH) {
      const element: Element = { name: tag, attributes, text: "", children: [] };
      open?.children.push(element);
      if (!attributes.endsWith("/")) stack.push(element);
    }
  }
  return null;
}

/** The text at the end of the path of names; null where there is none. */
export function textAt(element: Element, ...path: readonly string[]): string | null {
  const found = path.reduce<Element | undefined>(
    (inner, name) => inner?.children.find((child) => child.name === name),
    element,
  );
  const text = found?.text.trim();
  return text ? unescaped(text) : null;
}

/** Those below the path of names, of the last name. */
export function elementsAt(element: Element, ...path: readonly string[]): Element[] {
  return path.reduce<Element[]>(
    (found, name) => found.flatMap(({ children }) => children.filter((child) => child.name === name)),
    [element],
  );
}

/** A text of its own: a part of the whole output would keep all of it in memory. */
const unescaped = (text: string): string =>
  Buffer.from(
    text.replace(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, (whole, decimal?: string, hex?: string, name?: string) => {
      if (name) return ENTITIES[name] ?? whole;
      const code = decimal ? Number(decimal) : Number.parseInt(hex ?? "", 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    }),
  ).toString();
