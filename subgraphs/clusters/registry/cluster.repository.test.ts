import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type ClusterRow, clusterRow, identity } from "../../../test/support/clusters.ts";
import { describeDatabases, type TestDatabase } from "../../../test/support/database.ts";
import type { Identity } from "../../shared/kernel/auth-context.ts";
import { type ClusterFilter, ClusterRepository, type Order } from "./cluster.repository.ts";
import { createCluster, type SealedCredentials, storeCredentials, updateCluster } from "./cluster-writes.repository.ts";

const ANN = identity();
const BY_NAME: Order = { field: "NAME", direction: "ASC" };
const FIRST = { page: 1, pageSize: 100 };
const at = (day: number): Date => new Date(Date.UTC(2026, 0, day, 12, 0, 0, 123));
const sealed = (byte: number): SealedCredentials => ({
  authType: "KUBECONFIG",
  kubeconfigEncrypted: Uint8Array.of(byte),
  accessEncrypted: Uint8Array.of(byte),
  oidcEncrypted: null,
  serviceAccountTokenSecretRef: null,
  prometheusTokenSecretRef: null,
  keyId: "k",
  createdAt: at(byte),
  expiresAt: null,
  validatedAt: null,
  warnedOf: null,
});

await describeDatabases("ClusterRepository", (open) => {
  let test: TestDatabase;
  let repository: ClusterRepository;
  beforeAll(async () => {
    test = await open();
    repository = new ClusterRepository(test.database.prisma);
  });
  afterEach(() => test.database.prisma.cluster.deleteMany());
  afterAll(() => test.dispose());

  const write = {
    create: (who: Identity, row: ClusterRow, credentials: SealedCredentials | null) =>
      test.database.prisma.$transaction((tx) => createCluster(tx, who, row, credentials)),
    update: (
      who: Identity,
      id: string,
      expected: Date | null,
      data: Parameters<typeof updateCluster>[4],
      credentials: SealedCredentials | null,
    ) =>
      test.database.prisma.$transaction(async (tx) => {
        const row = await updateCluster(tx, who, id, expected, data);
        if (row && credentials) await storeCredentials(tx, id, credentials);
        return row;
      }),
  };
  const create = (given: Partial<ClusterRow> = {}, who = ANN) =>
    write.create(who, clusterRow({ tenantId: who.tenant, ...given }), null);
  const fleet = async (...rows: Partial<ClusterRow>[]): Promise<void> => {
    await test.database.prisma.cluster.createMany({ data: rows.map((row) => clusterRow(row)) });
  };
  const names = async (filter: ClusterFilter = {}, order: Order = BY_NAME, page = FIRST): Promise<string[]> =>
    (await repository.page(ANN, filter, order, page)).rows.map(({ name }) => name);

  describe("a page", () => {
    it("is one of as many as it takes, and knows the total", async () => {
      await fleet(...["e", "b", "d", "a", "c"].map((name) => ({ name })));
      const pages = await Promise.all(
        [1, 2, 3, 4].map((page) => repository.page(ANN, {}, BY_NAME, { page, pageSize: 2 })),
      );
      expect(pages.map(({ rows }) => rows.map(({ name }) => name))).toEqual([["a", "b"], ["c", "d"], ["e"], []]);
      expect(pages.map(({ total }) => total)).toEqual([5, 5, 5, 5]);
    });

    it.each<[Order["field"], Order["direction"], string[]]>([
      ["NAME", "ASC", ["a", "b", "c", "d"]],
      ["NAME", "DESC", ["d", "c", "b", "a"]],
      ["CREATED_AT", "ASC", ["d", "a", "c", "b"]],
      ["CREATED_AT", "DESC", ["b", "a", "c", "d"]],
      ["UPDATED_AT", "DESC", ["a", "b", "c", "d"]],
      // What has no score is neither the worst nor the best.
      ["HEALTH_SCORE", "ASC", ["c", "b", "a", "d"]],
      ["HEALTH_SCORE", "DESC", ["b", "c", "a", "d"]],
    ])("is in the order of %s %s, equals by name", async (field, direction, expected) => {
      await fleet(
        { name: "a", createdAt: at(2), updatedAt: at(9) },
        { name: "b", createdAt: at(3), updatedAt: at(8), healthScore: 80 },
        { name: "c", createdAt: at(2), updatedAt: at(7), healthScore: 0 },
        { name: "d", createdAt: at(1), updatedAt: at(7) },
      );
      expect(await names({}, { field, direction })).toEqual(expected);
    });

    it.each<[ClusterFilter, string[]]>([
      [{}, ["a-eu", "b-us", "c-lab", "d"]],
      [{ nameContains: "EU" }, ["a-eu"]],
      [{ nameContains: "berlin" }, ["a-eu"]],
      [{ nameContains: "%" }, ["c-lab"]],
      [{ nameContains: "_" }, ["b-us"]],
      [{ nameContains: "\\" }, ["d"]],
      [{ nameContains: "'; --" }, []],
      [{ platforms: ["MICROSHIFT"] }, ["c-lab"]],
      [{ platforms: ["MICROSHIFT", "KUBERNETES"] }, ["b-us", "c-lab"]],
      [{ states: ["OFFLINE", "UNKNOWN"] }, ["b-us"]],
      [{ hasGpuNodes: true }, ["a-eu"]],
      [{ hasGpuNodes: false }, ["b-us"]],
      [{ hasCnfWorkloads: true }, ["c-lab"]],
      [{ hasCnfWorkloads: false }, []],
      [{ environments: ["PRODUCTION"], labelSelector: "team!=core" }, ["b-us"]],
      [{ regions: ["eu"], types: ["HUB"] }, ["a-eu"]],
      [{ nameContains: "", platforms: [], states: [], hasGpuNodes: null, ids: [] }, ["a-eu", "b-us", "c-lab", "d"]],
      [{ ids: [randomUUID()] }, []],
    ])("has what the filter %j selects", async (filter, expected) => {
      await fleet(
        {
          name: "a-eu",
          displayName: "Zürich, Berlin",
          clusterType: "HUB",
          region: "eu",
          environment: "PRODUCTION",
          hasGpuNodes: true,
          labels: { team: "core" },
        },
        {
          name: "b-us",
          displayName: "under_score",
          platform: "KUBERNETES",
          state: "OFFLINE",
          environment: "PRODUCTION",
          hasGpuNodes: false,
        },
        { name: "c-lab", displayName: "100 %", platform: "MICROSHIFT", hasCnfWorkloads: true },
        { name: "d", displayName: "back\\slash" },
        { name: "gone", deletedAt: at(1), region: "eu" },
        { name: "theirs", tenantId: "other", region: "eu" },
      );
      expect(await names(filter)).toEqual(expected);
      expect((await repository.page(ANN, filter, BY_NAME, FIRST)).total).toBe(expected.length);
    });

    it("has only what the identity's scope allows", async () => {
      await fleet({ name: "a", region: "eu" }, { name: "b", region: "us" });
      const scoped = identity({ scope: { regions: ["us"] } });
      expect(await repository.page(scoped, {}, BY_NAME, FIRST)).toMatchObject({ rows: [{ name: "b" }], total: 1 });
    });
  });

  describe("a name", () => {
    const twin = expect.objectContaining({
      code: "CLUSTER_ALREADY_EXISTS",
      message: 'A cluster named "prod" exists already.',
      details: { name: "prod" },
    });

    it("is refused to a second cluster, at registration and by a change, also to the slower of two at once", async () => {
      const results = await Promise.allSettled([
        create({ name: "prod" }),
        create({ name: "prod" }),
        create({ name: "prod" }),
      ]);
      expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected", "rejected"]);
      for (const result of results) if (result.status === "rejected") expect(result.reason).toEqual(twin);
      const other = await create({ name: "stage" });
      await expect(write.update(ANN, other.id, null, { name: "prod" }, null)).rejects.toEqual(twin);
      expect(await repository.byName(ANN, "stage")).toMatchObject({ id: other.id });
    });

    it("is free for another tenant", async () => {
      const bob = identity({ tenant: "other" });
      const [ours, theirs] = [await create({ name: "prod" }), await create({ name: "prod" }, bob)];
      expect(await repository.byName(ANN, "prod")).toMatchObject({ id: ours.id });
      expect(await repository.byName(bob, "prod")).toMatchObject({ id: theirs.id });
    });

    it("is free again once its cluster is deleted, any number of times", async () => {
      for (let i = 0; i < 3; i += 1) {
        const { id } = await create({ name: "prod" });
        await write.update(ANN, id, null, { deletedAt: at(2) }, null);
        expect(await repository.byName(ANN, "prod")).toBeNull();
      }
      await expect(create({ name: "prod" })).resolves.toMatchObject({ name: "prod" });
    });
  });

  describe("a change", () => {
    it("answers the row as it is now", async () => {
      const { id } = await create({ name: "prod", region: "eu", labels: { a: "b" } });
      expect(await write.update(ANN, id, null, { region: null, updatedAt: at(5) }, null)).toMatchObject({
        name: "prod",
        region: null,
        labels: { a: "b" },
        updatedAt: at(5),
      });
    });

    it("is refused to somebody who read an older state", async () => {
      const { id } = await create({ updatedAt: at(1) });
      await write.update(ANN, id, at(1), { region: "first", updatedAt: at(2) }, null);
      await expect(
        write.update(ANN, id, at(1), { region: "second", updatedAt: at(3) }, sealed(1)),
      ).rejects.toMatchObject({
        code: "CONFLICT",
        details: { updatedAt: at(2).toISOString() },
      });
      expect(await repository.byIds(ANN, [id])).toMatchObject([{ region: "first", updatedAt: at(2) }]);
      expect(await repository.credentialsOf([id])).toEqual([null]);
      await expect(write.update(ANN, id, at(2), { region: "second" }, null)).resolves.toMatchObject({
        region: "second",
      });
    });

    it("is made by one of several who read the same state", async () => {
      const { id } = await create({ updatedAt: at(1) });
      const results = await Promise.allSettled(
        [2, 3, 4].map((day) => write.update(ANN, id, at(1), { region: `r${day}`, updatedAt: at(day) }, null)),
      );
      expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected", "rejected"]);
      for (const result of results)
        if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "CONFLICT" });
    });

    it.each<[string, Partial<ClusterRow>, Parameters<typeof identity>[0]]>([
      ["deleted", { deletedAt: at(1) }, {}],
      ["another tenant's", { tenantId: "other" }, {}],
      ["out of the scope", { region: "eu" }, { scope: { regions: ["us"] } }],
    ])("finds nothing where the cluster is %s", async (_, given, who) => {
      const row = clusterRow(given);
      await fleet(row);
      expect(await write.update(identity(who), row.id ?? "", null, { region: "changed" }, sealed(1))).toBeNull();
      expect(await test.database.prisma.cluster.findMany()).toMatchObject([{ region: given.region ?? null }]);
      expect(await repository.credentialsOf([row.id ?? ""])).toEqual([null]);
    });

    it("finds nothing where there is none", async () => {
      expect(await write.update(ANN, randomUUID(), at(1), { region: "x" }, null)).toBeNull();
    });

    it("puts no cluster, new or changed, where its author cannot see it", async () => {
      const scoped = identity({ scope: { regions: ["eu"] } });
      const outside = expect.objectContaining({ code: "FORBIDDEN" });
      await expect(create({ region: "us" }, scoped)).rejects.toEqual(outside);
      const { id } = await create({ region: "eu" }, scoped);
      await expect(write.update(scoped, id, null, { region: "us" }, null)).rejects.toEqual(outside);
      expect(await repository.page(ANN, {}, BY_NAME, FIRST)).toMatchObject({ rows: [{ id, region: "eu" }], total: 1 });
      // Its deletion is no move.
      await expect(write.update(scoped, id, null, { deletedAt: at(1) }, null)).resolves.toMatchObject({ id });
    });
  });

  describe("credentials", () => {
    it("are stored with the cluster, replaced by a change, and told of without any secret", async () => {
      const { id } = await write.create(ANN, clusterRow(), sealed(1));
      expect(await repository.credentialsOf([id])).toEqual([
        { clusterId: id, authType: "KUBECONFIG", createdAt: at(1), expiresAt: null, validatedAt: null },
      ]);
      await write.update(ANN, id, null, {}, { ...sealed(2), expiresAt: at(9) });
      expect(await repository.credentialsOf([randomUUID(), id])).toEqual([
        null,
        { clusterId: id, authType: "KUBECONFIG", createdAt: at(2), expiresAt: at(9), validatedAt: null },
      ]);
      const [stored] = await test.database.prisma.clusterCredentials.findMany();
      expect([...(stored?.kubeconfigEncrypted ?? [])]).toEqual([2]);
    });

    it("are not stored where the cluster is not", async () => {
      await create({ name: "prod" });
      await expect(write.create(ANN, clusterRow({ name: "prod" }), sealed(1))).rejects.toMatchObject({
        code: "CLUSTER_ALREADY_EXISTS",
      });
      expect(await test.database.prisma.clusterCredentials.count()).toBe(0);
    });
  });

  it("answers by ids in the order asked, null for what is not to be seen", async () => {
    const [a, b] = [await create(), await create()];
    const gone = clusterRow({ deletedAt: at(1) });
    await fleet(gone);
    const rows = await repository.byIds(ANN, [b.id, randomUUID(), gone.id ?? "", a.id, b.id]);
    expect(rows.map((row) => row?.id ?? null)).toEqual([b.id, null, null, a.id, b.id]);
  });

  it("sums up by each combination that occurs", async () => {
    await fleet(
      { region: "eu", healthScore: 100, gpuCount: 8 },
      { region: "eu", healthScore: 50, gpuCount: null },
      { region: "eu" },
      { region: null, clusterType: "HUB", state: "ONLINE", hasCnfWorkloads: true },
      { region: "eu", deletedAt: at(1) },
      { region: "eu", tenantId: "other" },
    );
    const rows = await repository.summary(ANN, {});
    const common = { environment: "DEVELOPMENT", platform: "OPENSHIFT", hasGpuNodes: null };
    expect(rows).toHaveLength(2);
    expect(rows).toEqual(
      expect.arrayContaining([
        {
          ...common,
          state: "PROVISIONING",
          clusterType: "SPOKE",
          region: "eu",
          hasCnfWorkloads: null,
          clusters: 3,
          checked: 2,
          scores: 150,
          gpus: 8,
        },
        {
          ...common,
          state: "ONLINE",
          clusterType: "HUB",
          region: null,
          hasCnfWorkloads: true,
          clusters: 1,
          checked: 0,
          scores: 0,
          gpus: 0,
        },
      ]),
    );
    expect(await repository.summary(ANN, { types: ["HUB"] })).toHaveLength(1);
    expect(await repository.summary(identity({ scope: { regions: ["us"] } }), {})).toEqual([]);
  });
});
