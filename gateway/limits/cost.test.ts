import { readFileSync } from "node:fs";
import { Supergraph } from "@apollo/federation-internals";
import {
  type GraphQLSchema,
  getIntrospectionQuery,
  getNamedType,
  getOperationAST,
  getVariableValues,
  isObjectType,
  Kind,
  type ObjectTypeDefinitionNode,
  parse,
  print,
} from "graphql";
import { beforeAll, describe, expect, test } from "vitest";
import { SUBGRAPHS } from "../../subgraphs/index.ts";
import { readConfig } from "../../subgraphs/shared/kernel/config.ts";
import { composeSupergraph } from "../composition.ts";
import { EXAMPLES } from "../graphiql/examples.ts";
import { CostModel } from "./cost.ts";

const FLEET = 7;

const SDL = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@tag"])
  scalar JSON
  type Query {
    one: Cluster
    clusters(filter: Filter, page: Int! = 1, pageSize: Int! = 20): Page!
    few(first: Int): [Cluster!]!
    ask(query: Query_!, any: JSON): Asked! @tag(name: "asks-clusters")
    search(clusterIds: [ID!], pageSize: Int! = 20): SearchPage! @tag(name: "asks-clusters")
    put(clusterId: ID!): Boolean @tag(name: "asks-clusters")
    thing: Thing
  }
  interface Thing { id: ID! }
  input Query_ { text: String clusterIds: [ID!] selector: Selector limit: Int = 50 }
  input Selector { ids: [ID!] label: String }
  input Filter { name: String }
  type Page { items: [Cluster!]! total: Int! }
  type Cluster implements Thing @key(fields: "id") {
    id: ID! name: String tags: [String!] samples: [Row!]
    ask(query: Query_!): Result @tag(name: "asks-clusters")
  }
  type Asked { complete: Boolean outcomes: [Outcome!]! results: [Result!]! rows: [Row!]! }
  type SearchPage { items: [Row!]! total: Int! outcomes: [Outcome!]! }
  type Outcome @tag(name: "one-per-cluster") { status: String rows: Int }
  type Result { status: String outcome: Outcome! series: [Row!]! }
  type Row { value: String }
`;

/** The model and the schema of subgraphs, as the gateway makes them. */
function modelOf(subgraphs: Parameters<typeof composeSupergraph>[0]) {
  const { sdl } = composeSupergraph(subgraphs);
  const schema = Supergraph.build(sdl).apiSchema().toGraphQLJSSchema();
  return { sdl, schema, model: new CostModel(schema, sdl) };
}

function costOf(
  { schema, model }: { schema: GraphQLSchema; model: CostModel },
  text: string,
  { fleet = FLEET, variables = {} }: { fleet?: number; variables?: Record<string, unknown> } = {},
) {
  const document = parse(text);
  const operation = getOperationAST(document);
  if (!operation) throw new Error(`No operation in ${text}`);
  const definitions = operation.variableDefinitions ?? [];
  // What a page leaves to its reader to fill in: an id.
  const filled = Object.fromEntries(
    definitions.flatMap(({ type, variable: { name } }) =>
      type.kind === Kind.NON_NULL_TYPE ? [[name.value, "an-id"]] : [],
    ),
  );
  const { coerced, errors } = getVariableValues(schema, definitions, { ...filled, ...variables });
  if (!coerced) throw new AggregateError(errors);
  return model.of(document, operation, coerced, fleet);
}

describe("what an operation costs", () => {
  const small = modelOf([{ name: "a", url: "http://a", typeDefs: parse(SDL) }]);
  const ids = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index));
  const NAMED = { variables: { ids: ids(3) } };

  const cases: [what: string, text: string, cost: number, options?: Parameters<typeof costOf>[2]][] = [
    ["a field is one, a list of values too", "{ one { name tags __typename } }", 4],
    ["aliases are fields", "{ one { a: name b: name } two: one { name } }", 5],
    ["a list has the rows of its page", "{ clusters(pageSize: 5) { total items { id name } } }", 1 + 1 + 1 + 5 * 2],
    ["by default as the schema says", "{ clusters { items { name } } }", 2 + 20],
    ["a page by a variable", "query ($n: Int!) { few(first: $n) { id } }", 1 + 30, { variables: { n: 30 } }],
    ["and by its default", "query ($n: Int = 4) { few(first: $n) { id } }", 1 + 4],
    ["ten rows where nothing says how many", "{ few { id } one { samples { value } } }", 1 + 10 + 2 + 10],
    ["lists in lists multiply", "{ few(first: 4) { samples { value } } }", 1 + 4 * (1 + 10)],
    ["a page of none has one row", "{ few(first: -3) { id } }", 2],
    ["asking the fleet is ten for each", '{ ask(query: { text: "x" }) { complete } }', 1 + 70 + 1],
    ["or for each that is named", "query ($ids: [ID!]) { ask(query: { clusterIds: $ids }) { complete } }", 32, NAMED],
    ["by a selector too", "query ($ids: [ID!]) { ask(query: { selector: { ids: $ids } }) { complete } }", 32, NAMED],
    [
      "the fewer of both",
      'query ($ids: [ID!]) { ask(query: { clusterIds: "1", selector: { ids: $ids } }) { complete } }',
      12,
      NAMED,
    ],
    ["none named is the fleet", "{ search(clusterIds: []) { total } }", 72],
    ["an id in a JSON value names nothing", '{ ask(query: {}, any: { clusterIds: ["1"] }) { complete } }', 72],
    ["one by its id", '{ put(clusterId: "1") }', 11],
    [
      "an answer of a field has a row for each cluster",
      "{ ask(query: {}) { outcomes { status rows } } }",
      1 + 70 + 1 + 7 * 2,
    ],
    [
      "also where the row holds it",
      "{ ask(query: {}) { results { status series { value } } } }",
      1 + 70 + 1 + 7 * (2 + 10),
    ],
    [
      "and the page has its rows",
      "{ search(pageSize: 3) { items { value } outcomes { status } } }",
      1 + 70 + 1 + 3 + 1 + 7,
    ],
    [
      "anything but the root asks one",
      "{ clusters(pageSize: 5) { items { ask(query: {}) { status } } } }",
      2 + 5 * (11 + 1),
    ],
    [
      "fragments count where they are spread",
      "{ one { ...F } few(first: 2) { ...F } } fragment F on Cluster { id name }",
      3 + 1 + 4,
    ],
    ["inline ones and interfaces too", "{ thing { id ... on Cluster { name samples { value } } } }", 3 + 1 + 10],
    ["skipped fields count: it is an upper bound", "{ one @skip(if: true) { id } }", 2],
    ["introspection has its price", "{ __schema { types { name } } one { id } }", 20_002],
  ];
  test.each(cases)("%s", (_, text, cost, options) => {
    expect(costOf(small, text, options).cost).toBe(cost);
  });

  test("tells whether the size of the fleet matters, and whether the schema is asked for", () => {
    expect(costOf(small, "{ one { id } }")).toMatchObject({ fleetWide: false, introspects: false });
    expect(costOf(small, "{ ask(query: {}) { complete } }")).toMatchObject({ fleetWide: true });
    expect(costOf(small, "{ put(clusterId: 1) clusters { items { ask(query: {}) { status } } } }")).toMatchObject({
      fleetWide: false,
    });
    expect(costOf(small, '{ ...F } fragment F on Query { __type(name: "X") { name } }')).toMatchObject({
      introspects: true,
    });
  });

  test("fragments that double each other, or lists that multiply without end, are a number, at the cost of their text", () => {
    const doubling = Array.from({ length: 700 }, (_, i) => `fragment F${i} on Cluster { ...F${i + 1} ...F${i + 1} }`);
    const text = `{ one { ...F0 } } ${doubling.join(" ")} fragment F700 on Cluster { id }`;
    expect(costOf(small, text).cost).toBe(Number.MAX_SAFE_INTEGER);
    expect(costOf(small, "{ few(first: 2000000000) { samples { value } } }").cost).toBeGreaterThan(2e10);
    expect(
      costOf(small, "{ one { ...A } } fragment A on Cluster { id ...B } fragment B on Cluster { name ...A }").cost,
    ).toBe(3);
  });
});

describe("over the whole graph", () => {
  let graph: ReturnType<typeof modelOf>;
  beforeAll(async () => {
    graph = modelOf(
      await Promise.all(
        SUBGRAPHS.map(async ({ subgraph }) => ({
          name: subgraph.name,
          url: `http://${subgraph.name}`,
          typeDefs: (await subgraph.schema()).typeDefs,
        })),
      ),
    );
  });

  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  const shown = [...readme.matchAll(/^```graphql\n(.*?)^```$/gms)].map(([, text = ""]) => ({
    query: text,
    variables: {},
  }));
  const { viewer } = readConfig({}).AIOPS_LIMITS.cost;

  test.each([...shown, ...EXAMPLES])("a viewer of a thousand clusters may ask $query", ({ query, variables = {} }) => {
    const { cost } = costOf(graph, query, { fleet: 1000, variables });
    expect(cost).toBeGreaterThan(1);
    expect(cost).toBeLessThanOrEqual(viewer.operation);
  });

  test("and what GraphiQL asks first", () => {
    expect(costOf(graph, getIntrospectionQuery()).cost).toBeLessThanOrEqual(viewer.operation);
  });

  test("every question that tells how asking each cluster ended is one that asks them", () => {
    const query = parse(graph.sdl).definitions.find(
      (definition) => definition.kind === Kind.OBJECT_TYPE_DEFINITION && definition.name.value === "Query",
    );
    const tagged = new Set(
      (query as ObjectTypeDefinitionNode).fields
        ?.filter(({ directives = [] }) => directives.some((directive) => print(directive).includes("asks-clusters")))
        .map(({ name }) => name.value),
    );
    const telling = Object.values(graph.schema.getQueryType()?.getFields() ?? {}).filter(({ type }) => {
      const answer = getNamedType(type);
      return isObjectType(answer) && /\[ClusterOutcome/.test(String(answer.getFields()["outcomes"]?.type));
    });
    expect(telling.length).toBeGreaterThan(20);
    expect(telling.map(({ name }) => name).filter((name) => !tagged.has(name))).toEqual([]);
  });
});
