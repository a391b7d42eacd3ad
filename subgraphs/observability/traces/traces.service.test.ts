import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { clusterRow, identity } from "../../../test/support/clusters.ts";
import { openTestDatabase, type TestDatabase } from "../../../test/support/database.ts";
import { type HttpServer, startHttpServer } from "../../../test/support/http-server.ts";
import { loopbackGuard } from "../../../test/support/target-guard.ts";
import { FleetClients } from "../../shared/fleet/clients.ts";
import { FleetDirectory, type Target } from "../../shared/fleet/directory.ts";
import { SIGNED_OUT } from "../../shared/fleet/sign-in.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import { UpstreamHttp } from "../../shared/upstreams/http.ts";
import { traceReference } from "./trace.type.ts";
import { TraceLookupService } from "./trace-lookup.service.ts";
import { traceRace } from "./trace-race.loader.ts";
import type { TracesContext } from "./traces.context.ts";
import { traceLoaders } from "./traces.loader.ts";
import { TracesService } from "./traces.service.ts";

const WEEK = 7 * 86_400_000;
const ID = "a".repeat(32);

/** Whom the services ask, for what, and how often; what they make of real answers is shown by the federation tests. */
describe("A cluster's Tempo", () => {
  let test: TestDatabase;
  let http: UpstreamHttp;
  let tempo: HttpServer;
  let directory: FleetDirectory;
  const guard = loopbackGuard();
  const targets: Target[] = [];
  /** By cluster and start of the window: how many traces are in it. */
  let found: (cluster: string, start: number) => number;
  let status: number;

  beforeAll(async () => {
    test = await openTestDatabase("embedded");
    http = new UpstreamHttp(guard);
    tempo = await startHttpServer(({ path }, response) => {
      const { pathname, searchParams } = new URL(path, "http://tempo");
      const [, cluster = "", ...rest] = pathname.split("/");
      const start = Number(searchParams.get("start"));
      const failing = searchParams.get("q")?.includes("error") ?? false;
      const traces = Array.from({ length: found(cluster, start) }, (_, index) => ({
        traceID: `${failing ? "e" : "f"}${index}`,
        startTimeUnixNano: `${start + index}000000000`,
        durationMs: index,
      }));
      response.writeHead(status).end(JSON.stringify(rest.includes("search") ? { traces, metrics: {} } : { trace: {} }));
    });
    const { prisma } = test.database;
    for (const name of ["a", "b"])
      await prisma.cluster.create({ data: clusterRow({ name, tempoUrl: `${tempo.url}/${name}` }) });
    await prisma.cluster.create({ data: clusterRow({ name: "without" }) });
    directory = new FleetDirectory(prisma);
    targets.push(...(await directory.select(identity(), {})));
  });
  afterAll(async () => {
    await http.close();
    await tempo[Symbol.asyncDispose]();
    await test.dispose();
  });
  beforeEach(() => {
    [found, status] = [() => 0, 200];
    tempo.requests.length = 0;
  });

  function services() {
    const operation: Operation = {
      id: "o",
      requestId: "r",
      startedAt: new Date("2026-03-01T00:00:00Z"),
      identity: identity(),
      signal: new AbortController().signal,
    };
    const clients = new FleetClients(http, { signIn: () => Promise.resolve(SIGNED_OUT) }, guard);
    const loaders = traceLoaders(operation, clients, () => {});
    const race = traceRace(operation, clients, () => {});
    return {
      traces: new TracesService(operation, directory, loaders, race),
      traceLookup: new TraceLookupService(operation, directory, race),
    };
  }
  const query = { limit: 5, timeout: 10 };
  const weeks = (count: number) => {
    const endTime = new Date("2026-03-01T00:00:00Z");
    return { startTime: new Date(endTime.getTime() - count * WEEK), endTime };
  };
  const asked = (): string[] =>
    tempo.requests.map(({ path }) => {
      const { pathname, searchParams } = new URL(path, "http://tempo");
      const days = (Number(searchParams.get("end")) - Number(searchParams.get("start"))) / 86_400;
      return `${pathname.slice(1).replace("/api/", " ")} ${days}`;
    });

  it("is asked for a week after the other, and for none older than is asked for", async () => {
    const newest = Date.parse("2026-03-01T00:00:00Z") / 1000 - 7 * 86_400;
    found = (cluster, start) => (cluster === "a" && start === newest ? 5 : 1);
    const result = await services().traces.overFleet({ ...query, ...weeks(2.5) });
    expect(asked().sort()).toEqual(["a search 7", "b search 3.5", "b search 7", "b search 7"]);
    expect(result).toMatchObject({ truncated: true, complete: false });
    expect(result.traces.map(({ traceId }) => traceId.replace(/^0+/, ""))).toEqual(["f4", "f3", "f2", "f1", "f0"]);
    expect(result.traces.at(-1)?.clusters).toHaveLength(2);
  });

  it("is asked once for all equal queries of one operation", async () => {
    const { traces } = services();
    const [a] = targets;
    await Promise.all([
      traces.overFleet(query),
      traces.overFleet({ ...query, serviceName: null }),
      a && traces.ofCluster(a, query),
    ]);
    expect(asked()).toHaveLength(2);
    await traces.overFleet({ ...query, serviceName: "x" });
    expect(asked()).toHaveLength(4);
  });

  it("is not asked again by a query on its own field that names clusters", async () => {
    const [a] = targets as [Target];
    await expect(services().traces.ofCluster(a, { ...query, clusterIds: [a.id] })).rejects.toMatchObject({
      code: "BAD_USER_INPUT",
    });
    expect(asked()).toEqual([]);
  });

  it("is asked for a subject's worst traces: those with an error, then the slowest", async () => {
    found = () => 3;
    const [a, , without] = targets as [Target, Target, Target];
    const { traces } = services();
    const time = weeks(0.1);
    const around = (target: Target, limit: number) =>
      traces.around(target, { service: "shop", pod: "shop-0" }, { start: time.startTime, end: time.endTime }, limit);
    const worst = (await around(a, 4)) ?? [];
    expect(worst.map(({ traceId }) => traceId.replace(/^0+/, ""))).toEqual(["e2", "e1", "e0", "f2"]);
    await around(a, 2);
    expect(asked()).toHaveLength(2);
    expect(await around(without, 4)).toBeNull();
    expect(await traces.around(a, {}, { start: time.startTime, end: time.endTime }, 4)).toEqual([]);
    status = 500;
    await expect(
      services().traces.around(a, { pod: "x" }, { start: time.startTime, end: time.endTime }, 4),
    ).rejects.toMatchObject({
      code: "UPSTREAM_ERROR",
    });
  });

  it("is asked once for a trace, however often that is looked up", async () => {
    const { traceLookup } = services();
    const lookup = { traceId: ID, mode: "MERGE" as const, timeout: 5 };
    const [first] = await Promise.all([
      traceLookup.find(lookup),
      traceLookup.find({ ...lookup, traceId: ID.toUpperCase() }),
    ]);
    expect(first).toMatchObject({ status: "NOT_FOUND", trace: null });
    expect(asked()).toHaveLength(2);
    await traceLookup.find({ ...lookup, around: new Date("2026-02-01T12:00:00Z") });
    expect(tempo.requests.at(-1)?.path).toContain("start=1769943600&end=1769950801");
  });

  it("makes a reference to a trace null where there is none, and an error where nobody can tell", async () => {
    const context = (): TracesContext => ({ ...services() }) as unknown as TracesContext;
    expect(await traceReference({ traceId: ID }, context())).toBeNull();
    status = 500;
    await expect(traceReference({ traceId: ID }, context())).rejects.toMatchObject({ code: "INCOMPLETE" });
  });
});
