import { createHash, randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DemoFleet } from "../../demo/fleet.ts";
import { enrolledFleet } from "../support/demo.ts";
import { socketClient, sseClient } from "../support/gateway/clients.ts";
import { startGraph, type TestGraph } from "../support/graph.ts";
import { type JwtIssuer, startJwtIssuer } from "../support/jwt-issuer.ts";
import { describeModes } from "../support/modes.ts";
import { until } from "../support/until.ts";

const TOKENS = {
  ann: "ann-token-of-the-test",
  sam: "sam-token-of-the-test",
  vera: "vera-token-of-the-test",
  fred: "fred-token-of-the-test",
};
const AIOPS_API_TOKENS = JSON.stringify([
  { token: TOKENS.ann, user: "ann", roles: ["admin"] },
  {
    token: TOKENS.sam,
    user: "sam",
    roles: ["operator"],
    scope: { labelSelector: "team in (pay,shop)", environments: ["PRODUCTION", "STAGING"] },
  },
  { token: TOKENS.vera, user: "vera", roles: ["viewer"] },
  { token: TOKENS.fred, user: "fred", roles: ["admin"], tenant: "other" },
]);
const AIOPS_ACCESS = JSON.stringify([
  { groups: ["payments"], roles: ["operator"], scope: { labelSelector: "team=pay", environments: ["PRODUCTION"] } },
]);
const FIELDS = "id name hint createdBy role scope expiresAt lastUsedAt revokedAt";

await describeModes("Access", (mode) => {
  let graph: TestGraph;
  let fleet: DemoFleet;
  let issuer: JwtIssuer;
  const ids: Record<string, string> = {};

  beforeAll(async () => {
    issuer = await startJwtIssuer();
    const env = { AIOPS_API_TOKENS, AIOPS_ACCESS, AIOPS_OIDC_ISSUER: issuer.url, AIOPS_OIDC_AUDIENCE: "aiops" };
    graph = await startGraph({ mode, env });
    fleet = await enrolledFleet(graph, { clusters: 3 });
    const { data } = await ask(`{ clusters { items { id } } }`);
    for (const [index, [name, team, environment]] of [
      ["pay", "pay", "PRODUCTION"],
      ["pay-staging", "pay", "STAGING"],
      ["shop", "shop", "PRODUCTION"],
    ].entries()) {
      const { id } = data.clusters.items[index];
      ids[String(name)] = id;
      await ask(`mutation ($id: UUID!, $input: UpdateClusterInput!) { updateCluster(id: $id, input: $input) { id } }`, {
        id,
        input: { name, labels: { team }, environment },
      });
    }
  });
  afterAll(async () => {
    await graph[Symbol.asyncDispose]();
    await Promise.all([fleet.close(), issuer[Symbol.asyncDispose]()]);
  });

  const ask = (query: string, variables: Record<string, unknown> = {}, token = TOKENS.ann) =>
    graph.ask(query, variables, { token });
  const codeOf = async (query: string, variables: Record<string, unknown> = {}, token = TOKENS.ann) =>
    (await ask(query, variables, token)).errors?.[0]?.extensions["code"];
  const CREATE = `mutation ($input: ApiTokenInput!) { createApiToken(input: $input) { token apiToken { ${FIELDS} } } }`;
  const inputOf = (more: object) => ({ input: { name: "ci", expiresIn: "1h", ...more } });
  const create = async (more: object = {}, as = TOKENS.ann) => {
    const { data, errors } = await ask(CREATE, inputOf(more), as);
    expect(errors).toBeUndefined();
    return data.createApiToken;
  };
  const seenBy = async (token: string): Promise<string[]> =>
    (await ask(`{ clusters { items { name } } }`, {}, token)).data.clusters.items.map(
      ({ name }: { name: string }) => name,
    );
  const REVOKE = `mutation ($id: UUID!) { revokeApiToken(id: $id) { id revokedAt } }`;
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

  it("by a JWT of the issuer is what the first rule gives the user's groups, over HTTP and sockets", async () => {
    const token = await issuer.token({ sub: "olga", groups: ["everyone", "payments"] });
    expect(await seenBy(token)).toEqual(["pay"]);
    expect(await codeOf(`{ auditLog { total } }`, {}, token)).toBe("FORBIDDEN");
    const follow = `subscription { clusterHealth { kind } }`;
    expect(
      await socketClient(graph.url, { connectionParams: bearer(token) })
        .follow(follow)
        .until(1),
    ).toMatchObject({
      data: { clusterHealth: { kind: "SNAPSHOT" } },
    });
    const refused = await issuer.token({ sub: "olga", groups: ["payments"], aud: "another" });
    expect(await codeOf(`{ clusters { total } }`, {}, refused)).toBe("UNAUTHENTICATED");
    const nobody = await issuer.token({ sub: "nina", groups: ["everyone"] });
    const response = await fetch(`${graph.url}/graphql?query={__typename}`, { headers: bearer(nobody) });
    expect([response.status, (await response.json()).errors[0].extensions.code]).toEqual([403, "FORBIDDEN"]);
  });

  describe("by an API token", () => {
    it("is its maker's, with the role and the clusters that it was given", async () => {
      const { token, apiToken } = await create({ scope: { labelSelector: "team=pay" } });
      expect(token).toMatch(/^aiops_[\w-]{43}$/);
      expect(apiToken).toMatchObject({
        name: "ci",
        hint: token.slice(0, 10),
        createdBy: "ann",
        role: "VIEWER",
        scope: { labelSelector: "team=pay" },
        lastUsedAt: null,
        revokedAt: null,
      });
      expect(Date.parse(apiToken.expiresAt) - Date.now()).toBeGreaterThan(3_500_000);
      expect(await seenBy(token)).toEqual(["pay", "pay-staging"]);
      expect((await ask(`{ cluster(id: "${ids["shop"]}") { id } }`, {}, token)).data).toEqual({ cluster: null });
      expect(await codeOf(`mutation { refreshCluster(id: "${ids["pay"]}") { id } }`, {}, token)).toBe("FORBIDDEN");
      const { data } = await ask(`{ apiTokens { items { id lastUsedAt } } }`);
      const used = data.apiTokens.items.find(({ id }: { id: string }) => id === apiToken.id);
      expect(Date.now() - Date.parse(used.lastUsedAt)).toBeLessThan(60_000);
    });

    it("may never do or see more than its maker", async () => {
      const { token, apiToken } = await create({ role: "OPERATOR", scope: { labelSelector: "team=pay" } }, TOKENS.sam);
      expect(apiToken.scope).toEqual({
        environments: ["PRODUCTION", "STAGING"],
        labelSelector: "team in (pay,shop),team=pay",
      });
      expect(await seenBy(token)).toEqual(["pay", "pay-staging"]);
      const narrow = await create({ scope: { environments: ["PRODUCTION", "LAB"] } }, TOKENS.sam);
      expect(narrow.apiToken.scope.environments).toEqual(["PRODUCTION"]);
      expect(await seenBy(narrow.token)).toEqual(["pay", "shop"]);
      expect((await create({}, TOKENS.sam)).apiToken.scope.labelSelector).toBe("team in (pay,shop)");
    });

    it.each<[string, keyof typeof TOKENS, object, string]>([
      ["a role above one's own", "vera", { role: "OPERATOR" }, "FORBIDDEN"],
      ["a scope beside one's own", "sam", { scope: { environments: ["LAB"] } }, "BAD_USER_INPUT"],
      ["an unknown cluster", "ann", { scope: { ids: [randomUUID()] } }, "CLUSTER_NOT_FOUND"],
      ["a selector that is none", "ann", { scope: { labelSelector: "a in b" } }, "INVALID_LABEL_SELECTOR"],
      ["a life that is too short", "ann", { expiresIn: "59m" }, "INVALID_DURATION"],
      ["a life that is too long", "ann", { expiresIn: "366d" }, "INVALID_DURATION"],
      ["no name", "ann", { name: " " }, "BAD_USER_INPUT"],
    ])("is refused with %s", async (_, who, more, code) => {
      expect(await codeOf(CREATE, inputOf(more), TOKENS[who])).toBe(code);
    });

    it("makes no other one", async () => {
      const { token } = await create({ role: "ADMIN" });
      expect(await codeOf(CREATE, inputOf({}), token)).toBe("FORBIDDEN");
    });

    it("is refused where it was not made, or has ended", async () => {
      const { token, apiToken } = await create();
      await graph.platform.database.prisma.apiToken.update({
        where: { id: apiToken.id },
        data: { expiresAt: new Date(Date.now() - 1) },
      });
      for (const each of [token, "aiops_", `aiops_${"A".repeat(43)}`, `${token}x`])
        expect(await codeOf(`{ clusters { total } }`, {}, each), each).toBe("UNAUTHENTICATED");
    });

    it("is listed for its maker and for who administers the whole tenant, and nobody else takes it back", async () => {
      const { apiToken } = await create({ name: "vera's" }, TOKENS.vera);
      const { apiToken: others } = await create({ name: "fred's" }, TOKENS.fred);
      const namesFor = async (token: string): Promise<string[]> => {
        const { data } = await ask(`{ apiTokens(pageSize: 100) { items { name } } }`, {}, token);
        return data.apiTokens.items.map(({ name }: { name: string }) => name);
      };
      expect(await namesFor(TOKENS.vera)).toEqual(["vera's"]);
      expect(await namesFor(TOKENS.fred)).toEqual(["fred's"]);
      expect(await namesFor(TOKENS.sam)).not.toContain("vera's");
      expect(await namesFor(TOKENS.ann)).toContain("vera's");
      expect(await namesFor(TOKENS.ann)).not.toContain("fred's");
      expect(await codeOf(REVOKE, { id: apiToken.id }, TOKENS.sam)).toBe("API_TOKEN_NOT_FOUND");
      expect(await codeOf(REVOKE, { id: others.id })).toBe("API_TOKEN_NOT_FOUND");
      expect(await codeOf(REVOKE, { id: apiToken.id }, TOKENS.fred)).toBe("API_TOKEN_NOT_FOUND");
      const { data } = await ask(REVOKE, { id: apiToken.id });
      expect((await ask(REVOKE, { id: apiToken.id })).data).toEqual(data);
    });

    it("ends at once when it is taken back, with its streams, and opens none any more", async () => {
      const { token, apiToken } = await create();
      const query = `subscription { clusterHealth { kind } }`;
      const clients = [
        socketClient(graph.url, { connectionParams: bearer(token), lazyCloseTimeout: 60_000 }),
        sseClient(graph.url, bearer(token)),
      ];
      const others = socketClient(graph.url, { connectionParams: bearer(TOKENS.ann) }).follow(query);
      const streams = clients.map((client) => client.follow(query));
      await Promise.all([others, ...streams].map((stream) => stream.until(1)));
      await ask(REVOKE, { id: apiToken.id });
      for (const stream of streams)
        expect(JSON.stringify([await stream.ended, stream.results])).toContain("UNAUTHENTICATED");
      expect(await codeOf(`{ clusters { total } }`, {}, token)).toBe("UNAUTHENTICATED");
      // The socket is still there.
      const [socket] = clients;
      expect(JSON.stringify(await socket?.follow(`{ clusters { total } }`).ended)).toContain("UNAUTHENTICATED");
      expect(await Promise.race([others.ended, Promise.resolve("goes on")])).toBe("goes on");
    });

    it("is looked up by nobody but the gateway", async () => {
      const hash = createHash("sha256")
        .update((await create()).token)
        .digest("hex");
      expect(await codeOf(`{ apiTokenOwner(hash: "${hash}") }`)).toBe("GRAPHQL_VALIDATION_FAILED");
      const { data } = await ask(`{ __type(name: "Query") { fields { name } } }`);
      expect(JSON.stringify(data)).not.toContain("apiTokenOwner");
    });
  });

  describe("that is refused", () => {
    const entries = async (subject: string) => {
      const { data } = await ask(
        `{ auditLog(filter: { action: "REFUSE_ACCESS" }, pageSize: 100) { items { actor subject after requestId clusterId } } }`,
      );
      return data.auditLog.items.filter((entry: { subject: string }) => entry.subject === subject);
    };

    it("is in the audit log, once for who tries over and over", async () => {
      const requestId = `try-${randomUUID()}`;
      for (const headers of [{ "x-request-id": requestId }, {}, {}]) {
        const { errors } = await graph.ask(
          `mutation { deleteCluster(id: "${ids["pay"]}") { id } }`,
          {},
          {
            token: TOKENS.vera,
            headers,
          },
        );
        expect(errors?.[0]?.extensions["code"]).toBe("FORBIDDEN");
      }
      await until("it is written", async () => (await entries("deleteCluster")).length > 0);
      expect(await entries("deleteCluster")).toEqual([
        {
          actor: "vera",
          subject: "deleteCluster",
          after: { message: 'This needs the role "admin".' },
          requestId,
          clusterId: null,
        },
      ]);
      const { token, apiToken } = await create({}, TOKENS.vera);
      await ask(`mutation { purgeCluster(id: "${ids["pay"]}") }`, {}, token);
      await until("it is written", async () => (await entries("purgeCluster")).length > 0);
      expect((await entries("purgeCluster"))[0]).toMatchObject({ actor: "vera", after: { apiToken: apiToken.id } });
    });

    it("is exported with the rest of the log, as JSON lines, to administrators", async () => {
      const download = (query: string, token: string) =>
        fetch(`${graph.url}/audit.jsonl${query}`, { headers: bearer(token) });
      const answer = await download("", TOKENS.ann);
      expect(answer.headers.get("content-type")).toBe("application/jsonl; charset=utf-8");
      const lines = (await answer.text())
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line));
      const times = lines.map(({ at }) => Date.parse(at));
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      expect(new Set(lines.map(({ action }) => action))).toEqual(
        new Set(["REGISTER_CLUSTER", "UPDATE_CLUSTER", "CREATE_API_TOKEN", "REVOKE_API_TOKEN", "REFUSE_ACCESS"]),
      );
      expect(Object.keys(lines[0]).sort()).toEqual([
        "action",
        "actor",
        "after",
        "at",
        "before",
        "clusterId",
        "id",
        "requestId",
        "subject",
      ]);
      expect(lines.every(({ subject }) => subject !== "fred's")).toBe(true);
      const some = await (await download("?action=UPDATE_CLUSTER&actor=ann", TOKENS.ann)).text();
      expect(some.trimEnd().split("\n")).toHaveLength(3);
      expect(await (await download(`?since=${new Date(Date.now() + 60_000).toISOString()}`, TOKENS.ann)).text()).toBe(
        "",
      );
      for (const [query, token, status] of [
        ["", TOKENS.vera, 403],
        ["", "no-token-of-anybody", 401],
        ["?page=2", TOKENS.ann, 400],
      ] as const)
        expect((await download(query, token)).status, query).toBe(status);
      await until("the refusal is written", async () => (await entries("/audit.jsonl")).length === 1);
    });

    it("is exported whole, however long it is", async () => {
      const at = new Date("2020-01-01T00:00:00Z");
      const data = Array.from({ length: 1201 }, (_, n) => ({
        id: randomUUID(),
        tenantId: "default",
        at: new Date(at.getTime() + Math.floor(n / 100)),
        actor: "bulk",
        action: "BULK",
        subject: String(n),
        requestId: "r",
      }));
      await graph.platform.database.prisma.auditEntry.createMany({ data });
      const answer = await fetch(`${graph.url}/audit.jsonl?actor=bulk`, { headers: bearer(TOKENS.ann) });
      const lines = (await answer.text()).trimEnd().split("\n");
      expect(new Set(lines.map((line) => JSON.parse(line).subject)).size).toBe(1201);
      expect(lines).toHaveLength(1201);
    });
  });
});
