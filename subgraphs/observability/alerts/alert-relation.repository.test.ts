import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { clusterRow } from "../../../test/support/clusters.ts";
import { describeDatabases, type TestDatabase } from "../../../test/support/database.ts";
import { AlertRelationRepository } from "./alert-relation.repository.ts";
import { labelPairs } from "./matcher.filter.ts";

const NOW = new Date("2026-03-01T12:00:00Z");
const minutes = (count: number): Date => new Date(NOW.getTime() + count * 60_000);

await describeDatabases("AlertRelationRepository", (open) => {
  let test: TestDatabase;
  let repository: AlertRelationRepository;
  const [clusterId, elsewhere] = [randomUUID(), randomUUID()];
  const ids = new Map<string, string>();

  beforeAll(async () => {
    test = await open();
    const { prisma } = test.database;
    repository = new AlertRelationRepository(prisma);
    await prisma.cluster.createMany({ data: [clusterRow({ id: clusterId }), clusterRow({ id: elsewhere })] });
    const add = async (name: string, labels: Record<string, string>, given: object = {}): Promise<void> => {
      const id = randomUUID();
      ids.set(name, id);
      const { namespace = null, pod = null, node = null } = labels;
      await prisma.alert.create({
        data: {
          id,
          tenantId: "default",
          clusterId,
          haGroup: "default",
          fingerprint: name,
          alertname: name,
          severity: "INFO",
          state: "FIRING",
          labels,
          labelPairs: labelPairs(labels),
          namespace,
          pod,
          node,
          startsAt: NOW,
          sourceAt: NOW,
          createdAt: NOW,
          updatedAt: NOW,
          ...given,
        },
      });
    };
    const about = { namespace: "shop", pod: "cart-0", node: "worker-0", severity: "critical", team: "a", tier: "gold" };
    await add("subject", about, { startsAt: minutes(0), endsAt: minutes(60), state: "RESOLVED" });
    await add("same pod", { namespace: "shop", pod: "cart-0" });
    await add("same node", { node: "worker-0" });
    await add("same namespace", { namespace: "shop", pod: "other" });
    await add("two labels", { team: "a", tier: "gold" });
    await add("one label", { team: "a", severity: "critical" });
    await add("pod of another namespace", { namespace: "pay", pod: "cart-0" });
    await add("later", about, { startsAt: minutes(61) });
    await add("earlier", about, { startsAt: minutes(-60), endsAt: minutes(-1), state: "RESOLVED" });
    await add("pending", about, { state: "PENDING" });
    await add("elsewhere", about, { clusterId: elsewhere });
    await add("subject, before", about, {
      fingerprint: "subject",
      startsAt: minutes(-90),
      endsAt: minutes(-80),
      state: "RESOLVED",
    });
  });
  afterAll(() => test.dispose());

  const idOf = (name: string): string => ids.get(name) ?? "";
  const related = async (names: string[], limit = 10): Promise<string[][]> =>
    (await repository.related({ keys: names.map(idOf), limit }, null)).map((rows) =>
      rows.map(({ alertname }) => alertname),
    );

  it("finds what shares its pod, node, namespace or two labels at the same time, those that share most first", async () => {
    expect(await related(["subject"])).toEqual([["same pod", "same node", "same namespace", "two labels"]]);
    expect(await related(["subject"], 2)).toEqual([["same pod", "same node"]]);
  });

  it("finds them for many at once, in the order asked", async () => {
    const [none, some] = await related(["one label", "same node"]);
    expect(none).toEqual([]);
    expect(some?.[0]).toMatch(/subject|later/);
  });

  it("counts the occurrences of an alert, the latest first", async () => {
    const found = await repository.occurrences({ keys: [idOf("subject"), idOf("same pod")], limit: 1 }, null);
    expect(found.map(({ total, rows }) => [total, rows.map(({ id }) => id)])).toEqual([
      [2, [idOf("subject")]],
      [1, [idOf("same pod")]],
    ]);
  });
});
