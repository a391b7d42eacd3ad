import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { Outbox } from "../../../prisma/outbox.ts";
import { clusterRow } from "../../../test/support/clusters.ts";
import { describeDatabases, type TestDatabase } from "../../../test/support/database.ts";
import { type HttpServer, startHttpServer } from "../../../test/support/http-server.ts";
import { loopbackGuard } from "../../../test/support/target-guard.ts";
import { Changes } from "../../shared/fleet/changes.ts";
import { FleetClients } from "../../shared/fleet/clients.ts";
import { SIGNED_OUT } from "../../shared/fleet/sign-in.ts";
import type { BusEvent } from "../../shared/kernel/bus/events.ts";
import { TracePayload } from "../../shared/kernel/bus/payloads.ts";
import { createLogger } from "../../shared/kernel/log.ts";
import { UpstreamHttp } from "../../shared/upstreams/http.ts";
import { ErrorTracesRepository, type TracedCluster } from "./error-traces.repository.ts";
import { ErrorTracesService } from "./error-traces.service.ts";

const NOW = new Date("2026-01-01T12:00:00Z");
const log = createLogger({ level: "silent", name: "test" });

await describeDatabases("ErrorTracesService", (open) => {
  let test: TestDatabase;
  let tempo: HttpServer;
  let http: UpstreamHttp;
  let repository: ErrorTracesRepository;
  let service: ErrorTracesService;
  let cluster: TracedCluster;
  let now: Date;
  let events: BusEvent[];
  /** What Tempo has: ids, newest first. */
  let has: string[];
  let status: number;

  beforeAll(async () => {
    test = await open();
    tempo = await startHttpServer((_, response) => {
      const traces = has.map((traceID, index) => ({
        traceID,
        rootServiceName: "shop",
        rootTraceName: "GET /",
        startTimeUnixNano: String(BigInt(NOW.getTime() - index * 1000) * 1_000_000n),
        durationMs: 7,
      }));
      response.writeHead(status).end(JSON.stringify({ traces, metrics: {} }));
    });
  });
  afterAll(async () => {
    await tempo[Symbol.asyncDispose]();
    await test.dispose();
  });
  beforeEach(async () => {
    const { prisma } = test.database;
    const clock = { now: () => now };
    [now, events, has, status] = [NOW, [], [], 200];
    tempo.requests.length = 0;
    repository = new ErrorTracesRepository(prisma);
    const outbox = new Outbox(prisma, async (_, event) => events.push(event as BusEvent));
    http = new UpstreamHttp(loopbackGuard());
    service = new ErrorTracesService({
      repository,
      clients: new FleetClients(http, { signIn: () => Promise.resolve(SIGNED_OUT) }, loopbackGuard()),
      changes: new Changes({ prisma, outbox, clock, log }),
      clock,
      everyMs: 60_000,
    });
    const { id } = await prisma.cluster.create({ data: clusterRow({ tempoUrl: tempo.url, tenantId: "acme" }) });
    [cluster] = (await repository.clusters([id])) as [TracedCluster];
  });
  afterEach(() => http.close());

  const look = (): Promise<void> => service.look(cluster, new AbortController().signal);
  const told = (): string[] => events.map(({ payload }) => String(payload["trace_id"]).replace(/^0+/, ""));
  const later = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000);
  const asked = (): (string | null)[] => {
    const { searchParams } = new URL(tempo.requests.at(-1)?.path ?? "", tempo.url);
    return ["start", "end", "q"].map((name) => searchParams.get(name));
  };
  const seconds = (date: Date): string => String(date.getTime() / 1000);

  it("tells of each trace with an error once, in the order they began", async () => {
    has = ["b", "a"];
    await look();
    expect(asked()).toEqual([seconds(later(-60)), seconds(NOW), "{ status = error }\nwith (most_recent=true)"]);
    expect(told()).toEqual(["a", "b"]);
    now = later(60);
    has = ["c", "b", "a"];
    await look();
    // It may have begun before the last look, and come late.
    expect(asked().slice(0, 2)).toEqual([seconds(later(-300)), seconds(later(60))]);
    expect(told()).toEqual(["a", "b", "c"]);
    expect(events[0]).toMatchObject({ event_type: "TRACE_RECEIVED", cluster_id: cluster.id, tenant_id: "acme" });
    expect(TracePayload.parse(events[0]?.payload)).toEqual({
      trace_id: "a".padStart(32, "0"),
      service: "shop",
      operation: "GET /",
      duration_ms: 7,
      start_time: "2026-01-01T11:59:59.000Z",
    });
  });

  it("tells of the newest of many, and how many more there were", async () => {
    has = Array.from({ length: 50 }, (_, index) => (0xf00 - index).toString(16));
    await look();
    expect(told()).toHaveLength(20);
    expect(told().at(-1)).toBe("f00");
    expect(events.map(({ payload }) => payload["left_out"]).filter((left) => left !== undefined)).toEqual([30]);
    await look();
    expect(told()).toHaveLength(20);
  });

  it("does not go back further than an hour, however long nobody looked", async () => {
    await look();
    now = later(86_400);
    await look();
    expect(asked()[0]).toBe(seconds(later(86_400 - 3600)));
  });

  it("tells of nothing, and moves nothing, where the cluster fails", async () => {
    await look();
    const before = await repository.cursor(cluster.id);
    now = later(60);
    status = 500;
    await expect(look()).rejects.toMatchObject({ code: "UPSTREAM_ERROR" });
    expect(await repository.cursor(cluster.id)).toEqual(before);
    expect(events).toEqual([]);
  });

  it("leaves the telling to whoever was first, of two that look at once", async () => {
    has = ["a"];
    await Promise.all([look(), look()]);
    expect(told()).toEqual(["a"]);
    has = ["b", "a"];
    now = later(60);
    await Promise.all([look(), look(), look()]);
    expect(told()).toEqual(["a", "b"]);
  });

  it("keeps a bounded number of those told, the newest first", async () => {
    const recentIds = Array.from({ length: 1000 }, (_, index) => String(index));
    await test.database.prisma.traceCursor.create({ data: { clusterId: cluster.id, until: NOW, recentIds } });
    has = ["b", "a"];
    await look();
    const kept = (await repository.cursor(cluster.id))?.recentIds;
    expect(kept?.slice(0, 3)).toEqual(["b".padStart(32, "0"), "a".padStart(32, "0"), "0"]);
    expect(kept).toHaveLength(1000);
  });

  it("looks at living clusters that keep traces", async () => {
    const { prisma } = test.database;
    const create = async (given: Parameters<typeof clusterRow>[0]) =>
      (await prisma.cluster.create({ data: clusterRow(given) })).id;
    const without = await create({});
    const deleted = await create({ tempoUrl: tempo.url, deletedAt: NOW });
    const ids = await repository.tracedIds();
    expect(ids).toContain(cluster.id);
    expect(ids.filter((id) => id === without || id === deleted)).toEqual([]);
    expect(await repository.clusters([deleted])).toEqual([]);
  });
});
