import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DemoFleet } from "../../demo/fleet.ts";
import { ADMIN, enrolledFleet } from "../support/demo.ts";
import { type AskOptions, startGraph, type TestGraph } from "../support/graph.ts";
import { describeModes } from "../support/modes.ts";

const TOKENS = {
  admin: "admin-token-0123456789",
  viewer: "viewer-token-0123456789",
  scoped: "scoped-token-0123456789",
  foreign: "foreign-token-0123456789",
};
const AIOPS_API_TOKENS = JSON.stringify([
  { token: TOKENS.admin, user: "ann", roles: ["admin"] },
  { token: TOKENS.viewer, user: "vera", roles: ["viewer"] },
  {
    token: TOKENS.scoped,
    user: "sam",
    roles: ["admin"],
    scope: { labelSelector: "scope=mine", environments: ["PRODUCTION"] },
  },
  { token: TOKENS.foreign, user: "fred", roles: ["admin"], tenant: "other" },
]);

await describeModes("Identity", (mode) => {
  let graph: TestGraph;
  let fleet: DemoFleet;
  /** By name: mine is in sam's scope; theirs and staging are not. */
  const ids: Record<string, string> = {};

  const as = (who: keyof typeof TOKENS): AskOptions => ({ token: TOKENS[who] });

  beforeAll(async () => {
    graph = await startGraph({ mode, env: { AIOPS_API_TOKENS } });
    fleet = await enrolledFleet(graph, { clusters: 3 });
    const { data } = await graph.ask(`{ clusters { items { id } } }`, {}, as("admin"));
    const kinds = [
      ["mine", { scope: "mine" }, "PRODUCTION"],
      ["theirs", { scope: "theirs" }, "PRODUCTION"],
      ["staging", { scope: "mine" }, "STAGING"],
    ] as const;
    for (const [index, [name, labels, environment]] of kinds.entries()) {
      const id = data.clusters.items[index].id;
      ids[name] = id;
      await graph.ask(
        `mutation ($id: UUID!, $input: UpdateClusterInput!) { updateCluster(id: $id, input: $input) { id } }`,
        { id, input: { name, labels, environment } },
        as("admin"),
      );
    }
  });
  afterAll(async () => {
    await graph[Symbol.asyncDispose]();
    await fleet.close();
  });

  it("is required once tokens are configured, on both transports", async () => {
    for (const options of [{}, { token: "not-one-of-them-0123456" }]) {
      const { data, errors } = await graph.ask(`{ clusters { total } }`, {}, options);
      expect(data ?? null).toBeNull();
      expect(errors?.[0]?.extensions["code"]).toBe("UNAUTHENTICATED");
    }
    await expect(graph.subscribe(`subscription { events { cursor } }`).next()).rejects.toMatchObject({ code: 4403 });
  });

  it("of a viewer reads, and changes nothing", async () => {
    expect((await graph.ask(`{ clusters { total } }`, {}, as("viewer"))).data.clusters.total).toBe(3);
    const mutations = [
      `registerCluster(input: { name: "nope-1", apiServerUrl: "https://a.example.com" }) { id }`,
      `updateCluster(id: "${ids["mine"]}", input: { displayName: "x" }) { id }`,
      `deleteCluster(id: "${ids["mine"]}") { id }`,
      `refreshCluster(id: "${ids["mine"]}") { id }`,
      `restoreCluster(id: "${ids["mine"]}") { id }`,
      `purgeCluster(id: "${ids["mine"]}")`,
    ];
    for (const query of [`auditLog { total }`, `deletedClusters { total }`]) {
      const { errors } = await graph.ask(`{ ${query} }`, {}, as("viewer"));
      expect(errors?.[0]?.extensions["code"], query).toBe("FORBIDDEN");
    }
    for (const mutation of mutations) {
      const { errors } = await graph.ask(`mutation { ${mutation} }`, {}, as("viewer"));
      expect(errors?.[0]?.extensions["code"], mutation).toBe("FORBIDDEN");
    }
  });

  describe("with a cluster scope", () => {
    it("sees nothing else in lists and sums", async () => {
      const { data } = await graph.ask(
        `{ clusters { total items { name } } all: clusters(filter: { labelSelector: "scope" }) { total } fleetSummary { total } }`,
        {},
        as("scoped"),
      );
      expect(data).toEqual({
        clusters: { total: 1, items: [{ name: "mine" }] },
        all: { total: 1 },
        fleetSummary: { total: 1 },
      });
    });

    it("cannot tell a cluster out of scope from one that does not exist", async () => {
      const nobody = "550e8400-e29b-41d4-a716-446655440000";
      const lookups = [
        (id: string) => `{ cluster(id: "${id}") { id } }`,
        (id: string) => `{ metrics(query: { query: "up", clusterIds: ["${id}"] }) { complete } }`,
        (id: string) => `{ metrics(query: { query: "up", selector: { ids: ["${id}"] } }) { complete } }`,
        (id: string) => `mutation { refreshCluster(id: "${id}") { id } }`,
        (id: string) => `mutation { deleteCluster(id: "${id}") { id } }`,
        (id: string) => `mutation { restoreCluster(id: "${id}") { id } }`,
        (id: string) => `mutation { purgeCluster(id: "${id}") }`,
        (id: string) => `mutation { updateCluster(id: "${id}", input: { displayName: "x" }) { id } }`,
      ];
      for (const lookup of lookups) {
        const comparable = async (id: string) => {
          const { data, errors } = await graph.ask(lookup(id), {}, as("scoped"));
          return JSON.stringify({
            data,
            errors: errors?.map(({ message, extensions: { code, details } }) => ({ message, code, details })),
          }).replaceAll(id, "ID");
        };
        expect(await comparable(ids["theirs"] ?? ""), lookup("ID")).toBe(await comparable(nobody));
      }
      expect((await graph.ask(`{ cluster(name: "theirs") { id } }`, {}, as("scoped"))).data.cluster).toBeNull();
    });

    it("puts no cluster where it could not see it", async () => {
      const mutations = [
        `updateCluster(id: "${ids["mine"]}", input: { labels: { scope: "theirs" } }) { id }`,
        `registerCluster(input: { name: "unseen-1", apiServerUrl: "https://a.example.com" }) { id }`,
      ];
      for (const mutation of mutations) {
        const { errors } = await graph.ask(`mutation { ${mutation} }`, {}, as("scoped"));
        expect(errors?.[0]?.extensions["code"], mutation).toBe("FORBIDDEN");
      }
      const { data } = await graph.ask(`{ clusters { total } cluster(name: "mine") { labels } }`, {}, as("admin"));
      expect(data).toEqual({ clusters: { total: 3 }, cluster: { labels: { scope: "mine" } } });
    });

    it("asks no cluster out of scope for metrics, also not through a join", async () => {
      fleet.resetRequests();
      const { data } = await graph.ask(
        `{ metrics(query: { query: "sum(up)" }) { results { clusterName cluster { name metrics(query: { query: "sum(up)" }) { status } } } } }`,
        {},
        as("scoped"),
      );
      expect(data.metrics.results).toEqual([
        { clusterName: "mine", cluster: { name: "mine", metrics: { status: "SUCCESS" } } },
      ]);
      expect(fleet.requests()).toHaveLength(1);
    });

    it("is asked again of every subgraph: a forged reference joins nothing", async () => {
      const query = `query ($_representations: [_Any!]!) { _entities(representations: $_representations) { ... on Cluster { metrics(query: { query: "up" }) { status } } } }`;
      const { errors } = await graph.ask(
        query,
        { _representations: [{ __typename: "Cluster", id: ids["theirs"] }] },
        as("scoped"),
      );
      expect(errors?.[0]?.extensions["code"]).toBe("GRAPHQL_VALIDATION_FAILED");
    });

    it("gets no event of other clusters, live or from history", async () => {
      const stream = graph.subscribe(
        `subscription { events { event { eventType clusterId cluster { name } } } }`,
        {},
        { token: TOKENS.scoped },
      );
      const first = stream.next();
      const history = `{ eventHistory { items { event { clusterId } } } }`;
      const seenBy = async (who: keyof typeof TOKENS): Promise<string[]> =>
        (await graph.ask(history, {}, as(who))).data.eventHistory.items.map(
          ({ event }: { event: { clusterId: string } }) => event.clusterId,
        );
      // Events of the other clusters first, then one of sam's: the first to arrive must be that one.
      const update = `mutation ($id: UUID!) { updateCluster(id: $id, input: { displayName: "touched" }) { id } }`;
      const touch = async () => {
        for (const name of ["theirs", "staging", "mine"]) await graph.ask(update, { id: ids[name] }, as("admin"));
      };
      const timer = setInterval(() => void touch(), 200);
      const { value } = await first.finally(() => clearInterval(timer));
      expect(value.data.events.event).toEqual({
        eventType: "CLUSTER_UPDATED",
        clusterId: ids["mine"],
        cluster: { name: "mine" },
      });
      await stream.return?.();
      expect(new Set(await seenBy("scoped"))).toEqual(new Set([ids["mine"]]));
      expect((await seenBy("admin")).length).toBeGreaterThan((await seenBy("scoped")).length);
      expect(await seenBy("foreign")).toEqual([]);
    });
  });

  it("of another tenant sees another fleet, where the same names are free", async () => {
    const { data } = await graph.ask(
      `mutation { registerCluster(input: { name: "mine", apiServerUrl: "https://a.example.com" }) { id } }`,
      {},
      as("foreign"),
    );
    expect(data.registerCluster.id).not.toBe(ids["mine"]);
    expect((await graph.ask(`{ clusters { items { id } } }`, {}, as("foreign"))).data.clusters.items).toEqual([
      { id: data.registerCluster.id },
    ]);
    expect((await graph.ask(`{ clusters { total } }`, {}, as("admin"))).data.clusters.total).toBe(3);
  });

  it("of our own process goes through the same pipeline", async () => {
    const { data } = await graph.gateway.execute(
      `{ clusters { total } }`,
      {},
      { ...ADMIN, scope: { labelSelector: "scope=mine" } },
    );
    expect(data).toEqual({ clusters: { total: 2 } });
  });
});
