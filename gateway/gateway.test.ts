import { describe, expect, test, vi } from "vitest";
import { post, TOLD, WAIT } from "../test/support/gateway/clients.ts";
import { MODES, startSmallGateway } from "../test/support/gateway/small-gateway.ts";

describe.each(MODES)("queries, subgraphs %s", (mode) => {
  test("join three subgraphs, entities batched to one hop each", async () => {
    const { gateway, fleet } = await startSmallGateway({ mode });
    const { status, body } = await post(gateway.url, "{ clusters { id name score label } }");
    expect(status).toBe(200);
    expect(body).toEqual({
      data: {
        clusters: [
          { id: "1", name: "alpha", score: 10, label: "the alpha cluster" },
          { id: "2", name: "beta", score: 20, label: "the beta cluster" },
          { id: "3", name: "gamma", score: 30, label: "the gamma cluster" },
        ],
      },
      extensions: TOLD,
    });
    expect(fleet.seen.hops.map(({ subgraph }) => subgraph).sort()).toEqual(["events", "fleet", "health"]);
  });

  test("all hops of an operation carry one id, one time, the request id and the signed identity", async () => {
    const { gateway, fleet } = await startSmallGateway({ mode });
    const { body, headers } = await post(gateway.url, "{ operation clusters { score label } }", {
      headers: { "x-request-id": "from-the-client.1" },
    });
    const { id, ...operation } = JSON.parse(body.data.operation);
    expect(operation).toMatchObject({
      requestId: "from-the-client.1",
      identity: { user: "developer", roles: ["admin"] },
    });
    expect(Math.abs(Date.now() - Date.parse(operation.startedAt))).toBeLessThan(60_000);
    expect(headers.get("x-request-id")).toBe("from-the-client.1");
    expect(fleet.seen.hops).toHaveLength(3);
    expect(new Set(fleet.seen.hops.map(({ request }) => request.operationId))).toEqual(new Set([id]));
  });

  test("an operation id is new for each operation, and an unsafe request id is replaced", async () => {
    const { gateway } = await startSmallGateway({ mode });
    const headers = { "x-request-id": "no spaces allowed", "x-operation-id": "chosen-by-the-client" };
    const answers = await Promise.all([
      post(gateway.url, "{ operation }", { headers }),
      post(gateway.url, "{ operation }", { headers }),
    ]);
    const [one, two] = answers.map(({ body }) => JSON.parse(body.data.operation));
    expect(one.id).not.toBe(two.id);
    expect(one.id).not.toBe("chosen-by-the-client");
    expect(one.requestId).toMatch(/^[\w-]{36}$/);
  });

  test("aliases, variables, fragments and an interface", async () => {
    const { gateway } = await startSmallGateway({ mode });
    const { body } = await post(
      gateway.url,
      `query ($id: ID!, $with: Boolean!) {
        one: cluster(id: $id) { ...Named points: score @include(if: $with) }
        two: cluster(id: "2") { ...Named }
        things { id ... on Disk { size } ... on Card { model } }
      }
      fragment Named on Cluster { title: name }`,
      { variables: { id: "1", with: true } },
    );
    expect(body.data).toEqual({
      one: { title: "alpha", points: 10 },
      two: { title: "beta" },
      things: [
        { id: "d", size: 3 },
        { id: "c", model: "H200" },
      ],
    });
  });

  test("a coded error keeps its code and details; a crash tells nothing; partial data stays", async () => {
    const { gateway } = await startSmallGateway({ mode });
    const { body } = await post(gateway.url, "{ refuse crash cluster(id: 1) { name broken } }", {
      headers: { "x-request-id": "trace-me" },
    });
    expect(body.data).toEqual({ refuse: null, crash: null, cluster: { name: "alpha", broken: null } });
    const about = { traceId: "trace-me", timestamp: expect.stringMatching(/^\d{4}-.*Z$/) };
    expect(body.errors).toHaveLength(3);
    expect(body.errors).toEqual(
      expect.arrayContaining([
        {
          message: 'No cluster "x".',
          path: ["refuse"],
          extensions: { code: "CLUSTER_NOT_FOUND", details: { id: "x" }, ...about },
        },
        {
          message: "Something failed here; the log has it under the trace id.",
          path: ["crash"],
          extensions: { code: "INTERNAL_SERVER_ERROR", ...about },
        },
        {
          message: "No complete answer within 5 s.",
          path: ["cluster", "broken"],
          extensions: { code: "UPSTREAM_TIMEOUT", ...about },
        },
      ]),
    );
    expect(JSON.stringify(body)).not.toMatch(/hunter2|10\.0\.0\.1|stack/);
  });

  test("a mutation", async () => {
    const { gateway } = await startSmallGateway({ mode });
    const { body } = await post(gateway.url, 'mutation { rename(id: 1, name: "new") { name score } }');
    expect(body).toEqual({ data: { rename: { name: "new", score: 10 } }, extensions: TOLD });
  });

  test("a client that leaves cancels the hop", async () => {
    const { gateway, fleet } = await startSmallGateway({ mode });
    const leaving = new AbortController();
    const answer = post(gateway.url, "{ hang }", { signal: leaving.signal });
    await vi.waitFor(() => expect(fleet.seen.hops).toHaveLength(1), WAIT);
    expect(fleet.seen.aborted).toBe(0);
    leaving.abort();
    await expect(answer).rejects.toThrow("aborted");
    await vi.waitFor(() => expect(fleet.seen.aborted).toBe(1), WAIT);
  });
});

describe("the gateway", () => {
  test("tells of a value that is missing where the schema promises one", async () => {
    const { gateway } = await startSmallGateway();
    const { gateway: other } = await startSmallGateway({ mode: "over HTTP" });
    for (const { url } of [gateway, other]) {
      const { body } = await post(url, "{ cluster(id: 2) { name vital } }");
      expect(body.data).toEqual({ cluster: null });
      expect(body.errors[0]).toMatchObject({
        path: ["cluster", "vital"],
        extensions: { code: "INTERNAL_SERVER_ERROR" },
      });
      expect(body.extensions).toEqual(TOLD);
    }
  });

  test("names the subgraph that is down, and not where it is; the rest of the answer stays", async () => {
    const { gateway, servers } = await startSmallGateway({ mode: "over HTTP" });
    const health = servers.get("health");
    await health?.close();
    const { body } = await post(gateway.url, "{ clusters { name score } }");
    expect(body.data.clusters[1]).toEqual({ name: "beta", score: null });
    expect(body.errors).toEqual([
      {
        message: "The health subgraph cannot be reached.",
        path: ["clusters"],
        extensions: { code: "SUBGRAPH_UNAVAILABLE", traceId: expect.any(String), timestamp: expect.any(String) },
      },
    ]);
    expect(JSON.stringify(body)).not.toContain(new URL(health?.url ?? "").port);
  });

  test("runs this process's own operations by the same pipeline", async () => {
    const { gateway } = await startSmallGateway();
    const identity = { user: "demo", groups: [], roles: ["admin" as const], tenant: "default", scope: null };
    const { data } = await gateway.execute(
      "query ($id: ID!) { cluster(id: $id) { score } operation }",
      { id: "3" },
      identity,
    );
    expect(data).toMatchObject({ cluster: { score: 30 } });
    expect(JSON.parse(String(data?.["operation"])).identity).toEqual(identity);
    const { errors } = await gateway.execute("{ nope }", {}, identity);
    expect(errors?.[0]?.extensions?.["code"]).toBe("GRAPHQL_VALIDATION_FAILED");
  });

  test("serves a new supergraph, and keeps the old one when the new is bad", async () => {
    const { gateway, reload, replaceBy } = await startSmallGateway();
    const { EVENTS } = await import("../test/support/gateway/small-fleet.ts");
    const fields = async (): Promise<string[]> => {
      const { body } = await post(gateway.url, '{ __type(name: "Change") { fields { name } } }');
      return body.data.__type.fields.map(({ name }: { name: string }) => name);
    };
    expect(await fields()).not.toContain("added");
    replaceBy("type Query { this: IsNoSupergraph }");
    expect(await fields()).not.toContain("added");
    reload({ events: EVENTS.replace("extra: Int", "added: Int") });
    expect(await fields()).toContain("added");
    expect((await post(gateway.url, "{ clusters { score } }")).body.errors).toBeUndefined();
  });
});
