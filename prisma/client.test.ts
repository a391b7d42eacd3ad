import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { describeDatabases, type TestDatabase } from "../test/support/database.ts";
import { DatabaseUnreachableError, openDatabase } from "./client.ts";
import type { Prisma } from "./generated/client.ts";

const NOW = new Date("2026-01-02T03:04:05.678Z");

let lastId = 0;

function cluster(fields: Partial<Prisma.ClusterCreateInput> = {}): Prisma.ClusterCreateInput {
  lastId += 1;
  return {
    id: `00000000-0000-7000-8000-${String(lastId).padStart(12, "0")}`,
    tenantId: "default",
    name: `cluster-${lastId}`,
    apiServerUrl: "https://api.example.com:6443",
    nextCheckAt: NOW,
    createdAt: NOW,
    updatedAt: NOW,
    ...fields,
  };
}

await describeDatabases("openDatabase", (open) => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await open();
  });
  beforeEach(() => test.database.prisma.cluster.deleteMany());
  afterAll(() => test.dispose());

  it("stores a cluster with its credentials and gives back what was stored", async () => {
    const { prisma } = test.database;
    const sealed = new Uint8Array([0, 1, 127, 128, 255]);
    const input = cluster({
      labels: { region: "eu", rank: 3 },
      cnfTypes: ["VDU", "UPF"],
      gpuTypes: ["H200", 'a "b", c'],
    });
    await prisma.cluster.create({
      data: {
        ...input,
        credentials: { create: { authType: "KUBECONFIG", kubeconfigEncrypted: sealed, createdAt: NOW } },
      },
    });

    const stored = await prisma.cluster.findUniqueOrThrow({ where: { id: input.id }, include: { credentials: true } });
    expect(stored).toMatchObject({
      ...input,
      clusterType: "SPOKE",
      state: "PROVISIONING",
      labelPairs: [],
      capabilitiesAt: null,
      credentials: { clusterId: input.id, authType: "KUBECONFIG", createdAt: NOW, expiresAt: null },
    });
    expect(Uint8Array.from(stored.credentials?.kubeconfigEncrypted ?? [])).toEqual(sealed);
  });

  it("deletes the credentials with their cluster", async () => {
    const { prisma } = test.database;
    const { id } = await prisma.cluster.create({
      data: cluster({ credentials: { create: { authType: "OIDC", createdAt: NOW } } }),
    });
    expect(await prisma.clusterCredentials.count({ where: { clusterId: id } })).toBe(1);
    await prisma.cluster.delete({ where: { id } });
    expect(await prisma.clusterCredentials.count({ where: { clusterId: id } })).toBe(0);
  });

  it("finds clusters by label pairs", async () => {
    const { prisma } = test.database;
    for (const [name, labelPairs] of Object.entries({
      one: ["env", "env=prod", "tier", "tier=edge"],
      two: ["env", "env=dev"],
      three: [],
    })) {
      await prisma.cluster.create({ data: cluster({ name, labelPairs }) });
    }
    const names = async (where: Prisma.ClusterWhereInput): Promise<string[]> =>
      (await prisma.cluster.findMany({ where, orderBy: { id: "asc" } })).map(({ name }) => name);

    expect(await names({ labelPairs: { has: "env=prod" } })).toEqual(["one"]);
    expect(await names({ labelPairs: { hasSome: ["env=dev", "tier"] } })).toEqual(["one", "two"]);
    expect(await names({ labelPairs: { hasEvery: ["env", "tier=edge"] } })).toEqual(["one"]);
    expect(await names({ NOT: { labelPairs: { has: "env" } } })).toEqual(["three"]);
  });

  it("refuses two living clusters of one name in a tenant, and frees the name of a deleted one", async () => {
    const { prisma } = test.database;
    const { id } = await prisma.cluster.create({ data: cluster({ name: "hub" }) });
    await expect(prisma.cluster.create({ data: cluster({ name: "hub" }) })).rejects.toMatchObject({ code: "P2002" });
    await prisma.cluster.create({ data: cluster({ name: "hub", tenantId: "other" }) });

    await prisma.cluster.update({ where: { id }, data: { deletedAt: NOW } });
    const next = await prisma.cluster.create({ data: cluster({ name: "hub" }) });
    await prisma.cluster.update({ where: { id: next.id }, data: { deletedAt: NOW } });
    expect(await prisma.cluster.count({ where: { name: "hub", tenantId: "default" } })).toBe(2);
  });

  it("rolls an interactive transaction back as a whole, and goes on", async () => {
    const { prisma } = test.database;
    const attempt = prisma.$transaction(async (transaction) => {
      await transaction.cluster.create({ data: cluster({ name: "never" }) });
      expect(await transaction.cluster.count()).toBe(1);
      throw new Error("changed my mind");
    });
    await expect(attempt).rejects.toThrow("changed my mind");
    expect(await prisma.cluster.count()).toBe(0);
  });

  it("answers each statement with its own rows, also after one that failed within a transaction", async () => {
    const { prisma, pool } = test.database;
    await prisma.cluster.createMany({ data: [cluster({ name: "one" }), cluster({ name: "two" })] });
    const names = async () => (await prisma.cluster.findMany({ orderBy: { name: "asc" } })).map(({ name }) => name);
    for (let turn = 0; turn < 3; turn += 1) {
      const clash = prisma.$transaction((tx) =>
        tx.cluster.updateMany({ where: { name: "two" }, data: { name: "one" } }),
      );
      await expect(clash).rejects.toMatchObject({ code: "P2002" });
      expect(await names()).toEqual(["one", "two"]);
      await expect(prisma.$transaction((tx) => tx.$queryRaw`SELECT nonsense FROM clusters`)).rejects.toThrow();
      expect((await pool.query("SELECT 42 AS answer")).rows).toEqual([{ answer: 42 }]);
    }
  });

  it("keeps concurrent transactions apart", async () => {
    const { prisma } = test.database;
    const { id } = await prisma.cluster.create({ data: cluster({ gpuCount: 0 }) });
    await Promise.all(
      Array.from({ length: 8 }, () =>
        prisma.$transaction(async (transaction) => {
          await transaction.$queryRaw`SELECT id FROM clusters FOR UPDATE`;
          const { gpuCount } = await transaction.cluster.findUniqueOrThrow({ where: { id } });
          await transaction.cluster.update({ where: { id }, data: { gpuCount: (gpuCount ?? 0) + 1 } });
        }),
      ),
    );
    expect(await prisma.cluster.findUnique({ where: { id }, select: { gpuCount: true } })).toEqual({ gpuCount: 8 });
  });

  it("runs foreign SQL: values, one statement, several statements", async () => {
    const { database } = test;
    expect(await database.executeSql("SELECT $1::int + 1 AS sum", [41])).toEqual({ rows: [{ sum: 42 }] });
    expect(await database.executeSql("SELECT 1 AS a WHERE false")).toEqual({ rows: [] });
    expect(await database.executeSql("SELECT 1 AS a; SET TIME ZONE 'UTC'; SELECT 2 AS b; SELECT 3 AS c")).toEqual({
      rows: [{ a: 1 }, { b: 2 }, { c: 3 }],
    });
    await expect(database.executeSql("SELECT * FROM nowhere")).rejects.toMatchObject({ code: "42P01" });
  });

  it("gets over a connection that breaks within a transaction", async () => {
    const { pool, prisma } = test.database;
    const client = await pool.connect();
    await client.query("BEGIN");
    await client.query("CREATE TABLE half_done (a int)");
    client.release(true);
    await test.database.ping();
    await expect(pool.query("SELECT * FROM half_done")).rejects.toMatchObject({ code: "42P01" });
    await prisma.cluster.create({ data: cluster() });
  });

  it("keeps its data over close and open", async () => {
    await using other = await open();
    const { id } = await other.database.prisma.cluster.create({ data: cluster({ name: "kept" }) });
    await other.database.close();

    const again = await openDatabase(other.options);
    try {
      expect(await again.prisma.cluster.findUnique({ where: { id } })).toMatchObject({ name: "kept", createdAt: NOW });
    } finally {
      await again.close();
    }
    await expect(again.ping()).rejects.toThrow();
  });
});

it("names the server that does not answer, without the password", async () => {
  const attempt = openDatabase({ url: "postgresql://me:secret@127.0.0.1:1/db", dataDir: "/nowhere" });
  await expect(attempt).rejects.toThrow(DatabaseUnreachableError);
  await expect(attempt).rejects.toThrow(/127\.0\.0\.1:1\/db \(DATABASE_URL\): .*ECONNREFUSED/);
  await expect(attempt).rejects.not.toThrow("secret");
});
