import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clusterRow, identity } from "../../../test/support/clusters.ts";
import { openTestDatabase, type TestDatabase } from "../../../test/support/database.ts";
import { startHttpServer } from "../../../test/support/http-server.ts";
import { loopbackGuard } from "../../../test/support/target-guard.ts";
import { FleetClients } from "../../shared/fleet/clients.ts";
import { FleetDirectory } from "../../shared/fleet/directory.ts";
import { SIGNED_OUT } from "../../shared/fleet/sign-in.ts";
import { UpstreamHttp } from "../../shared/upstreams/http.ts";
import { ClusterQueries } from "./cluster-queries.loader.ts";
import { metricsLoader } from "./metrics.loader.ts";
import { type MetricQuery, MetricsService } from "./metrics.service.ts";

const LIMITS = { seriesPerCluster: 10, series: 10, samples: 10, bytes: 1000 };

/** Which clusters a query asks; what it makes of their answers is shown by the federation tests. */
describe("MetricsService", () => {
  let test: TestDatabase;
  let http: UpstreamHttp;
  const guard = loopbackGuard();
  let prometheus: Awaited<ReturnType<typeof startHttpServer>>;
  const ids: Record<string, string> = {};
  beforeAll(async () => {
    test = await openTestDatabase("embedded");
    http = new UpstreamHttp(guard);
    const body = JSON.stringify({ status: "success", data: { resultType: "vector", result: [] } });
    prometheus = await startHttpServer((_, response) => response.end(body));
    for (const name of ["a", "b", "c"]) {
      const row = clusterRow({ name, prometheusUrl: `${prometheus.url}/${name}`, region: name === "c" ? "us" : "eu" });
      ids[name] = (await test.database.prisma.cluster.create({ data: row })).id;
    }
  });
  afterAll(async () => {
    await http.close();
    await prometheus[Symbol.asyncDispose]();
    await test.dispose();
  });

  const idsOf = (names: string): string[] => [...names].map((name) => ids[name] ?? "");
  const ask = async (...queries: Partial<MetricQuery>[]) => {
    const { prisma } = test.database;
    const clients = new FleetClients(http, { signIn: () => Promise.resolve(SIGNED_OUT) }, guard);
    const operation = {
      id: "o",
      requestId: "r",
      startedAt: new Date(),
      identity: identity(),
      signal: new AbortController().signal,
    };
    const loader = metricsLoader(operation, new ClusterQueries(clients, LIMITS, 0), () => {});
    const service = new MetricsService(operation, new FleetDirectory(prisma), loader);
    prometheus.requests.length = 0;
    return await Promise.all(
      queries.map((query) => service.overFleet({ query: "up", step: "1m", timeout: 10, ...query })),
    );
  };
  const asked = (): string =>
    prometheus.requests
      .map(({ path }) => path.charAt(1))
      .sort()
      .join("");

  it.each<[string, () => Partial<MetricQuery>]>([
    ["abc", () => ({})],
    ["abc", () => ({ clusterIds: [], selector: { ids: [] } })],
    ["b", () => ({ clusterIds: idsOf("b") })],
    ["ac", () => ({ selector: { ids: idsOf("ac") } })],
    ["ab", () => ({ selector: { regions: ["eu"] } })],
    ["a", () => ({ clusterIds: idsOf("ac"), selector: { regions: ["eu"] } })],
    ["b", () => ({ clusterIds: idsOf("ab"), selector: { ids: idsOf("bc") } })],
    ["", () => ({ clusterIds: idsOf("a"), selector: { ids: idsOf("b") } })],
    ["", () => ({ selector: { regions: ["nowhere"] } })],
  ])("asks the clusters %j, and no other", async (expected, query) => {
    const [result] = await ask(query());
    expect(result?.results.map(({ clusterName }) => clusterName).join("")).toBe(expected);
    expect(asked()).toBe(expected);
    expect(result).toMatchObject({
      complete: true,
      clustersQueried: expected.length,
      clustersSucceeded: expected.length,
    });
  });

  it("asks a cluster once for all equal queries of one operation", async () => {
    const time = new Date(1_800_000_000_000);
    await ask({ time }, { time, clusterIds: idsOf("a") }, { time, query: "down", clusterIds: idsOf("a") });
    expect(asked()).toBe("aabc");
  });

  it("refuses a wrong window before it asks anybody", async () => {
    await expect(ask({ step: "0s" })).rejects.toMatchObject({ code: "INVALID_DURATION" });
    expect(asked()).toBe("");
  });
});
