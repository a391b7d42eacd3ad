import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import type { Cluster as Row } from "../../../prisma/generated/client.ts";
import { type ClusterRow, clusterRow, identity } from "../../../test/support/clusters.ts";
import { describeDatabases, type TestDatabase } from "../../../test/support/database.ts";
import { until } from "../../../test/support/until.ts";
import { CapabilitiesRepository, type Detection } from "./capabilities.repository.ts";
import type { Finding } from "./look.detector.ts";

const NOON = new Date("2026-01-01T12:00:00Z");
const later = (minutes: number): Date => new Date(NOON.getTime() + minutes * 60_000);
const gpuFinding = (counts: Record<string, number>): Finding => ({
  capability: "GPU",
  status: "FOUND",
  source: "nodes",
  detail: null,
  counts,
});
const detection = (given: Partial<Detection> = {}): Detection => ({
  values: { hasPrometheus: true, hasTempo: false, hasLoki: false, hasGpuNodes: true, gpuCount: 2, gpuTypes: ["A"] },
  findings: [gpuFinding({ A: 2 })],
  proposals: [{ kind: "LOKI", url: "http://loki.x.svc:3100", source: "service x/loki", inClusterOnly: true }],
  gpusUnread: false,
  ...given,
});

await describeDatabases("CapabilitiesRepository", (open, kind) => {
  let test: TestDatabase;
  let repository: CapabilitiesRepository;
  beforeAll(async () => {
    test = await open();
    repository = new CapabilitiesRepository(test.database.prisma);
  });
  afterAll(() => test.dispose());
  beforeEach(() => test.database.prisma.cluster.deleteMany());

  const create = (given: Partial<ClusterRow> = {}): Promise<Row> =>
    test.database.prisma.cluster.create({ data: clusterRow(given) });
  const record = (row: Row, at: Date, found = detection()) =>
    test.database.prisma.$transaction((tx) => repository.record(tx, row, at, found));

  it("writes what was detected, and gives the row before and after", async () => {
    const row = await create();
    const written = await record(row, NOON);
    expect(written?.before).toMatchObject({ capabilitiesAt: null, hasGpuNodes: null });
    expect(written?.after).toMatchObject({ capabilitiesAt: NOON, hasGpuNodes: true, gpuCount: 2 });
    expect(await repository.find(row.id)).toMatchObject({
      capabilityFindings: [{ capability: "GPU", counts: { A: 2 } }],
      proposedEndpoints: [{ kind: "LOKI", inClusterOnly: true }],
      updatedAt: row.updatedAt,
    });
  });

  it("lets the second of two detections compare with the first, and no older one in", async () => {
    const { prisma } = test.database;
    const row = await create();
    const [written, commit] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const first = prisma.$transaction(async (tx) => {
      await repository.record(tx, row, later(1), detection());
      written.resolve();
      await commit.promise;
    });
    await written.promise;
    const second = record(row, later(2));
    // The embedded database has one transaction at a time anyway.
    if (kind === "postgresql") {
      await until("the second waits for the first", async () => {
        const waiting = await prisma.$queryRaw<unknown[]>`
          SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
        return waiting.length > 0;
      });
    }
    commit.resolve();
    await first;
    expect((await second)?.before).toMatchObject({ hasGpuNodes: true, capabilitiesAt: later(1) });
    expect(await record(row, later(1))).toBeNull();
    expect((await repository.find(row.id))?.capabilitiesAt).toEqual(later(2));
  });

  it.each<[string, Partial<ClusterRow>]>([
    ["whose API server is another", { apiServerUrl: "https://other.example:6443" }],
    ["whose Prometheus is another", { prometheusUrl: "http://other.example:9090" }],
    ["whose credentials are new", { credentialsAt: NOON }],
    ["that is deleted", { deletedAt: NOON }],
  ])("writes nothing of a cluster %s meanwhile", async (_, change) => {
    const row = await create();
    await test.database.prisma.cluster.update({ where: { id: row.id }, data: change });
    expect(await record(row, NOON)).toBeNull();
    expect((await test.database.prisma.cluster.findUniqueOrThrow({ where: { id: row.id } })).capabilitiesAt).toBeNull();
  });

  it("keeps what nobody could answer this time, with the counts", async () => {
    const row = await create();
    await record(row, NOON);
    const unread: Finding = { capability: "GPU", status: "UNREACHABLE", source: "nodes", detail: "No." };
    const values = { hasPrometheus: true, hasTempo: false, hasLoki: false };
    await record(row, later(10), detection({ values, findings: [unread], proposals: null, gpusUnread: true }));
    expect(await repository.find(row.id)).toMatchObject({
      capabilitiesAt: later(10),
      gpuCount: 2,
      capabilityFindings: [{ status: "UNREACHABLE", counts: { A: 2 } }],
      proposedEndpoints: [{ kind: "LOKI" }],
    });
  });

  it("sums up the fleet that an identity sees, in as many statements whatever its size", async () => {
    const at = { capabilitiesAt: NOON };
    const has = (counts: Record<string, number>) => ({ capabilityFindings: [{ ...gpuFinding(counts) }] });
    await create({
      ...at,
      hasGpuNodes: true,
      gpuCount: 3,
      ...has({ A: 2, B: 1 }),
      cnfTypes: ["UPF", "AMF"],
      hasCnfWorkloads: true,
    });
    await create({
      ...at,
      hasGpuNodes: true,
      gpuCount: 2,
      ...has({ B: 2 }),
      hasThanos: true,
      hasTempo: true,
      hasServiceMesh: true,
    });
    await create({
      ...at,
      hasGpuNodes: false,
      gpuCount: 0,
      cnfTypes: ["UPF"],
      hasCnfWorkloads: true,
      hasThanos: false,
      region: "eu",
    });
    await create({ hasTempo: true, hasLoki: true });
    await create({ ...at, tenantId: "other", hasGpuNodes: true, gpuCount: 9, ...has({ C: 9 }) });
    await create({ ...at, deletedAt: NOON, hasGpuNodes: true, gpuCount: 9, ...has({ C: 9 }) });
    expect(await repository.fleet(identity(), {})).toEqual({
      clusters: 4,
      tallies: {
        gpus: { present: 2, unknown: 1 },
        prometheus: { present: 3, unknown: 1 },
        thanos: { present: 1, unknown: 2 },
        tempo: { present: 1, unknown: 1 },
        loki: { present: 0, unknown: 1 },
        serviceMesh: { present: 1, unknown: 3 },
        cnf: { present: 2, unknown: 2 },
      },
      gpuCount: 5,
      gpusByProduct: [
        { product: "B", count: 3 },
        { product: "A", count: 2 },
      ],
      cnfByType: [
        { value: "UPF", count: 2 },
        { value: "AMF", count: 1 },
      ],
    });
    expect(await repository.fleet(identity(), { regions: ["eu"] })).toMatchObject({
      clusters: 1,
      gpuCount: 0,
      gpusByProduct: [],
      cnfByType: [{ value: "UPF", count: 1 }],
    });
    expect(await repository.fleet(identity({ tenant: "nobody" }), {})).toMatchObject({
      clusters: 0,
      gpuCount: 0,
      tallies: { gpus: { present: 0, unknown: 0 } },
    });
  });
});
