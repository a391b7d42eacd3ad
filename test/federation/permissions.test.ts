import { randomUUID } from "node:crypto";
import { buildClientSchema, type GraphQLField, type GraphQLSchema, getIntrospectionQuery } from "graphql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DemoFleet } from "../../demo/fleet.ts";
import { ROLES } from "../../subgraphs/shared/kernel/permissions.ts";
import {
  callOf,
  type OperationKind,
  placed,
  placesOf,
  requiredValues,
  rootFields,
  selectionOf,
} from "../support/calls.ts";
import { enrolledFleet } from "../support/demo.ts";
import { type Answer, startGraph, type TestGraph } from "../support/graph.ts";
import { describeModes } from "../support/modes.ts";
import { nothing, type Things, thingsOf } from "../support/things.ts";
import { until } from "../support/until.ts";
import { type Named, namedAt, type Role, RULES, type Rule } from "./permission-rules.ts";

type Field = GraphQLField<unknown, unknown>;
type Values = Record<string, unknown>;

const KINDS: readonly OperationKind[] = ["query", "mutation", "subscription"];
const SCOPES = ["all", "LAB"] as const;
type Scope = (typeof SCOPES)[number];

const ANN = "ann-token-of-the-test";
const tokenOf = (role: Role, scope: Scope): string => `${role}-of-${scope}-token`;
const AIOPS_API_TOKENS = JSON.stringify([
  { token: ANN, user: "ann", roles: ["admin"] },
  ...ROLES.flatMap((role) =>
    SCOPES.map((scope) => ({
      token: tokenOf(role, scope),
      user: `${role}-${scope}`,
      roles: [role],
      ...(scope === "all" ? {} : { scope: { environments: [scope] } }),
    })),
  ),
]);
const cost = { operation: 1_000_000_000, minute: 1_000_000_000 };
const AIOPS_LIMITS = JSON.stringify({ cost: { viewer: cost, operator: cost, admin: cost } });

/** What a field needs beyond its required values to be asked for as it is meant to be. */
const GIVEN: Record<string, Record<string, unknown>> = {
  cluster: { name: "no-such-cluster" },
  logs: { query: { query: '{namespace="shop"}' } },
  logMetrics: { query: { query: 'sum(count_over_time({namespace="shop"}[5m]))' } },
  logTail: { query: '{namespace="shop"}' },
  metricSeries: { matchers: ["up"] },
  setClusterCredentials: { input: { token: "a-token" } },
  rotateClusterCredentials: { input: { token: "a-token" } },
  registerCluster: { input: { name: "in-the-lab", apiServerUrl: "https://127.0.0.1:9", environment: "LAB" } },
  createMetricWatch: { input: { name: "w", query: "up", above: 1 } },
  updateMetricWatch: { input: { name: "w", query: "up", above: 1 } },
  createReportSchedule: { input: { name: "s", reportType: "INCIDENT_REPORT", cron: "0 7 * * *" } },
  updateReportSchedule: { input: { name: "s", reportType: "INCIDENT_REPORT", cron: "0 7 * * *" } },
  findRootCause: { input: { clusterName: "no-such-cluster" } },
  generateReport: { input: { reportType: "INCIDENT_REPORT", format: "JSON", selector: { regions: ["nowhere"] } } },
  createSilence: {
    input: { matchers: ['a="b"'], duration: "1h", comment: "c", selector: { regions: ["nowhere"] } },
  },
};
/** Without what names a cluster, where only one thing may. */
const NAMELESS: Record<string, Record<string, unknown>> = {
  cluster: {},
  findRootCause: { input: {} },
  generateReport: { input: { reportType: "INCIDENT_REPORT", format: "JSON" } },
  createSilence: { input: { matchers: ['a="b"'], duration: "1h", comment: "c" } },
};

/** Whose owner alone may see it, and administrators. */
const OWNED: ReadonlySet<Named> = new Set(["session", "message", "persona", "apiToken", "report", "schedule"]);
const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

const lacks = (role: Role, needed: Role): boolean => ROLES.indexOf(role) < ROLES.indexOf(needed);
const codesOf = ({ errors = [] }: Answer): unknown[] => errors.map(({ extensions }) => extensions["code"]);

await describeModes("Permissions", (mode) => {
  let graph: TestGraph;
  let fleet: DemoFleet;
  let schema: GraphQLSchema;
  let theirs: Things;

  beforeAll(async () => {
    graph = await startGraph({ mode, env: { AIOPS_API_TOKENS, AIOPS_LIMITS } });
    fleet = await enrolledFleet(graph, { clusters: 3 });
    const { data } = await graph.ask(
      `{ clusters { items { id name } } gpuNodes { items { clusterName } } }`,
      {},
      { token: ANN },
    );
    const foreign = data.gpuNodes.items[0].clusterName;
    const { id } = data.clusters.items.find(({ name }: { name: string }) => name === foreign);
    const mine = data.clusters.items.find(({ name }: { name: string }) => name !== foreign);
    const { errors } = await graph.ask(
      `mutation ($id: UUID!) { updateCluster(id: $id, input: { environment: LAB }) { id } }`,
      mine,
      { token: ANN },
    );
    expect(errors).toBeUndefined();
    theirs = await thingsOf(graph, { id, name: foreign, token: ANN });
    schema = await introspected();
  });
  afterAll(async () => {
    await graph[Symbol.asyncDispose]();
    await fleet.close();
  });

  async function introspected(): Promise<GraphQLSchema> {
    const { data } = await graph.ask(getIntrospectionQuery(), {}, { token: ANN });
    return buildClientSchema(data);
  }
  /** Those that are ruled, with their rules; all of them in one process, a sample of them where each costs more. */
  const ruled = (kind: OperationKind): { field: Field; rule: Rule }[] =>
    rootFields(schema, kind)
      .map((field) => ({ field, rule: RULES[kind][field.name] ?? fail(field.name) }))
      .filter((_, index) => mode === "in one process" || index % 4 === 0);
  const fail = (name: string): never => {
    throw new Error(`${name} has no rule.`);
  };
  const valuesOf = (field: Field) => requiredValues(field, GIVEN[field.name]);
  async function ask(kind: OperationKind, field: Field, values: Values, token: string, selection?: string) {
    const { document, variables } = callOf(kind, field, values, selection);
    if (kind !== "subscription") return await graph.ask(document, variables, { token });
    const stream = graph.subscribe(document, variables, { token });
    const answer = await first(stream);
    await stream.return?.();
    return answer;
  }
  const first = (stream: AsyncIterableIterator<Answer>): Promise<Answer> =>
    stream.next().then(
      ({ value }): Answer => value ?? { data: null },
      (errors: Answer["errors"]): Answer => ({ data: null, ...(errors ? { errors } : {}) }),
    );
  /** As `ask`, but of a stream that is open and has nothing to say yet, what it says is nothing. */
  async function open(kind: OperationKind, field: Field, values: Values, token: string): Promise<Answer> {
    if (kind !== "subscription") return await ask(kind, field, values, token);
    const { document, variables } = callOf(kind, field, values);
    const stream = graph.subscribe(document, variables, { token });
    let answer: Answer | undefined;
    const told = first(stream).then((value) => {
      answer = value;
    });
    await until(`${field.name} is open or refused`, async () => {
      const metrics = await (await fetch(`${graph.url}/metrics`)).text();
      return answer !== undefined || /^aiops_gateway_subscription_clients [1-9]/m.test(metrics);
    });
    await stream.return?.();
    await told;
    return answer ?? { data: null };
  }

  it.each(KINDS)("are laid down for every %s of the schema, and for nothing else", (kind) => {
    expect(Object.keys(RULES[kind]).sort()).toEqual(
      rootFields(schema, kind)
        .map(({ name }) => name)
        .sort(),
    );
  });

  describe.each(SCOPES)("of who may see the clusters %s", (scope) => {
    it.each(KINDS)("refuse each %s below its role, whatever it names", async (kind) => {
      const wrong: string[] = [];
      let refused = 0;
      for (const { field, rule } of ruled(kind)) {
        for (const role of ROLES.filter((each) => lacks(each, rule.role))) {
          const answers = new Set<string>();
          const calls = [theirs, nothing()].flatMap((things) => named(field, rule, things));
          for (const { values } of [{ values: valuesOf(field) }, ...calls]) {
            const answer = await ask(kind, field, values, tokenOf(role, scope));
            if (codesOf(answer).join() !== "FORBIDDEN")
              wrong.push(`${field.name} as ${role}: ${JSON.stringify(answer)}`);
            answers.add(JSON.stringify(comparable(answer, {})));
            refused += 1;
          }
          if (answers.size > 1) wrong.push(`${field.name} as ${role} tells: ${[...answers].join(" and ")}`);
        }
      }
      expect(wrong).toEqual([]);
      if (kind !== "subscription") expect(refused).toBeGreaterThan(1);
    });
  });

  /** The field's values, with the thing at each place that can name one. */
  const named = (field: Field, rule: Rule, things: Things): { what: Named; values: Values }[] =>
    placesOf(field).flatMap((place) => {
      const what = namedAt(field.name, rule, place.path);
      if (!what) return [];
      const values = placed(
        field,
        requiredValues(field, NAMELESS[field.name] ?? GIVEN[field.name]),
        place,
        things[what],
      );
      // What is made is called something else each time.
      const { input } = values as { input?: Record<string, unknown> };
      if (input?.["name"] !== undefined) input["name"] = randomUUID();
      return [{ what, values }];
    });
  /** The values that name the things, beside those that name none. */
  const pairsOf = (field: Field, rule: Rule, none: Things) => {
    const nobody = named(field, rule, none);
    return named(field, rule, theirs).map(({ what, values }, index) => ({
      what,
      sides: [
        { values, things: theirs },
        { values: nobody[index]?.values ?? {}, things: none },
      ],
    }));
  };
  type Pair = ReturnType<typeof pairsOf>[number];
  /** Without what differs by itself, and with the names of things replaced by what they are. */
  function comparable({ data, errors }: Answer, things: Partial<Things>): unknown {
    const told = errors?.map(({ message, path, extensions: { code, details, ...rest } }) => {
      return { message, path, code, details, keys: Object.keys(rest).sort() };
    });
    let text = JSON.stringify({ data, errors: told });
    const longestFirst = Object.entries(things).sort(([, a], [, b]) => b.length - a.length);
    for (const [what, thing] of longestFirst) text = text.replaceAll(thing, `some ${what}`);
    return JSON.parse(text.replaceAll(UUID, "some id"));
  }

  /** What both sides are answered and which subgraphs were asked, where these differ. */
  async function difference(kind: OperationKind, field: Field, pair: Pair, token: string): Promise<unknown> {
    const told: string[] = [];
    for (const { values, things } of pair.sides) {
      graph.resetHops();
      const { data, errors } = await ask(kind, field, values, token, selectionOf(field.type, 3));
      const hops = kind === "subscription" ? [] : graph.hops();
      told.push(JSON.stringify({ answer: comparable({ data, ...(errors ? { errors } : {}) }, things), hops }));
    }
    return told[0] === told[1] ? undefined : { field: field.name, asked: pair.sides[0]?.values, told };
  }

  it.each(KINDS)(
    "show each %s of a cluster out of scope as of one that is not there, and ask it nothing",
    async (kind) => {
      const wrong: unknown[] = [];
      let compared = 0;
      fleet.resetRequests();
      for (const { field, rule } of ruled(kind)) {
        if (rule.reach === "ALL") continue;
        for (const role of new Set([rule.role, "admin"] as const)) {
          for (const pair of pairsOf(field, rule, nothing())) {
            // A stream of whatever fits is open, and silent as long as nothing does.
            if (kind === "subscription" && (pair.what === "labelSelector" || pair.what === "region")) continue;
            wrong.push(await difference(kind, field, pair, tokenOf(role, "LAB")));
            compared += 1;
          }
        }
      }
      expect(wrong.filter(Boolean)).toEqual([]);
      expect(compared).toBeGreaterThan(2);
      const asked = fleet.requests().filter(({ cluster }) => cluster === theirs.clusterName);
      expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual([]);
    },
    120_000,
  );

  it.each(KINDS)(
    "show each %s of what is another user's as of what is not there",
    async (kind) => {
      const wrong: unknown[] = [];
      for (const { field, rule } of ruled(kind)) {
        for (const pair of pairsOf(field, rule, nothing()).filter(({ what }) => OWNED.has(what))) {
          wrong.push(await difference(kind, field, pair, tokenOf("operator", "all")));
        }
      }
      expect(wrong.filter(Boolean)).toEqual([]);
    },
    60_000,
  );

  describe.each(SCOPES)("of who may see the clusters %s", (scope) => {
    it.each(KINDS)(
      "let each %s be asked for from its role on",
      async (kind) => {
        const wrong: string[] = [];
        for (const { field, rule } of ruled(kind)) {
          for (const role of ROLES.filter((each) => !lacks(each, rule.role))) {
            const answer = await open(kind, field, valuesOf(field), tokenOf(role, scope));
            const told = codesOf(answer).filter((code) => UNFIT.has(String(code)));
            if (rule.reach === "ALL" && scope !== "all") {
              if (told.join() !== "FORBIDDEN") wrong.push(`${field.name} in scope ${scope}: ${JSON.stringify(answer)}`);
            } else if (told.length > 0) wrong.push(`${field.name} as ${role}: ${JSON.stringify(answer)}`);
          }
        }
        expect(wrong).toEqual([]);
      },
      120_000,
    );
  });
});

/** What no call that is made as it is meant to be is told. */
const UNFIT = new Set([
  "FORBIDDEN",
  "UNAUTHENTICATED",
  "GRAPHQL_VALIDATION_FAILED",
  "INTERNAL_SERVER_ERROR",
  "LIMIT_EXCEEDED",
]);
