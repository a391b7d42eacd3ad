import { BadRequest } from "./status.ts";

type Labels = Readonly<Record<string, string>>;
type Test = (labels: Labels) => boolean;

const TOKEN = /\s*(==|=|!=|!|\(|\)|,|[^\s=!(),]+)\s*/y;

function tokens(text: string): string[] {
  const found: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const match = TOKEN.exec(text);
    if (match === null) throw new BadRequest(`unable to parse requirement: ${text}`);
    found.push(match[1] ?? "");
  }
  return found;
}

const WORD = /^[^=!(),]+$/;

function requirement(next: () => string | undefined, peek: () => string | undefined): Test {
  const first = next();
  if (first === "!") {
    const key = next() ?? "";
    return (labels) => labels[key] === undefined;
  }
  if (first === undefined || !WORD.test(first)) {
    throw new BadRequest(
      `unable to parse requirement: found '${first ?? ""}', expected: !, identifier, or 'end of string'`,
    );
  }
  const key = first;
  const operator = peek();
  if (operator === undefined || operator === ",") return (labels) => labels[key] !== undefined;
  next();
  if (operator === "in" || operator === "notin") {
    if (next() !== "(") throw new BadRequest(`unable to parse requirement: expected: '('`);
    const values = new Set<string>();
    for (let token = next(); token !== ")"; token = next()) {
      if (token === undefined) throw new BadRequest("unable to parse requirement: found '', expected: ',', or ')'");
      if (token !== ",") values.add(token);
    }
    const wanted = operator === "in";
    return (labels) => (labels[key] !== undefined && values.has(labels[key])) === wanted;
  }
  if (operator !== "=" && operator !== "==" && operator !== "!=") {
    throw new BadRequest(`unable to parse requirement: found '${operator}', expected: in, notin, =, ==, !=, gt, lt`);
  }
  const word = peek();
  const value = word !== undefined && WORD.test(word) ? (next() ?? "") : "";
  return (labels) => (labels[key] === value) === (operator !== "!=");
}

/** A Kubernetes label selector (`a=b,c!=d,e in (f,g),h notin (i),j,!k`) as a test. Throws BadRequest. */
export function labelSelector(text: string): Test {
  const all = tokens(text);
  let at = 0;
  const next = () => all[at++];
  const peek = () => all[at];
  const tests: Test[] = [];
  while (at < all.length) {
    tests.push(requirement(next, peek));
    const separator = next();
    if (separator !== undefined && separator !== ",") {
      throw new BadRequest(`found '${separator}', expected: ',' or 'end of string'`);
    }
  }
  return (labels) => tests.every((test) => test(labels));
}

function fieldOf(object: unknown, path: string): string {
  let value: unknown = object;
  for (const part of path.split(".")) {
    value =
      typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[part] : undefined;
  }
  return typeof value === "string" ? value : "";
}

/** A field selector (`spec.nodeName=x,status.phase!=Running`) as a test, for the fields a resource supports. */
export function fieldSelector(text: string, supported: readonly string[]): (object: unknown) => boolean {
  const tests = text
    .split(",")
    .filter((part) => part !== "")
    .map((part) => {
      const match = /^([^=!]+)(==|=|!=)(.*)$/.exec(part);
      const [, field, operator, value] = match ?? [];
      if (field === undefined) throw new BadRequest(`invalid selector: '${text}'; can't understand '${part}'`);
      if (!supported.includes(field)) throw new BadRequest(`field label not supported: ${field}`);
      return (object: unknown) => (fieldOf(object, field) === value) === (operator !== "!=");
    });
  return (object) => tests.every((test) => test(object));
}
