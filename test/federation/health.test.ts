import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { DemoFleet, UpstreamName } from "../../demo/fleet.ts";
import { type RealAlertmanager, startAlertmanager } from "../support/alertmanager.ts";
import { enrolledFleet } from "../support/demo.ts";
import { startGraph, type TestGraph } from "../support/graph.ts";
import { type HttpServer, startHttpServer } from "../support/http-server.ts";
import { describeModes } from "../support/modes.ts";
import { missingPrograms } from "../support/prometheus.ts";

const STATUS = `status { state healthScore lastError connectivity apiServerHealthy prometheusHealthy tempoHealthy lokiHealthy alertmanagerHealthy }`;
const HEALTHY = {
  state: "ONLINE",
  healthScore: 100,
  lastError: null,
  connectivity: "CONNECTED",
  apiServerHealthy: true,
  prometheusHealthy: true,
  tempoHealthy: true,
  lokiHealthy: true,
  alertmanagerHealthy: true,
};
const UPSTREAMS: readonly UpstreamName[] = ["kubernetes", "prometheus", "loki", "tempo", "alertmanager"];
const missing = process.env["REQUIRE_SERVICES"] === "1" ? [] : missingPrograms("prometheus-alertmanager");

await describeModes("The clusters' health", (mode) => {
  let graph: TestGraph;
  let fleet: DemoFleet;
  beforeAll(async () => {
    graph = await startGraph({ mode });
    fleet = await enrolledFleet(graph, { clusters: 100 });
  });
  afterAll(async () => {
    await graph[Symbol.asyncDispose]();
    await fleet.close();
  });

  const idOf = async (name: string): Promise<string> =>
    (await graph.ask(`query ($name: String) { cluster(name: $name) { id } }`, { name })).data.cluster.id;
  const refresh = async (id: string) => {
    const { data, errors } = await graph.ask(
      `mutation ($id: UUID!) { refreshCluster(id: $id) { ${STATUS} lastSeenAt } }`,
      {
        id,
      },
    );
    expect(errors).toBeUndefined();
    return data.refreshCluster.status;
  };
  /** From state to state, as the events of the cluster tell. */
  const told = async (id: string) =>
    (
      await graph.ask(
        `query ($id: UUID!) { eventHistory(filter: { clusterIds: [$id], eventTypes: [CLUSTER_STATUS_CHANGED] }, first: 1000) {
          items { event { payload ... on ClusterStatusChanged { oldState newState } } } } }`,
        { id },
      )
    ).data.eventHistory.items.map(({ event }: { event: object }) => event);

  describe("a check of every backend", () => {
    let id: string;
    let name: string;
    const open: HttpServer[] = [];
    /** Answers to come, by backend; ready where there are none. */
    const answers: Record<string, number[]> = {};
    const server = async (backend: string): Promise<string> => {
      answers[backend] = [];
      const started = await startHttpServer((_, response) =>
        response
          .writeHead(answers[backend]?.shift() ?? 200)
          .end("Not ready: ask http://10.0.0.1 with the password hunter2."),
      );
      open.push(started);
      return started.url;
    };
    const refused = Array.from({ length: 4 }, () => 503);

    beforeAll(async () => {
      name = fleet.clusters[0]?.name ?? "";
      id = await idOf(name);
      const endpoints = {
        tempoUrl: await server("tempo"),
        lokiUrl: await server("loki"),
        alertmanagerUrl: await server("alertmanager"),
      };
      const { errors } = await graph.ask(
        `mutation ($id: UUID!, $endpoints: ClusterEndpointsInput) { updateCluster(id: $id, input: { endpoints: $endpoints }) { id } }`,
        { id, endpoints },
      );
      expect(errors).toBeUndefined();
    });
    afterAll(async () => {
      for (const each of open.splice(0)) await each[Symbol.asyncDispose]();
    });
    beforeEach(async () => {
      for (const backend of Object.keys(answers)) answers[backend] = [];
      expect(await refresh(id)).toEqual(HEALTHY);
    });

    it.each([
      ["tempo", 85, "Tempo is not ready (HTTP 503)."],
      ["loki", 85, "Loki is not ready (HTTP 503)."],
      ["alertmanager", 100, "Alertmanager is not ready (HTTP 503)."],
    ])("tells that %s is down, and that it is back", async (backend, healthScore, error) => {
      const before = (await told(id)).length;
      answers[backend] = [...refused];
      const title = `${backend[0]?.toUpperCase()}${backend.slice(1)}`;
      expect(await refresh(id)).toEqual({
        ...HEALTHY,
        state: "DEGRADED",
        healthScore,
        lastError: `${title}: ${error}`,
        [`${backend}Healthy`]: false,
      });
      answers[backend] = [];
      expect(await refresh(id)).toEqual(HEALTHY);
      const events = (await told(id)).slice(before);
      expect(events).toMatchObject([
        {
          oldState: "ONLINE",
          newState: "DEGRADED",
          payload: { health_score: healthScore, last_error: `${title}: ${error}` },
        },
        { oldState: "DEGRADED", newState: "ONLINE", payload: { health_score: 100, last_error: null } },
      ]);
    });

    it.each([
      ["prometheus", { healthScore: 80, prometheusHealthy: false }, "Prometheus: The connection was refused."],
      [
        "kubernetes",
        { healthScore: 50, apiServerHealthy: false, connectivity: "DISCONNECTED" },
        "API server: The connection was refused.",
      ],
    ] as const)("tells that %s is gone, and that it is back", async (upstream, status, lastError) => {
      await fleet.setFault(name, upstream, "refuse");
      expect(await refresh(id)).toEqual({ ...HEALTHY, state: "DEGRADED", ...status, lastError });
      await fleet.setFault(name, upstream, null);
      expect((await refresh(id)).state).toBe("ONLINE");
      // So that the cluster is not taken for one that flaps.
      await graph.platform.database.prisma.cluster.update({ where: { id }, data: { recentReachable: [] } });
    });

    it("is OFFLINE with a score of 0 where nothing answers", async () => {
      await fleet.setFault(name, "prometheus", "refuse");
      await fleet.setFault(name, "kubernetes", "error-503");
      for (const backend of Object.keys(answers)) answers[backend] = [...refused];
      const status = await refresh(id);
      expect(status).toMatchObject({ state: "OFFLINE", healthScore: 0, connectivity: "CONNECTED" });
      expect(status.lastError).toMatch(/^API server: .+ Prometheus: .+ Tempo: .+ Loki: .+ Alertmanager: .+$/);
      expect(status.lastError).not.toMatch(/hunter2|10\.0\.0\.1|127\.0\.0\.1/);
      await fleet.setFault(name, "prometheus", null);
      await fleet.setFault(name, "kubernetes", null);
    });

    it("does not believe one failure: the state and the stream stay as they are", async () => {
      const before = (await told(id)).length;
      for (const backend of Object.keys(answers)) answers[backend] = [503];
      expect(await refresh(id)).toEqual(HEALTHY);
      expect(await told(id)).toHaveLength(before);
    });
  });

  it.skipIf(missing.length > 0)(
    `knows a real Alertmanager, and that it is stopped${missing.length > 0 ? ` (skipped: no ${missing.join(", ")})` : ""}`,
    async () => {
      const real: RealAlertmanager = await startAlertmanager();
      try {
        const id = await idOf(fleet.clusters[1]?.name ?? "");
        const update = `mutation ($id: UUID!, $url: URL) { updateCluster(id: $id, input: { endpoints: { alertmanagerUrl: $url } }) { id } }`;
        await graph.ask(update, { id, url: real.url });
        const { state, alertmanagerHealthy, tempoHealthy } = await refresh(id);
        expect([state, alertmanagerHealthy, tempoHealthy]).toEqual(["ONLINE", true, true]);
        await real.stop();
        expect(await refresh(id)).toMatchObject({
          state: "DEGRADED",
          healthScore: 100,
          alertmanagerHealthy: false,
          lastError: "Alertmanager: The connection was refused.",
        });
      } finally {
        await real[Symbol.asyncDispose]();
      }
    },
  );

  describe("an API server that comes and goes", () => {
    const name = () => fleet.clusters[2]?.name ?? "";
    afterEach(() => fleet.setFault(name(), "kubernetes", null));

    it("is INTERMITTENT, until it has been steady for ten checks", async () => {
      const id = await idOf(name());
      const seen: string[] = [];
      for (const fault of [null, "reset", null, "reset", null] as const) {
        await fleet.setFault(name(), "kubernetes", fault);
        seen.push((await refresh(id)).connectivity);
      }
      expect(seen).toEqual(["CONNECTED", "DISCONNECTED", "CONNECTED", "INTERMITTENT", "INTERMITTENT"]);
      for (let check = 0; check < 10; check += 1) seen.push((await refresh(id)).connectivity);
      expect(seen.at(-1)).toBe("CONNECTED");
    });
  });

  describe("what cannot be asked", () => {
    it("is UNKNOWN where no credentials are stored", async () => {
      const { data } = await graph.ask(
        `mutation { registerCluster(input: { name: "no-credentials", apiServerUrl: "https://a.example.com" }) { id } }`,
      );
      expect(await refresh(data.registerCluster.id)).toMatchObject({
        state: "UNKNOWN",
        healthScore: null,
        connectivity: null,
        apiServerHealthy: null,
        lastError: "API server: No credentials are stored for the API server.",
      });
      expect(await told(data.registerCluster.id)).toMatchObject([{ oldState: "PROVISIONING", newState: "UNKNOWN" }]);
    });

    it("is UNKNOWN where the credentials cannot be opened, names the record, and is known again with them", async () => {
      const id = await idOf(fleet.clusters[3]?.name ?? "");
      expect((await refresh(id)).state).toBe("ONLINE");
      const { clusterCredentials, cluster } = graph.platform.database.prisma;
      const sealed = await clusterCredentials.findUniqueOrThrow({ where: { clusterId: id } });
      const other = await clusterCredentials.findUniqueOrThrow({
        where: { clusterId: await idOf(fleet.clusters[4]?.name ?? "") },
      });
      const store = async ({ kubeconfigEncrypted, accessEncrypted }: typeof sealed) => {
        await clusterCredentials.update({ where: { clusterId: id }, data: { kubeconfigEncrypted, accessEncrypted } });
        await cluster.update({ where: { id }, data: { credentialsAt: new Date() } });
      };
      await store(other);
      const status = await refresh(id);
      expect(status).toMatchObject({
        state: "UNKNOWN",
        healthScore: null,
        apiServerHealthy: null,
        prometheusHealthy: null,
      });
      expect(status.lastError).toContain(`cluster_credentials/${id}/`);
      await store(sealed);
      expect((await refresh(id)).state).toBe("ONLINE");
      expect((await told(id)).map(({ newState }: { newState: string }) => newState)).toEqual([
        "ONLINE",
        "UNKNOWN",
        "ONLINE",
      ]);
    });
  });

  describe("history", () => {
    const HISTORY = `healthHistory(range: $range, step: $step) {
      at checks state healthScore availability prometheusAvailability tempoAvailability lokiAvailability alertmanagerAvailability }`;
    const end = new Date("2026-03-29T12:00:00Z");
    const at = (minutes: number): Date => new Date(end.getTime() + minutes * 60_000);

    it("is a series on the step's grid", async () => {
      const clusterId = await idOf(fleet.clusters[5]?.name ?? "");
      const good = { state: "ONLINE", healthScore: 100, apiServerHealthy: true, prometheusHealthy: true } as const;
      const bad = { state: "DEGRADED", healthScore: 80, apiServerHealthy: true, prometheusHealthy: false } as const;
      await graph.platform.database.prisma.healthSample.createMany({
        data: [
          { clusterId, at: at(-20), ...good },
          { clusterId, at: at(-9.5), ...good },
          { clusterId, at: at(-9), ...bad },
          { clusterId, at: at(-1), ...bad },
        ],
      });
      const { data, errors } = await graph.ask(
        `query ($id: UUID, $range: TimeRangeInput, $step: Duration!) { cluster(id: $id) { ${HISTORY} } }`,
        { id: clusterId, range: { end, duration: "15m" }, step: "5m" },
      );
      expect(errors).toBeUndefined();
      const none = { tempoAvailability: null, lokiAvailability: null, alertmanagerAvailability: null };
      expect(data.cluster.healthHistory).toEqual([
        {
          at: "2026-03-29T11:50:00.000Z",
          checks: 2,
          state: "DEGRADED",
          healthScore: 90,
          availability: 1,
          prometheusAvailability: 0.5,
          ...none,
        },
        {
          at: "2026-03-29T11:55:00.000Z",
          checks: 1,
          state: "DEGRADED",
          healthScore: 80,
          availability: 1,
          prometheusAvailability: 0,
          ...none,
        },
      ]);
    });

    it("has what the checks found, each as it was", async () => {
      const name = fleet.clusters[6]?.name ?? "";
      const id = await idOf(name);
      await refresh(id);
      await fleet.setFault(name, "prometheus", "refuse");
      await refresh(id);
      await fleet.setFault(name, "prometheus", null);
      const { data } = await graph.ask(
        `query ($id: UUID) { cluster(id: $id) { healthHistory(step: "1d", range: { duration: "1d" }) { checks state healthScore } } }`,
        { id },
      );
      const samples: { checks: number; state: string }[] = data.cluster.healthHistory;
      expect(samples.reduce((sum, { checks }) => sum + checks, 0)).toBe(2);
      expect(samples.at(-1)).toMatchObject({ state: "DEGRADED" });
    });

    it("costs a page of 100 clusters one hop and one statement", async () => {
      graph.resetHops();
      let statements = 0;
      const { pool } = graph.platform.database;
      const query = pool.query.bind(pool);
      pool.query = ((...given: Parameters<typeof query>) => {
        if (JSON.stringify(given[0]).includes("health_samples")) statements += 1;
        return query(...given);
      }) as typeof pool.query;
      try {
        const { data, errors } = await graph.ask(
          `{ clusters(pageSize: 100) { items { ${STATUS} healthHistory { at state } } } }`,
        );
        expect(errors).toBeUndefined();
        expect(data.clusters.items).toHaveLength(100);
        expect(data.clusters.items.some(({ healthHistory }: { healthHistory: [] }) => healthHistory.length > 0)).toBe(
          true,
        );
      } finally {
        pool.query = query;
      }
      expect(statements).toBe(1);
      expect(graph.hops()).toEqual(["clusters"]);
    });

    it.each([
      [`range: { duration: "7d" }, step: "30s"`, "TOO_MANY_POINTS", "55s"],
      [`range: { duration: "1 hour" }`, "INVALID_DURATION", "duration"],
      [`step: "0s"`, "INVALID_DURATION", "step"],
      [`range: { start: "2026-01-02T00:00:00Z", end: "2026-01-01T00:00:00Z" }`, "INVALID_TIME_RANGE", "end"],
      [
        `range: { start: "2026-01-01T00:00:00Z", end: "2026-01-02T00:00:00Z", duration: "1h" }`,
        "INVALID_TIME_RANGE",
        "duration",
      ],
    ])("refuses %s", async (given, code, word) => {
      const { errors } = await graph.ask(`{ clusters(pageSize: 1) { items { healthHistory(${given}) { at } } } }`);
      expect(errors?.[0]).toMatchObject({ extensions: { code }, message: expect.stringContaining(word) });
    });

    it("refuses a page that would be too much together", async () => {
      const { errors } = await graph.ask(
        `{ clusters(pageSize: 100) { items { healthHistory(range: { duration: "1d" }) { at } } } }`,
      );
      expect(errors?.[0]).toMatchObject({
        extensions: { code: "TOO_MANY_POINTS" },
        message: expect.stringContaining("79s"),
      });
    });
  });

  describe("of the fleet", () => {
    const ask = async (args: string) =>
      (
        await graph.ask(`{ fleetHealth(${args}) { total averageHealthScore byState { value count } staleCount
          worst { state healthScore lastError since lastCheckedAt stale cluster { name ${STATUS} } } stale { cluster { name } } } }`)
      ).data.fleetHealth;

    it("names the worst first, and since when they are so", async () => {
      const names = fleet.clusters.slice(10, 13).map(({ name }) => name);
      const ids = await Promise.all(names.map(idOf));
      const selector = `selector: { ids: ${JSON.stringify(ids)} }`;
      const [off, degraded] = names as [string, string];
      for (const id of ids) await refresh(id);
      expect(await ask(selector)).toMatchObject({
        total: 3,
        averageHealthScore: 100,
        byState: [{ value: "ONLINE", count: 3 }],
        worst: [],
        staleCount: 0,
        stale: [],
      });
      for (const upstream of UPSTREAMS) await fleet.setFault(off, upstream, "refuse");
      await fleet.setFault(degraded, "prometheus", "refuse");
      const began = Date.now();
      for (const id of [...ids, ...ids]) await refresh(id);
      const health = await ask(selector);
      expect(health).toMatchObject({
        averageHealthScore: 60,
        byState: [
          { value: "OFFLINE", count: 1 },
          { value: "DEGRADED", count: 1 },
          { value: "ONLINE", count: 1 },
        ],
        worst: [
          {
            state: "OFFLINE",
            healthScore: 0,
            lastError: expect.stringContaining("refused"),
            stale: false,
            cluster: { name: off, status: { state: "OFFLINE" } },
          },
          { state: "DEGRADED", healthScore: 80, cluster: { name: degraded } },
        ],
      });
      for (const { since, lastCheckedAt } of health.worst) {
        expect(Date.parse(since)).toBeGreaterThanOrEqual(began);
        expect(Date.parse(lastCheckedAt)).toBeGreaterThan(Date.parse(since));
      }
      expect((await ask(`${selector}, first: 1`)).worst).toHaveLength(1);
      for (const upstream of UPSTREAMS) await fleet.setFault(off, upstream, null);
      await fleet.setFault(degraded, "prometheus", null);
    });

    it("names what was not checked for more than twice its schedule", async () => {
      const name = fleet.clusters[14]?.name ?? "";
      const id = await idOf(name);
      const selector = `selector: { ids: ["${id}"] }`;
      await graph.platform.database.prisma.cluster.update({ where: { id }, data: { createdAt: new Date(0) } });
      expect(await ask(selector)).toMatchObject({
        staleCount: 1,
        stale: [{ cluster: { name } }],
        averageHealthScore: null,
      });
      await refresh(id);
      expect(await ask(selector)).toMatchObject({ staleCount: 0, stale: [] });
    });

    it("has no more of it than is asked for", async () => {
      const { errors } = await graph.ask(`{ fleetHealth(first: 101) { total } }`);
      expect(errors?.[0]).toMatchObject({
        extensions: { code: "BAD_USER_INPUT" },
        message: expect.stringContaining("first"),
      });
    });
  });
});
