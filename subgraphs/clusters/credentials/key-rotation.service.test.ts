import { randomBytes } from "node:crypto";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { Outbox } from "../../../prisma/outbox.ts";
import { clusterRow, identity } from "../../../test/support/clusters.ts";
import { describeDatabases, type TestDatabase } from "../../../test/support/database.ts";
import { Changes } from "../../shared/fleet/changes.ts";
import { kubeconfigBinding, oidcBinding, sealCredentials } from "../../shared/fleet/credentials.ts";
import { Vault } from "../../shared/fleet/vault.ts";
import { systemClock } from "../../shared/kernel/clock.ts";
import { createLogger } from "../../shared/kernel/log.ts";
import { CredentialsRepository } from "./credentials.repository.ts";
import { KeyRotationService } from "./key-rotation.service.ts";

const key = (id: string) => ({ id, key: randomBytes(32) });
const [NEW, OLD, LOST] = [key("new"), key("old"), key("lost")];
const AT = new Date("2026-01-01T00:00:00Z");
const operation = {
  id: "o",
  requestId: "r",
  startedAt: AT,
  identity: identity(),
  signal: new AbortController().signal,
};

await describeDatabases("KeyRotationService", (open) => {
  let test: TestDatabase;
  const lines: string[] = [];
  const log = createLogger({ level: "warn", name: "test", destination: { write: (line) => void lines.push(line) } });
  beforeAll(async () => {
    test = await open();
  });
  afterEach(async () => {
    lines.length = 0;
    await test.database.prisma.cluster.deleteMany();
    await test.database.prisma.auditEntry.deleteMany();
  });
  afterAll(() => test.dispose());

  const service = (...ring: { id: string; key: Buffer }[]) => {
    const { prisma } = test.database;
    const credentials = new CredentialsRepository(prisma);
    const outbox = new Outbox(prisma, async () => {});
    const changes = new Changes({ prisma, outbox, clock: systemClock, log });
    return new KeyRotationService({ credentials, vault: new Vault(ring), changes, log });
  };
  async function stored(by: { id: string; key: Buffer }, count: number, tenantId = "default"): Promise<string[]> {
    const rows = Array.from({ length: count }, () => clusterRow({ tenantId }));
    await test.database.prisma.cluster.createMany({ data: rows });
    const ids = rows.map(({ id }) => id);
    const vault = new Vault([by]);
    await test.database.prisma.clusterCredentials.createMany({
      data: ids.map((clusterId) => ({
        clusterId,
        createdAt: AT,
        ...sealCredentials(vault, clusterId, {
          authType: "OIDC",
          kubeconfig: `kubeconfig of ${clusterId}`,
          access: { prometheusToken: null, clusterToken: null, caCertificate: null },
          oidc: {
            issuerUrl: "https://issuer.example",
            clientId: "c",
            clientSecret: clusterId,
            scopes: [],
            audience: null,
            caCertificate: null,
          },
          serviceAccountTokenSecretRef: null,
          prometheusTokenSecretRef: null,
        }),
      })),
    });
    return ids.sort();
  }

  it("wraps every record, more than a batch of them, and a second time nothing", async () => {
    await stored(OLD, 130);
    await stored(NEW, 5);
    const rotation = service(NEW, OLD);
    const done = { currentKeyId: "new", total: 135, remaining: 0, failures: [] };
    expect(await rotation.rotate(operation)).toEqual({ ...done, rewrapped: 130 });
    expect(await rotation.rotate(operation)).toEqual({ ...done, rewrapped: 0 });
    const alone = new Vault([NEW]);
    for (const row of await test.database.prisma.clusterCredentials.findMany()) {
      const { clusterId, kubeconfigEncrypted, oidcEncrypted } = row;
      expect(alone.open(kubeconfigEncrypted ?? new Uint8Array(), kubeconfigBinding(clusterId))).toContain(clusterId);
      expect(alone.open(oidcEncrypted ?? new Uint8Array(), oidcBinding(clusterId))).toContain(clusterId);
    }
    const audited = await test.database.prisma.auditEntry.findMany({
      where: { action: "ROTATE_ENCRYPTION_KEYS" },
      orderBy: { at: "asc" },
    });
    const deed = (rewrapped: number) => ({ subject: "key new", after: { keyId: "new", rewrapped }, clusterId: null });
    expect(audited).toMatchObject([deed(130), deed(0)]);
  });

  it("goes on past what it cannot open, names that to its own tenant and to the log, and changes none of it", async () => {
    const [lost = ""] = await stored(LOST, 1);
    const [foreign = ""] = await stored(LOST, 1, "other");
    await stored(OLD, 3, "other");
    const before = await test.database.prisma.clusterCredentials.findUnique({ where: { clusterId: lost } });
    expect(await service(NEW, OLD).rotate(operation)).toEqual({
      currentKeyId: "new",
      total: 5,
      rewrapped: 3,
      remaining: 2,
      failures: [
        {
          clusterId: lost,
          code: "KEY_UNAVAILABLE",
          message: expect.stringContaining(`cluster_credentials/${lost}/kubeconfig cannot be opened`),
        },
      ],
    });
    for (const id of [lost, foreign]) expect(lines.some((line) => line.includes(id))).toBe(true);
    expect(await test.database.prisma.clusterCredentials.findUnique({ where: { clusterId: lost } })).toEqual(before);
  });

  it("does not overwrite credentials that are stored meanwhile", async () => {
    const [clusterId = ""] = await stored(OLD, 1);
    const credentials = new CredentialsRepository(test.database.prisma);
    const [read] = await credentials.foreign("new", "00000000-0000-0000-0000-000000000000", 10);
    if (!read) throw new Error("There is nothing to wrap.");
    await test.database.prisma.clusterCredentials.update({ where: { clusterId }, data: { createdAt: new Date() } });
    expect(await credentials.rewrap(read, { keyId: "new" })).toBe(false);
    expect(await credentials.countForeign("new")).toBe(1);
  });
});
