import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { Outbox } from "../../../prisma/outbox.ts";
import { type ClusterRow, clusterRow } from "../../../test/support/clusters.ts";
import { describeDatabases, type TestDatabase } from "../../../test/support/database.ts";
import { Changes } from "../../shared/fleet/changes.ts";
import type { SecretReferences } from "../../shared/fleet/secret-references.ts";
import { createLogger } from "../../shared/kernel/log.ts";
import { CredentialsRepository } from "./credentials.repository.ts";
import { warnOfExpiry } from "./expiry.job.ts";

const NOW = new Date("2026-03-01T00:00:00Z");
const DAY_MS = 86_400_000;
const inDays = (days: number): Date => new Date(NOW.getTime() + days * DAY_MS);
const log = createLogger({ level: "silent", name: "test" });
const signal = () => new AbortController().signal;

await describeDatabases("warnOfExpiry", (open) => {
  let test: TestDatabase;
  let published: { event_type: string; tenant_id: string; cluster_id: string | null; payload: unknown }[];
  let now: Date;
  /** When the token that a Secret holds now ends. */
  let secretEnds: Record<string, number>;

  beforeAll(async () => {
    test = await open();
  });
  beforeEach(() => {
    published = [];
    secretEnds = {};
    now = NOW;
  });
  afterEach(async () => {
    await test.database.prisma.cluster.deleteMany();
    await test.database.prisma.outboxEvent.deleteMany();
  });
  afterAll(() => test.dispose());

  const job = () => {
    const { prisma } = test.database;
    const clock = { now: () => now };
    const outbox = new Outbox(prisma, (_, event) => Promise.resolve(published.push(event as never)));
    const secrets: Pick<SecretReferences, "read"> = {
      read: (reference) => {
        const endsAt = secretEnds[reference];
        if (endsAt === undefined) return Promise.reject(new Error("There is none."));
        return Promise.resolve({ token: "t", renewAt: 0, endsAt });
      },
    };
    const changes = new Changes({ prisma, outbox, clock, log });
    return warnOfExpiry({ credentials: new CredentialsRepository(prisma), secrets, changes, clock, log });
  };
  const stored = async (name: string, expiresAt: Date | null, more: Partial<ClusterRow> = {}, reference?: string) => {
    const row = clusterRow({ name, ...more });
    const create = {
      authType: reference ? ("SERVICE_ACCOUNT" as const) : ("KUBECONFIG" as const),
      createdAt: NOW,
      expiresAt,
      ...(reference ? { serviceAccountTokenSecretRef: reference } : {}),
    };
    await test.database.prisma.cluster.create({ data: { ...row, credentials: { create } } });
    return row.id;
  };
  const warned = () => published.map(({ payload }) => (payload as { name: string }).name).sort();

  it("tells seven days ahead, of all tenants, with the end", async () => {
    const id = await stored("soon", inDays(6.9), { tenantId: "other" });
    await stored("later", inDays(7.1));
    await stored("never", null);
    await stored("deleted", inDays(1), { deletedAt: NOW });
    await job().run(signal());
    expect(published).toMatchObject([
      {
        event_type: "CLUSTER_CREDENTIALS_EXPIRING",
        tenant_id: "other",
        cluster_id: id,
        payload: { name: "soon", auth_type: "KUBECONFIG", expires_at: inDays(6.9).toISOString() },
      },
    ]);
  });

  it("tells once of each end, however often and by however many it runs", async () => {
    const clusterId = await stored("one", inDays(3));
    await Promise.all([job().run(signal()), job().run(signal())]);
    await job().run(signal());
    expect(warned()).toEqual(["one"]);
    await test.database.prisma.clusterCredentials.update({ where: { clusterId }, data: { expiresAt: inDays(5) } });
    await job().run(signal());
    expect(warned()).toEqual(["one", "one"]);
    now = inDays(6);
    await job().run(signal());
    expect(warned()).toEqual(["one", "one"]);
  });

  it("tells of all, also where they are more than a batch", async () => {
    const names = Array.from({ length: 120 }, (_, i) => `c-${String(i).padStart(3, "0")}`);
    for (const name of names) await stored(name, inDays(1));
    await job().run(signal());
    expect(warned()).toEqual(names);
  });

  it("looks into the Secret first: what was replaced there in time is not warned of", async () => {
    const replaced = await stored("replaced", inDays(2), {}, "fleet/replaced");
    await stored("unreadable", inDays(2), {}, "fleet/unreadable");
    await stored("unchanged", inDays(2), {}, "fleet/unchanged");
    const endless = await stored("endless", inDays(2), {}, "fleet/endless");
    secretEnds = {
      "fleet/replaced": inDays(30).getTime(),
      "fleet/unchanged": inDays(2).getTime(),
      "fleet/endless": Number.POSITIVE_INFINITY,
    };
    await job().run(signal());
    expect(warned()).toEqual(["unchanged", "unreadable"]);
    const ends = await test.database.prisma.clusterCredentials.findMany({
      where: { clusterId: { in: [replaced, endless] } },
      select: { clusterId: true, expiresAt: true },
    });
    expect(new Map(ends.map(({ clusterId, expiresAt }) => [clusterId, expiresAt]))).toEqual(
      new Map([
        [replaced, inDays(30)],
        [endless, null],
      ]),
    );
  });

  it("stops where it is told to", async () => {
    await stored("one", inDays(1));
    const stopped = AbortSignal.abort();
    await job().run(stopped);
    expect(warned()).toEqual([]);
  });
});
