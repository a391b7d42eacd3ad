/** What a client that means harm may post, and how it is refused. */
export interface HostileRequest {
  name: string;
  body: string;
  status: number;
  code: string;
}

/** The words of a graph to say it in. */
export interface Words {
  /** At the root, without arguments. */
  field: string;
  /** Something by its id. */
  one: (id: number) => string;
  byId: string;
  /** By a literal. */
  text: (literal: string) => string;
  /** A list, and a field of its rows. */
  rows: (inner: string) => string;
  column: string;
  /** What leads back to its own type, from the root on. */
  nest: { type: string; root: (inner: string) => string; into: (inner: string) => string; leaf: string };
}

const LIMIT = { status: 400, code: "LIMIT_EXCEEDED" };
const INVALID = { status: 400, code: "GRAPHQL_VALIDATION_FAILED" };
const UNPARSED = { status: 400, code: "GRAPHQL_PARSE_FAILED" };
const BAD = { status: 400, code: "BAD_USER_INPUT" };

export function hostileRequests({ field, one, byId, text, rows, column, nest }: Words): HostileRequest[] {
  let deep = nest.leaf;
  for (let level = 0; level < 100; level += 1) deep = nest.into(deep);
  const chained = many(
    30,
    (i) => `fragment F${i} on ${nest.type} { ${nest.into(i < 29 ? `...F${i + 1}` : nest.leaf)} }`,
  );
  const doubling = many(300, (i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`);
  const variable = (value: string): string => `{"query":${JSON.stringify(byId)},"variables":{"id":${value}}}`;
  return [
    { name: "100 levels deep", body: asked(`{ ${nest.root(deep)} }`), ...LIMIT },
    { name: "deep by fragments", body: asked(`{ ${nest.root("...F0")} } ${chained}`), ...LIMIT },
    { name: "300 aliases", body: asked(`{ ${many(300, (i) => `a${i}: ${field}`)} }`), ...LIMIT },
    { name: "1,500 aliases in rows", body: asked(`{ ${rows(many(1500, (i) => `a${i}: ${column}`))} }`), ...LIMIT },
    { name: "300 times one name, in conflict", body: asked(`{ ${many(300, one)} }`), ...LIMIT },
    { name: "300 times one name, all the same", body: asked(`{ ${many(300, () => one(1))} }`), ...LIMIT },
    {
      name: "100 introspections",
      body: asked(`{ ${many(100, (i) => `a${i}: __schema { types { fields { name } } }`)} }`),
      status: 400,
      code: "COST_LIMIT_EXCEEDED",
    },
    { name: "a cycle of fragments", body: asked(`{ ...A } ${CYCLE}`), ...INVALID },
    {
      name: "fragments that double, 2^300 fields",
      body: asked(`{ ...F0 } ${doubling} fragment F300 on Query { ${field} }`),
      ...LIMIT,
    },
    { name: "45 fields that do not exist", body: asked(`{ ${many(45, (i) => `cluster_${i}`)} }`), ...INVALID },
    { name: "60,000 tokens", body: asked(`{ ${"clusters ".repeat(60_000)} }`), ...UNPARSED },
    {
      name: "a list literal of 100,000",
      body: asked(`{ cluster(id: [${"1,".repeat(100_000)}]) { id } }`),
      ...UNPARSED,
    },
    {
      name: "a list literal 2,000 deep",
      body: asked(`{ ${text(`${"[".repeat(2000)}${"]".repeat(2000)}`)} }`),
      ...INVALID,
    },
    {
      name: "an object literal 3,000 deep",
      body: asked(`{ a(b: ${"{c:".repeat(3000)}1${"}".repeat(3000)}) }`),
      ...UNPARSED,
    },
    { name: "1.5 MB that is one word", body: asked("x".repeat(1_500_000)), ...UNPARSED },
    { name: "400 operations in a document", body: asked(many(400, (i) => `query Q${i} { ${field} }`)), ...BAD },
    { name: "variables 100,000 deep", body: variable(`${"[".repeat(100_000)}${"]".repeat(100_000)}`), ...LIMIT },
    { name: "a variable of 500,000 items", body: variable(`[${"0,".repeat(500_000)}0]`), ...LIMIT },
    { name: "a batch of 1,000", body: `[${many(1000, () => asked(`{ ${field} }`), ",")}]`, ...BAD },
    { name: "a body of 10 MB", body: asked(" ".repeat(10 * 1024 * 1024)), status: 413, code: "LIMIT_EXCEEDED" },
    { name: "no JSON", body: "{".repeat(10_000), ...BAD },
  ];
}

const CYCLE = "fragment A on Query { ...B } fragment B on Query { ...A }";

const many = (count: number, each: (index: number) => string, between = " "): string =>
  Array.from({ length: count }, (_, index) => each(index)).join(between);

const asked = (query: string): string => JSON.stringify({ query });
