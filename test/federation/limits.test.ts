import { createClient } from "graphql-sse";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { DemoFleet } from "../../demo/fleet.ts";
import type { Identity } from "../../subgraphs/shared/kernel/auth-context.ts";
import { enrolledFleet } from "../support/demo.ts";
import { type Answer, startGraph, type TestGraph } from "../support/graph.ts";
import { describeModes } from "../support/modes.ts";
import { until } from "../support/until.ts";

const TOKENS = {
  ann: "token-of-ann-0123",
  vic: "token-of-vic-0123",
  eve: "token-of-eve-0123",
  oli: "token-of-oli-0123",
  ivo: "token-of-ivo-0123",
};
type User = keyof typeof TOKENS;
const CLUSTERS = 4;
const METRICS = `query ($ids: [UUID!]) { metrics(query: { query: "up", clusterIds: $ids }) { complete } }`;
/** The field, each cluster that is asked, and the field within. */
const costOf = (clusters: number): number => 1 + 10 * clusters + 1;

await describeModes("Limits", (mode) => {
  let graph: TestGraph;
  let fleet: DemoFleet;
  let ids: string[];
  let names: string[];

  beforeAll(async () => {
    graph = await startGraph({
      mode,
      env: {
        AIOPS_UPSTREAM_REST_MS: "1",
        AIOPS_LIMITS: JSON.stringify({
          operationSeconds: 2,
          operationsPerUser: 3,
          cost: { viewer: { operation: 50, minute: 100 }, operator: { operation: 30_000, minute: 100_000 } },
        }),
        AIOPS_API_TOKENS: JSON.stringify([
          { token: TOKENS.ann, user: "ann", roles: ["admin"] },
          { token: TOKENS.oli, user: "oli", roles: ["operator"] },
          { token: TOKENS.vic, user: "vic", roles: ["viewer"] },
          { token: TOKENS.ivo, user: "ivo", roles: ["viewer"] },
          { token: TOKENS.eve, user: "eve", roles: ["viewer", "operator"], scope: { labelSelector: "seen=no" } },
        ]),
      },
    });
    fleet = await enrolledFleet(graph, { clusters: CLUSTERS });
    const { data } = await ask("{ clusters { items { id name } } }", {}, "ann");
    ids = data.clusters.items.map(({ id }: { id: string }) => id);
    names = data.clusters.items.map(({ name }: { name: string }) => name);
  });
  afterAll(async () => {
    await graph[Symbol.asyncDispose]();
    await fleet.close();
  });
  afterEach(async () => {
    for (const name of names) await fleet.setFault(name, "prometheus", null);
  });

  type Told = Answer & { extensions?: { cost: { requested: number; budget: number; remaining: number } } };
  const ask = (query: string, variables: Record<string, unknown>, user: User): Promise<Told> =>
    graph.ask(query, variables, { token: TOKENS[user] });
  const requested = async (user: User, variables = {}) =>
    (await ask(METRICS, variables, user)).extensions?.cost.requested;
  /** As it goes over HTTP. */
  const post = async (query: string, variables: object, user: User, headers: Record<string, string> = {}) => {
    const response = await fetch(`${graph.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${TOKENS[user]}`, ...headers },
      body: JSON.stringify({ query, variables }),
    });
    return { status: response.status, headers: response.headers, body: (await response.json()) as Told };
  };

  describe("cost", () => {
    it("grows with the clusters in scope: those that are named, else those that the caller sees", async () => {
      expect(await requested("oli")).toBe(costOf(CLUSTERS));
      expect(await requested("oli", { ids: ids.slice(0, 1) })).toBe(costOf(1));
      expect(await requested("eve")).toBe(costOf(0));
    });

    it("is told with each answer, whatever way it comes by, beside what is left of the minute", async () => {
      const cost = { requested: costOf(1), budget: 100_000, remaining: expect.any(Number) };
      const variables = { ids: ids.slice(0, 1) };
      const first = await ask(METRICS, variables, "oli");
      expect(first.extensions).toEqual({ cost });
      const { value } = await graph.subscribe(METRICS, variables, { token: TOKENS.oli }).next();
      expect(value.extensions).toEqual({ cost });
      expect(value.extensions.cost.remaining).toBe((first.extensions?.cost.remaining ?? 0) - costOf(1));
      const sse = createClient({
        url: `${graph.url}/graphql/stream`,
        headers: { authorization: `Bearer ${TOKENS.oli}` },
      });
      const streamed = await sse.iterate({ query: METRICS, variables }).next();
      expect(streamed.value?.extensions).toEqual({ cost });
      sse.dispose();
    });

    it("that is too much is refused before anything is asked, with the way out; fewer clusters are answered", async () => {
      fleet.resetRequests();
      graph.resetHops();
      const wide = METRICS.replace("{ complete }", "{ complete outcomes { status rows } results { status } }");
      const cost = costOf(CLUSTERS) + 1 + CLUSTERS * 2 + 1 + CLUSTERS;
      const refused = await post(wide, {}, "vic");
      expect(refused.status).toBe(400);
      expect(refused.body.errors).toMatchObject([
        {
          message: expect.stringContaining("fewer clusters"),
          extensions: { code: "COST_LIMIT_EXCEEDED", details: { cost, limit: 50 } },
        },
      ]);
      const stream = graph.subscribe(
        `subscription { metricStream(query: { query: "up" }) { result { outcome { status rows bytes truncated warnings } status resultType fromCache clusterName error } round } }`,
        {},
        { token: TOKENS.vic },
      );
      await expect(stream.next()).rejects.toMatchObject([{ extensions: { code: "COST_LIMIT_EXCEEDED" } }]);
      expect([graph.hops(), fleet.requests()]).toEqual([[], []]);
      const { errors } = await ask(wide, { ids: ids.slice(0, 1) }, "vic");
      expect(errors).toBeUndefined();
    });
  });

  it("a user's minute ends with Retry-After, on a socket too, and is theirs alone", async () => {
    const spend = () => post(METRICS, { ids: ids.slice(0, 4) }, "ivo");
    await spend();
    await spend();
    const over = await spend();
    expect(over.status).toBe(429);
    const seconds = Number(over.headers.get("retry-after"));
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(60);
    expect(over.body.errors).toMatchObject([
      { extensions: { code: "RATE_LIMITED", details: { cost: costOf(4), budget: 100, retryAfterSeconds: seconds } } },
    ]);
    graph.resetHops();
    for (const query of ["{ clusters { total } }", `subscription { events { cursor } }`]) {
      await expect(graph.subscribe(query, {}, { token: TOKENS.ivo }).next()).rejects.toMatchObject([
        { extensions: { code: "RATE_LIMITED", details: { retryAfterSeconds: expect.any(Number) } } },
      ]);
    }
    expect(graph.hops()).toEqual([]);
    expect((await post("{ clusters { total } }", {}, "oli")).status).toBe(200);
  });

  it("what our own parts ask for somebody neither spends their minute nor is bounded by their role", async () => {
    const eve: Identity = { user: "mia", groups: [], roles: ["viewer"], tenant: "default", scope: null };
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => graph.gateway.execute(METRICS.replace("up", "up == 1"), {}, eve)),
    );
    expect(answers.flatMap(({ errors = [] }) => errors)).toEqual([]);
    expect(answers.at(-1)?.extensions).toMatchObject({ cost: { requested: costOf(CLUSTERS), budget: 10_000_000 } });
  });

  it("one user has so many operations under way, and another one's are not held up", async () => {
    for (const name of names) await fleet.setFault(name, "prometheus", "hang");
    const leaving = new AbortController();
    fleet.resetRequests();
    const hanging = Array.from({ length: 3 }, (_, index) =>
      graph.ask(METRICS.replace("up", `up == ${index}`), {}, { token: TOKENS.oli, signal: leaving.signal }),
    );
    const gone = Promise.allSettled(hanging);
    await until("all of them are under way", () => fleet.requests().length >= 3);
    const refused = await post("{ clusters { total } }", {}, "oli");
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toBe("1");
    expect(refused.body.errors).toMatchObject([{ extensions: { code: "LIMIT_EXCEEDED", details: { limit: 3 } } }]);
    expect((await ask("{ clusters { total } }", {}, "ann")).errors).toBeUndefined();
    leaving.abort();
    await gone;
    await until("their places are free", async () => (await post("{ clusters { total } }", {}, "oli")).status === 200);
  });

  it("an operation that takes too long ends with what there is", async () => {
    const [slow = ""] = names;
    await fleet.setFault(slow, "prometheus", "hang");
    const { data, errors } = await ask(
      `{ clusters { items { name metrics(query: { query: "up == 7", timeout: 60 }) { status } } } }`,
      {},
      "ann",
    );
    expect(data.clusters.items.map(({ name }: { name: string }) => name)).toEqual(names);
    expect(data.clusters.items[0].metrics).toBeNull();
    expect(new Set(errors?.map(({ extensions }) => extensions["code"]))).toEqual(new Set(["UPSTREAM_TIMEOUT"]));
  });

  it("the schema is for those whose role may ask about it, and so is what is near a wrong name", async () => {
    const schema = "{ __schema { queryType { name } } }";
    expect((await ask(schema, {}, "oli")).data).toEqual({ __schema: { queryType: { name: "Query" } } });
    const refused = await post(schema, {}, "vic");
    expect(refused.status).toBe(403);
    expect(refused.body.errors).toMatchObject([{ extensions: { code: "FORBIDDEN" } }]);
    await expect(graph.subscribe(schema, {}, { token: TOKENS.vic }).next()).rejects.toMatchObject([
      { extensions: { code: "FORBIDDEN" } },
    ]);
    for (const wrong of ["{ cluster_ { id } }", "subscription { event { cursor } }"]) {
      const messages = async (user: User): Promise<string> => {
        const errors = await graph
          .subscribe(wrong, {}, { token: TOKENS[user] })
          .next()
          .catch((error: unknown) => error);
        return JSON.stringify(errors);
      };
      expect(await messages("oli")).toContain("Did you mean");
      expect(await messages("vic")).toContain("GRAPHQL_VALIDATION_FAILED");
      expect(await messages("vic")).not.toContain("Did you mean");
    }
    const { body } = await post("{ cluster_ { id } }", {}, "vic");
    expect(JSON.stringify(body)).not.toContain("Did you mean");
  });
});
