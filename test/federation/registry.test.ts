import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DemoFleet, startDemoFleet } from "../../demo/fleet.ts";
import { startGraph, type TestGraph } from "../support/graph.ts";
import { describeModes } from "../support/modes.ts";

const REGISTER = `mutation ($input: RegisterClusterInput!) { registerCluster(input: $input) {
  id name displayName apiServerUrl clusterType platform platformVersion region environment labels createdAt updatedAt lastSeenAt
  status { state healthScore lastError connectivity apiServerHealthy prometheusHealthy tempoHealthy lokiHealthy }
  capabilities { gpuCount } endpoints { prometheusUrl tempoUrl lokiUrl alertmanagerUrl }
  credentials { authType expiresAt } } }`;

await describeModes("The cluster registry", (mode) => {
  let graph: TestGraph;
  let fleet: DemoFleet;

  beforeAll(async () => {
    graph = await startGraph({ mode });
    fleet = await startDemoFleet({ clusters: 3 });
  });
  afterAll(async () => {
    await graph[Symbol.asyncDispose]();
    await fleet.close();
  });

  const register = async (input: object) => (await graph.ask(REGISTER, { input })).data.registerCluster;
  const minimal = (name: string) => ({ name, apiServerUrl: "https://api.example.com:6443" });

  it("registers a cluster with the spec's defaults, and answers null for what is not known", async () => {
    expect(await register(minimal("defaults-1"))).toMatchObject({
      name: "defaults-1",
      displayName: null,
      apiServerUrl: "https://api.example.com:6443",
      clusterType: "SPOKE",
      platform: "OPENSHIFT",
      environment: "DEVELOPMENT",
      labels: {},
      status: {
        state: "PROVISIONING",
        healthScore: null,
        lastError: null,
        connectivity: null,
        apiServerHealthy: null,
        tempoHealthy: null,
      },
      capabilities: null,
      endpoints: { prometheusUrl: null, tempoUrl: null, lokiUrl: null, alertmanagerUrl: null },
      credentials: null,
      lastSeenAt: null,
    });
  });

  it("checks a registered cluster on request, and finds what it is", async () => {
    const [demo] = fleet.clusters;
    if (!demo) throw new Error("no demo cluster");
    const { name, apiServerUrl, prometheusUrl, kubeconfig, clusterType, platform } = demo;
    const { id } = await register({
      name,
      apiServerUrl,
      clusterType,
      platform,
      endpoints: { prometheusUrl },
      credentials: { kubeconfig },
    });
    const { data, errors } = await graph.ask(
      `mutation ($id: UUID!) { refreshCluster(id: $id) { status { state healthScore lastError connectivity apiServerHealthy prometheusHealthy lokiHealthy } capabilities { hasPrometheus hasGpuNodes hasThanos } platformVersion lastSeenAt } }`,
      { id },
    );
    expect(errors).toBeUndefined();
    expect(data.refreshCluster).toMatchObject({
      status: {
        state: "ONLINE",
        healthScore: 100,
        lastError: null,
        connectivity: "CONNECTED",
        apiServerHealthy: true,
        prometheusHealthy: true,
        lokiHealthy: null,
      },
      capabilities: { hasPrometheus: true, hasGpuNodes: false, hasThanos: true },
      platformVersion: demo.platformVersion,
    });
    expect(data.refreshCluster.lastSeenAt).not.toBeNull();
  });

  it("finds the version of each kind of platform", async () => {
    const kinds = await startDemoFleet({ clusters: 5, seed: 1 });
    for (const { name, apiServerUrl, platform, platformVersion, kubeconfig } of kinds.clusters) {
      const { id } = await register({ name: `kind-${name}`, apiServerUrl, platform, credentials: { kubeconfig } });
      const { data } = await graph.ask(
        `mutation ($id: UUID!) { refreshCluster(id: $id) { platform platformVersion } }`,
        { id },
      );
      expect(data.refreshCluster).toEqual({ platform, platformVersion });
    }
    expect(new Set(kinds.clusters.map(({ platform }) => platform)).size).toBe(3);
    await kinds.close();
  });

  it("signs in with a token and its own CA, and says so when the token is refused", async () => {
    const demo = fleet.clusters[1];
    if (!demo) throw new Error("no demo cluster");
    const { name, apiServerUrl, prometheusUrl, token, caCertificate } = demo;
    const refresh = async (id: string) =>
      (
        await graph.ask(
          `mutation ($id: UUID!) { refreshCluster(id: $id) { status { state lastError apiServerHealthy } } }`,
          { id },
        )
      ).data.refreshCluster.status;
    const { id } = await register({
      name,
      apiServerUrl,
      endpoints: { prometheusUrl },
      credentials: { token, caCertificate },
    });
    expect(await refresh(id)).toEqual({ state: "ONLINE", lastError: null, apiServerHealthy: true });

    const update = `mutation ($id: UUID!, $input: UpdateClusterInput!) { updateCluster(id: $id, input: $input) { id } }`;
    await graph.ask(update, { id, input: { credentials: { token: "wrong", caCertificate } } });
    const refused = await refresh(id);
    expect(refused).toMatchObject({ state: "DEGRADED", apiServerHealthy: false });
    expect(refused.lastError).toContain("refused the credentials");

    await graph.ask(update, { id, input: { credentials: { token } } });
    expect((await refresh(id)).lastError).toContain("TLS certificate was not accepted");
  });

  it("finds a cluster by id and by name", async () => {
    const { id } = await register(minimal("find-me"));
    const { data } = await graph.ask(
      `query ($id: UUID!) { byId: cluster(id: $id) { name } byName: cluster(name: "find-me") { id } none: cluster(name: "no-such") { id } }`,
      { id },
    );
    expect(data).toEqual({ byId: { name: "find-me" }, byName: { id }, none: null });
  });

  it("changes what is given, clears what is null, and leaves the rest", async () => {
    const { id } = await register({
      ...minimal("change-me"),
      displayName: "Before",
      region: "eu",
      labels: { team: "a" },
      endpoints: { prometheusUrl: "http://p:9090", lokiUrl: "http://l:3100", lokiTenant: "a", tempoTenant: "b" },
    });
    const { data } = await graph.ask(
      `mutation ($id: UUID!) { updateCluster(id: $id, input: { displayName: "After", region: null, endpoints: { lokiUrl: null, tempoTenant: null } }) {
        displayName region labels environment endpoints { prometheusUrl lokiUrl lokiTenant tempoTenant } } }`,
      { id },
    );
    expect(data.updateCluster).toEqual({
      displayName: "After",
      region: null,
      labels: { team: "a" },
      environment: "DEVELOPMENT",
      endpoints: { prometheusUrl: "http://p:9090", lokiUrl: null, lokiTenant: "a", tempoTenant: null },
    });
  });

  it("refuses a stale write", async () => {
    const { id, updatedAt } = await register(minimal("stale-write"));
    const update = `mutation ($id: UUID!, $at: DateTime) { updateCluster(id: $id, expectedUpdatedAt: $at, input: { displayName: "x" }) { id } }`;
    expect((await graph.ask(update, { id, at: updatedAt })).errors).toBeUndefined();
    const { errors } = await graph.ask(update, { id, at: updatedAt });
    expect(errors?.[0]?.extensions["code"]).toBe("CONFLICT");
  });

  it("deletes softly: the cluster is gone, and its name is free", async () => {
    const { id } = await register(minimal("delete-me"));
    const deleted = await graph.ask(
      `mutation ($id: UUID!) { deleteCluster(id: $id) { name } again: deleteCluster(id: $id) { name } }`,
      { id },
    );
    expect(deleted.errors?.map(({ extensions }) => extensions["code"])).toEqual(["CLUSTER_NOT_FOUND"]);
    expect((await graph.ask(`query ($id: UUID!) { cluster(id: $id) { id } }`, { id })).data.cluster).toBeNull();
    expect((await register(minimal("delete-me"))).id).not.toBe(id);
  });

  it("restores a deleted cluster under its id, unless its name was taken in the meantime", async () => {
    const { id } = await register({ ...minimal("restore-me"), labels: { team: "a" } });
    const remove = `mutation ($id: UUID!) { deleteCluster(id: $id) { id } }`;
    const restore = `mutation ($id: UUID!) { restoreCluster(id: $id) { id name labels status { state } } }`;
    expect((await graph.ask(restore, { id })).errors?.[0]?.extensions["code"]).toBe("CLUSTER_NOT_FOUND");
    await graph.ask(remove, { id });
    const deleted = await graph.ask(`{ deletedClusters(pageSize: 1) { items { id name } } }`);
    expect(deleted.data.deletedClusters.items).toEqual([{ id, name: "restore-me" }]);
    const twin = await register(minimal("restore-me"));
    expect((await graph.ask(restore, { id })).errors?.[0]?.extensions["code"]).toBe("CLUSTER_ALREADY_EXISTS");
    await graph.ask(remove, { id: twin.id });
    expect((await graph.ask(restore, { id })).data.restoreCluster).toEqual({
      id,
      name: "restore-me",
      labels: { team: "a" },
      status: { state: "PROVISIONING" },
    });
  });

  it("purges a deleted cluster with its credentials, and no living one", async () => {
    const { id } = await register({ ...minimal("purge-me"), credentials: { token: "purge-me-token" } });
    const purge = `mutation ($id: UUID!) { purgeCluster(id: $id) }`;
    expect((await graph.ask(purge, { id })).errors?.[0]?.extensions["code"]).toBe("CLUSTER_NOT_FOUND");
    await graph.ask(`mutation ($id: UUID!) { deleteCluster(id: $id) { id } }`, { id });
    expect((await graph.ask(purge, { id })).data.purgeCluster).toBe(id);
    const { prisma } = graph.platform.database;
    expect(await prisma.cluster.count({ where: { id } })).toBe(0);
    expect(await prisma.clusterCredentials.count({ where: { clusterId: id } })).toBe(0);
  });

  it("keeps who did what, with what was before and after", async () => {
    const { id } = await register({ ...minimal("audit-me"), credentials: { token: "audit-me-token" } });
    const update = `mutation ($id: UUID!) { updateCluster(id: $id, input: { region: "eu" }) { id } }`;
    await graph.ask(update, { id }, { headers: { "x-request-id": "audited-1" } });
    await graph.ask(`mutation ($id: UUID!) { deleteCluster(id: $id) { id } }`, { id });
    const { data } = await graph.ask(
      `query ($id: UUID!) { auditLog(filter: { clusterId: $id }) { total items { actor action subject before after requestId } }
        none: auditLog(filter: { clusterId: $id, actor: "nobody" }) { total } }`,
      { id },
    );
    expect(data.none.total).toBe(0);
    expect(data.auditLog).toMatchObject({
      total: 3,
      items: [
        { action: "DELETE_CLUSTER", before: { region: "eu" }, after: null },
        {
          action: "UPDATE_CLUSTER",
          before: { region: null },
          after: { region: "eu", changed: ["region"] },
          requestId: "audited-1",
        },
        {
          action: "REGISTER_CLUSTER",
          actor: "developer",
          subject: "audit-me",
          before: null,
          after: { name: "audit-me" },
        },
      ],
    });
    expect(JSON.stringify(data)).not.toContain("audit-me-token");
  });

  it("lists by filter, order and page, and sums up", async () => {
    const label = { suite: "list" };
    await register({
      ...minimal("list-a"),
      labels: { ...label, tier: "gold" },
      environment: "PRODUCTION",
      region: "eu",
    });
    await register({ ...minimal("list-b"), labels: { ...label, tier: "silver" }, clusterType: "EDGE" });
    await register({ ...minimal("list-c"), labels: label, displayName: "Third GOLD one" });
    const names = async (filter: object, rest = "") =>
      (
        await graph.ask(
          `query ($filter: ClusterFilterInput) { clusters(filter: $filter ${rest}) { total totalPages items { name } } }`,
          { filter },
        )
      ).data.clusters;
    const suite = (more: string) => ({ labelSelector: `suite=list${more}` });
    const only = async (filter: object) => (await names(filter)).items.map(({ name }: { name: string }) => name);
    expect(await only(suite(",tier in (gold,silver)"))).toEqual(["list-a", "list-b"]);
    expect(await only(suite(",tier!=gold"))).toEqual(["list-b", "list-c"]);
    expect(await only(suite(",!tier"))).toEqual(["list-c"]);
    expect(await only({ ...suite(""), nameContains: "gold" })).toEqual(["list-c"]);
    expect(await only({ ...suite(""), environments: ["PRODUCTION"] })).toEqual(["list-a"]);
    expect(await only({ ...suite(""), types: ["EDGE"], states: ["PROVISIONING"] })).toEqual(["list-b"]);
    expect(await names(suite(""), ", page: 2, pageSize: 2, orderBy: { field: NAME, direction: DESC }")).toEqual({
      total: 3,
      totalPages: 2,
      items: [{ name: "list-a" }],
    });
    const { data } = await graph.ask(
      `{ fleetSummary(selector: { labelSelector: "suite=list" }) { total byState { value count } byType { value count } byEnvironment { value count } byRegion { value count } averageHealthScore gpuCount } }`,
    );
    expect(data.fleetSummary).toEqual({
      total: 3,
      byState: [{ value: "PROVISIONING", count: 3 }],
      byType: [
        { value: "SPOKE", count: 2 },
        { value: "EDGE", count: 1 },
      ],
      byEnvironment: [
        { value: "DEVELOPMENT", count: 2 },
        { value: "PRODUCTION", count: 1 },
      ],
      byRegion: [{ value: "eu", count: 1 }],
      averageHealthScore: null,
      gpuCount: 0,
    });
  });

  it("never returns a secret, and stores none in clear", async () => {
    const demo = fleet.clusters[2];
    if (!demo) throw new Error("no demo cluster");
    const secrets = ["marked-prometheus-token", demo.token];
    const { id } = await register({
      ...minimal("secret-keeper"),
      credentials: { kubeconfig: demo.kubeconfig, prometheusToken: secrets[0] },
    });
    const answer = JSON.stringify(
      await graph.ask(
        `query ($id: UUID!) { cluster(id: $id) { name credentials { authType createdAt expiresAt } } eventHistory { items { event { payload } } } }`,
        { id },
      ),
    );
    expect(answer).toContain("KUBECONFIG");
    const rows = await graph.platform.database.executeSql(
      `SELECT c::text AS c, encode(c.kubeconfig_encrypted, 'escape') || encode(c.access_encrypted, 'escape') AS raw FROM cluster_credentials c`,
    );
    const stored = JSON.stringify(rows.rows);
    expect(stored.length).toBeGreaterThan(100);
    for (const secret of secrets) {
      expect(answer).not.toContain(secret);
      expect(stored).not.toContain(secret);
    }
  });

  describe("refuses bad input with a code, naming the field and the rule, and asks nobody", () => {
    const registration = (input: object) => [REGISTER, { input: { ...minimal("bad-input"), ...input } }] as const;
    const metrics = (query: string) => [`{ metrics(query: { ${query} }) { complete } }`, {}] as const;
    const cases: [string, readonly [string, object], string, string][] = [
      ["a name off the pattern", registration({ name: "Bad_Name" }), "INVALID_CLUSTER_NAME", "name"],
      ["a name too short", registration({ name: "ab" }), "INVALID_CLUSTER_NAME", "name"],
      [
        "http where https is required",
        registration({ apiServerUrl: "http://api.example.com" }),
        "INVALID_URL",
        "apiServerUrl",
      ],
      [
        "a URL with a password in it",
        registration({ apiServerUrl: "https://me:secret@api.example.com" }),
        "INVALID_URL",
        "apiServerUrl",
      ],
      ["something that is no URL", registration({ apiServerUrl: "nonsense" }), "BAD_USER_INPUT", "apiServerUrl"],
      ["a bad label", registration({ labels: { "not ok": "x" } }), "BAD_USER_INPUT", "labels"],
      [
        "two kinds of credentials",
        registration({ credentials: { token: "a", kubeconfig: "b" } }),
        "BAD_USER_INPUT",
        "credentials",
      ],
      [
        "a kubeconfig that is none",
        registration({ credentials: { kubeconfig: "{" } }),
        "CREDENTIALS_INVALID",
        "kubeconfig",
      ],
      ["a wrong UUID", [`query ($id: UUID) { cluster(id: $id) { id } }`, { id: "nope" }], "BAD_USER_INPUT", "id"],
      ["neither id nor name", [`{ cluster { id } }`, {}], "BAD_USER_INPUT", "id or name"],
      [
        "an unknown cluster",
        [`mutation { refreshCluster(id: "550e8400-e29b-41d4-a716-446655440000") { id } }`, {}],
        "CLUSTER_NOT_FOUND",
        "550e8400",
      ],
      ["page size 0", [`{ clusters(pageSize: 0) { total } }`, {}], "BAD_USER_INPUT", "pageSize"],
      ["page size 101", [`{ clusters(pageSize: 101) { total } }`, {}], "BAD_USER_INPUT", "pageSize"],
      ["page 0", [`{ clusters(page: 0) { total } }`, {}], "BAD_USER_INPUT", "page"],
      [
        "a bad label selector",
        [`{ clusters(filter: { labelSelector: "a in b" }) { total } }`, {}],
        "INVALID_LABEL_SELECTOR",
        "a in b",
      ],
      ["malformed PromQL", metrics(`query: "sum(rate(x[5m])"`), "INVALID_PROMQL", "query"],
      ["empty PromQL", metrics(`query: " "`), "INVALID_PROMQL", "query"],
      ["step 0", metrics(`query: "up", step: "0s"`), "INVALID_DURATION", "step"],
      ["a step that is no duration", metrics(`query: "up", step: "1 minute"`), "INVALID_DURATION", "step"],
      [
        "end before start",
        metrics(`query: "up", startTime: "2026-01-02T00:00:00Z", endTime: "2026-01-01T00:00:00Z"`),
        "INVALID_TIME_RANGE",
        "endTime",
      ],
      [
        "an instant and a range",
        metrics(`query: "up", time: "2026-01-02T00:00:00Z", endTime: "2026-01-01T00:00:00Z"`),
        "INVALID_TIME_RANGE",
        "time",
      ],
      [
        "too many points",
        metrics(`query: "up", step: "1s", startTime: "2026-01-01T00:00:00Z", endTime: "2026-01-02T00:00:00Z"`),
        "TOO_MANY_POINTS",
        "step",
      ],
      ["timeout 0", metrics(`query: "up", timeout: 0`), "BAD_USER_INPUT", "timeout"],
      ["timeout 301", metrics(`query: "up", timeout: 301`), "BAD_USER_INPUT", "timeout"],
      [
        "metrics of an unknown cluster",
        metrics(`query: "up", clusterIds: ["550e8400-e29b-41d4-a716-446655440000"]`),
        "CLUSTER_NOT_FOUND",
        "550e8400",
      ],
      [
        "a cursor of no stream",
        [`{ eventHistory(after: "yesterday") { endCursor } }`, {}],
        "INVALID_CURSOR",
        "yesterday",
      ],
      ["first 0", [`{ eventHistory(first: 0) { endCursor } }`, {}], "BAD_USER_INPUT", "first"],
    ];
    it.each(cases)("%s", async (_, [query, variables], code, named) => {
      fleet.resetRequests();
      const { data, errors } = await graph.ask(query, variables as Record<string, unknown>);
      expect(data ?? null).toSatisfy(
        (value: unknown) => value === null || Object.values(value as object).every((field) => field === null),
      );
      expect(errors).toHaveLength(1);
      expect(errors?.[0]?.extensions).toMatchObject({
        code,
        traceId: expect.any(String),
        timestamp: expect.any(String),
      });
      expect(JSON.stringify(errors)).toContain(named);
      expect(fleet.requests()).toHaveLength(0);
    });
  });
});
