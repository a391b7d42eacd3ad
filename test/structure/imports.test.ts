import { describe, expect, it } from "vitest";
import { type Import, importsIn, productImports } from "./source-files.ts";

/** Code is arranged by what it knows; an import is knowing. Each zone, and the zones it may know. */
const ZONES = {
  kernel: {
    knows: ["kernel"],
    advice:
      "The kernel knows nothing of us: hand the value in from outside, or move the file to the zone it speaks of.",
  },
  language: {
    knows: ["language"],
    advice: "The language library knows PromQL and nothing of ours: what it reads from is handed in.",
  },
  upstreams: {
    knows: ["kernel", "language", "upstreams"],
    advice: "An upstream client knows one foreign API: what it needs of a cluster (address, token) is handed to it.",
  },
  fleet: {
    knows: ["kernel", "upstreams", "fleet", "prisma"],
    advice: "The fleet knows which cluster speaks what, and no subgraph's domain: let the subgraph bring it.",
  },
  subgraph: {
    knows: ["kernel", "language", "upstreams", "fleet", "prisma"],
    advice:
      "A subgraph is on its own: others are met in the graph (entity keys), on the bus (event types) or in the fleet directory.",
  },
  host: {
    knows: ["kernel", "upstreams", "fleet", "subgraph", "prisma", "host"],
    advice: "What starts subgraphs opens what they share, and leaves the rest to them.",
  },
  gateway: {
    knows: ["kernel", "gateway"],
    advice:
      "The gateway knows only schemas: what it needs of a subgraph is in the graph, what both need is in the kernel.",
  },
  "all-in-one": {
    knows: ["kernel", "gateway", "host", "all-in-one"],
    advice:
      "All in one process is wiring only: take subgraphs from subgraphs/index.ts, and put what works into its zone.",
  },
  demo: {
    knows: ["language", "demo"],
    advice: "The demo is a fleet that could be anyone's: it knows the protocols, and nothing of the product.",
  },
  prisma: { knows: ["prisma"], advice: "The database layer knows nothing of ours: hand it in." },
  cli: {
    knows: ["kernel", "cli"],
    advice: "The command line is a client of the API like any other: what it needs, it asks for there.",
  },
  tools: { knows: "all", advice: "" },
  tests: { knows: "all", advice: "" },
} as const satisfies Record<string, { knows: readonly string[] | "all"; advice: string }>;
type Zone = keyof typeof ZONES;

const PLACES: readonly (readonly [RegExp, Zone])[] = [
  [/^test\/|\/testing\/|\.test\.ts$/, "tests"],
  [/^subgraphs\/shared\/kernel\//, "kernel"],
  [/^subgraphs\/shared\/upstreams\//, "upstreams"],
  [/^subgraphs\/shared\/fleet\//, "fleet"],
  [/^subgraphs\/[^/]+\//, "subgraph"],
  [/^subgraphs\//, "host"],
  [/^gateway\/(all-in-one|run-all-in-one|start-all-in-one|demo)\.ts$/, "all-in-one"],
  [/^gateway\//, "gateway"],
  [/^promql\//, "language"],
  [/^demo\//, "demo"],
  [/^prisma\//, "prisma"],
  [/^cli\//, "cli"],
  [/^(scripts|bench)\//, "tools"],
];

const zoneOf = (path: string): Zone | null => PLACES.find(([place]) => place.test(path))?.[1] ?? null;
const subgraphOf = (path: string): string | undefined => /^subgraphs\/([^/]+)\//.exec(path)?.[1];

/** Ways over a border that are meant: `gateway/demo.ts` starts the demo, signing in asks an API server whose a token is, and the index of a subgraph or of its module names what it is started on. */
const isMeant = ({ from, to, typeOnly }: Import): boolean =>
  (from === "gateway/demo.ts" && zoneOf(to) === "demo") ||
  (from === "gateway/sign-in/token-review.ts" && zoneOf(to) === "upstreams") ||
  (/^subgraphs\/[^/]+\/(?:[^/]+\/)?index\.ts$/.test(from) && to === "subgraphs/platform.ts" && typeOnly);

function crossesBorder(edge: Import): string[] {
  const from = zoneOf(edge.from);
  const to = zoneOf(edge.to);
  if (from === null || to === null || isMeant(edge)) return [];
  const { knows, advice } = ZONES[from];
  if (knows === "all" || (knows as readonly string[]).includes(to)) {
    const intoSubgraph = from === "host" && to === "subgraph";
    return intoSubgraph && !edge.to.endsWith("/index.ts") ? [say(edge, "Import the subgraph's index.ts.")] : [];
  }
  if (from === "subgraph" && to === "subgraph" && subgraphOf(edge.from) === subgraphOf(edge.to)) return [];
  return [say(edge, advice)];
}

const say = ({ from, to }: Import, advice: string): string => `${from} imports ${to}. ${advice}`;

// --- Inside a module -----------------------------------------------------------------------------------------------------

/** Of a module's own files: a body of code in a folder inside a module arranges itself. */
const kindOf = (path: string): string | undefined =>
  /^subgraphs\/(?!shared\/)[^/]+\/(?:[^/]+\/)?[^/]+\.([a-z]+)\.ts$/.exec(path)?.[1];

/** resolver → service → loader | repository: the kinds that a kind must not know, not even by type. */
const ABOVE: Record<string, readonly string[]> = {
  service: ["resolver", "webhook", "job"],
  loader: ["resolver", "webhook", "job", "service"],
  repository: ["resolver", "webhook", "job", "service", "loader"],
  watch: ["resolver", "webhook", "job", "service", "loader"],
  job: ["resolver", "webhook"],
  webhook: ["resolver", "job"],
};
/** These work for whoever calls them: resolvers, jobs, webhooks, tests. */
const WITHOUT_GRAPHQL = new Set(["service", "loader", "repository", "watch", "job", "webhook", "plan", "stream"]);
const WORKS = new Set(["resolver", "service", "loader", "repository", "watch", "job", "webhook", "stream"]);
const GRAPHQL =
  /^(graphql|graphql-.*|type-graphql|@apollo\/.*)$|^subgraphs\/shared\/kernel\/(graphql|scalars|federate)\.ts$|\.(type|input)\.ts$/;

function breaksModule(edge: Import): string[] {
  const { from, to, typeOnly } = edge;
  const kind = kindOf(from);
  const target = kindOf(to);
  if (target === "resolver" && !from.endsWith("/index.ts")) {
    return [say(edge, "Only the subgraph's index.ts knows resolvers: move what is shared to the service.")];
  }
  if (kind === undefined) return [];
  if (target !== undefined && ABOVE[kind]?.includes(target)) {
    return [
      say(
        edge,
        `A ${kind} does not know a ${target}: let the ${target} hand it in, or move the type down to the ${kind}.`,
      ),
    ];
  }
  if (!WORKS.has(kind) && target !== undefined && WORKS.has(target) && !typeOnly) {
    return [say(edge, `A ${kind} is a leaf: it may name a ${target}'s types ("import type"), and call nothing of it.`)];
  }
  if (WITHOUT_GRAPHQL.has(kind) && GRAPHQL.test(to) && !typeOnly) {
    return [say(edge, `A ${kind} knows no GraphQL: take plain values, and let the resolver and the mapper translate.`)];
  }
  return [];
}

// --- Packages with one home ----------------------------------------------------------------------------------------------

const HOMES: readonly (readonly [packages: RegExp, home: RegExp, advice: string])[] = [
  [
    /^@apollo\/(gateway|composition|query-planner|query-graphs|federation-internals)$/,
    /^gateway\/|^scripts\/schema\.ts$/,
    "It is under the Elastic License 2.0 (NOTICE): only gateway/ and the script that writes schema/ use it.",
  ],
  [
    /^type-graphql$/,
    /^subgraphs\/shared\/kernel\/(graphql|federate)\.ts$/,
    "Import from subgraphs/shared/kernel/graphql.ts, which loads reflect-metadata first.",
  ],
  [/^graphql\//, /^$/, 'Import from "graphql": a second copy of it is refused at run time.'],
];

const leavesHome = (edge: Import): string[] =>
  HOMES.filter(([packages, home]) => packages.test(edge.to) && !home.test(edge.from)).map(([, , advice]) =>
    say(edge, advice),
  );

// -------------------------------------------------------------------------------------------------------------------------

const imported = (from: string, statement: string): Import[] => importsIn(from, statement);

describe("imports", () => {
  it("point one way: kernel ← upstreams ← fleet ← subgraphs ← all-in-one; the gateway knows the kernel only", () => {
    expect(productImports.flatMap(crossesBorder)).toEqual([]);
  });

  it("inside a module go resolver → service → loader | repository", () => {
    expect(productImports.flatMap(breaksModule)).toEqual([]);
  });

  it("keep a package with one home there", () => {
    expect(productImports.flatMap(leavesHome)).toEqual([]);
  });

  it("belong to a known zone on both sides", () => {
    const places = productImports.flatMap(({ from, to }) => (to.endsWith(".ts") ? [from, to] : [from]));
    expect([...new Set(places)].filter((path) => zoneOf(path) === null)).toEqual([]);
  });

  it("of tests are not the product's", () => {
    const toTests = productImports.filter(({ to }) => zoneOf(to) === "tests");
    expect(toTests.map((edge) => say(edge, "What only tests use stays with them."))).toEqual([]);
  });
});

describe("the rules of imports", () => {
  it.each([
    ["subgraphs/shared/kernel/a.ts", `import { a } from "../fleet/a.ts";`],
    ["subgraphs/shared/upstreams/a.ts", `import { a } from "../fleet/a.ts";`],
    ["subgraphs/shared/fleet/a.ts", `import { a } from "../../clusters/a.ts";`],
    ["subgraphs/clusters/registry/a.ts", `import {\n  type A,\n  b,\n} from "../../events/stream/a.ts";`],
    ["subgraphs/clusters/index.ts", `import { openPlatform } from "../platform.ts";`],
    ["subgraphs/start-subgraphs.ts", `import { A } from "./clusters/registry/cluster.service.ts";`],
    ["gateway/gateway.ts", `import type { Platform } from "../subgraphs/platform.ts";`],
    ["gateway/gateway.ts", `const { startDemo } = await import("./demo.ts");`],
    ["gateway/run-all-in-one.ts", `export * from "../demo/fleet.ts";`],
    ["demo/fleet.ts", `import "../subgraphs/shared/kernel/log.ts";`],
    ["promql/query.ts", `import { World } from "../demo/world/world.ts";`],
    ["gateway/gateway.ts", `import { parsePromql } from "../promql/parse.ts";`],
    ["prisma/client.ts", `new Worker(new URL("../subgraphs/a.ts", import.meta.url))`],
  ])("refuse in %s: %s", (from, statement) => {
    expect(imported(from, statement).flatMap(crossesBorder)).toHaveLength(1);
  });

  it.each([
    ["subgraphs/clusters/registry/a.service.ts", `import { A } from "./a.resolver.ts";`],
    ["subgraphs/clusters/registry/a.repository.ts", `import type { A } from "../health/a.service.ts";`],
    ["subgraphs/clusters/registry/a.mapper.ts", `import { A } from "./a.repository.ts";`],
    ["subgraphs/clusters/registry/a.service.ts", `import { A } from "./a.type.ts";`],
    ["subgraphs/clusters/registry/a.loader.ts", `import { GraphQLError } from "graphql";`],
    ["subgraphs/clusters/context.ts", `import type { A } from "./registry/a.resolver.ts";`],
  ])("refuse in %s: %s", (from, statement) => {
    expect(imported(from, statement).flatMap(breaksModule)).toHaveLength(1);
  });

  it.each([
    ["subgraphs/clusters/index.ts", `import { A } from "./registry/a.resolver.ts";`],
    ["subgraphs/clusters/index.ts", `import type { Platform } from "../platform.ts";`],
    ["subgraphs/clusters/registry/a.mapper.ts", `import type { Row } from "./a.repository.ts";`],
    ["subgraphs/clusters/registry/a.service.ts", `import type { A } from "./a.type.ts";`],
    ["gateway/demo.ts", `import { startDemoFleet } from "../demo/fleet.ts";`],
    ["demo/prometheus/api.ts", `import { queryInstant } from "../../promql/query.ts";`],
  ])("allow in %s: %s", (from, statement) => {
    expect(imported(from, statement).flatMap((edge) => [...crossesBorder(edge), ...breaksModule(edge)])).toEqual([]);
  });
});
