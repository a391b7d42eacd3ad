import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clusterRow, identity } from "../../../test/support/clusters.ts";
import { openTestDatabase, type TestDatabase } from "../../../test/support/database.ts";
import { FleetDirectory } from "../../shared/fleet/directory.ts";
import type { BusEvent } from "../../shared/kernel/bus/events.ts";
import { type EventFilter, matches, visible } from "./event.filter.ts";

const CLUSTER = randomUUID();
const event = (given: Partial<BusEvent> = {}): BusEvent => ({
  event_id: randomUUID(),
  event_type: "ALERT_FIRED",
  tenant_id: "default",
  cluster_id: CLUSTER,
  namespace: "upf-core",
  timestamp: "2026-01-01T00:00:00Z",
  payload: {},
  ...given,
});

describe("matches", () => {
  it.each<[EventFilter, Partial<BusEvent>, boolean]>([
    [{}, {}, true],
    [{ eventTypes: [], clusterIds: [], namespaces: [] }, { cluster_id: null, namespace: null }, true],
    [{ eventTypes: null, clusterIds: null, namespaces: null }, {}, true],
    [{ eventTypes: ["ALERT_RESOLVED", "ALERT_FIRED"] }, {}, true],
    [{ eventTypes: ["ALERT_RESOLVED"] }, {}, false],
    [{ clusterIds: [randomUUID(), CLUSTER] }, {}, true],
    [{ clusterIds: [randomUUID()] }, {}, false],
    [{ clusterIds: [CLUSTER] }, { cluster_id: null }, false],
    [{ severities: ["CRITICAL"] }, { payload: { severity: "CRITICAL" } }, true],
    [{ severities: ["CRITICAL", "INFO"] }, { payload: { severity: "WARNING" } }, false],
    [{ severities: ["CRITICAL"] }, {}, false],
    [{ severities: ["CRITICAL"] }, { payload: { severity: "HIGH" } }, true],
    [{ severities: ["CRITICAL", "INFO"] }, { payload: { severity: "MEDIUM" } }, false],
    [{ severities: ["CRITICAL", "INFO"] }, { payload: { severity: "LOW" } }, true],
    [{ labelSelector: "team=core" }, { cluster_id: null }, false],
    [{ namespaces: ["upf-core"] }, {}, true],
    [{ namespaces: ["other"] }, {}, false],
    [{ namespaces: ["upf-core"] }, { namespace: null }, false],
    [{ eventTypes: ["ALERT_FIRED"], clusterIds: [CLUSTER], namespaces: ["upf-core"] }, {}, true],
    [{ eventTypes: ["ALERT_FIRED"], clusterIds: [CLUSTER], namespaces: ["other"] }, {}, false],
  ])("%j and an event with %j: %s", (filter, given, expected) => expect(matches(filter, event(given))).toBe(expected));
});

describe("visible", () => {
  let test: TestDatabase;
  let directory: FleetDirectory;
  const ids = { eu: randomUUID(), gone: randomUUID(), us: randomUUID(), theirs: randomUUID() };
  beforeAll(async () => {
    test = await openTestDatabase("embedded");
    directory = new FleetDirectory(test.database.prisma);
    await test.database.prisma.cluster.createMany({
      data: [
        clusterRow({ id: ids.eu, region: "eu" }),
        clusterRow({ id: ids.gone, region: "eu", deletedAt: new Date() }),
        clusterRow({ id: ids.us, region: "us" }),
        clusterRow({ id: ids.theirs, region: "eu", tenantId: "other" }),
      ],
    });
  });
  afterAll(() => test.dispose());

  const everything = identity();
  const scoped = identity({ scope: { regions: ["eu"] } });
  const viewer = identity({ roles: ["viewer"] });
  const scopedViewer = identity({ roles: ["viewer"], scope: { regions: ["eu"] } });
  const owned = (owner: string, cluster_id: string | null): Partial<BusEvent> => ({
    event_type: "RCA_COMPLETE",
    cluster_id,
    payload: { owner },
  });
  it.each<[string, () => Partial<BusEvent>, typeof everything, boolean]>([
    ["of a cluster, to one who may see all", () => ({ cluster_id: ids.us }), everything, true],
    ["of no cluster, to one who may see all", () => ({ cluster_id: null }), everything, true],
    ["of another tenant", () => ({ tenant_id: "other" }), everything, false],
    ["of a cluster in scope", () => ({ cluster_id: ids.eu }), scoped, true],
    ["of a deleted cluster in scope", () => ({ cluster_id: ids.gone }), scoped, true],
    ["of a cluster out of scope", () => ({ cluster_id: ids.us }), scoped, false],
    ["of an unknown cluster, to one with a scope", () => ({ cluster_id: randomUUID() }), scoped, false],
    ["of no cluster, to one with a scope", () => ({ cluster_id: null }), scoped, false],
    ["of another tenant's cluster in scope", () => ({ tenant_id: "other", cluster_id: ids.theirs }), scoped, false],
    ["of one's own, of no cluster", () => owned("ann", null), viewer, true],
    ["of one's own, of no cluster, to one with a scope", () => owned("ann", null), scopedViewer, true],
    ["of one's own, of a cluster in scope", () => owned("ann", ids.eu), scopedViewer, true],
    ["of one's own, of a cluster out of scope", () => owned("ann", ids.us), scopedViewer, false],
    ["of another user", () => owned("bob", null), viewer, false],
    ["of another user, of a cluster in scope", () => owned("bob", ids.eu), scopedViewer, false],
    ["of another user, to an administrator", () => owned("bob", null), everything, true],
    ["of an owner that is no name", () => ({ payload: { owner: { user: "ann" } } }), viewer, false],
    ["of another user, of no cluster, to an administrator with a scope", () => owned("bob", null), scoped, false],
    ["of one's name in another tenant", () => ({ ...owned("ann", null), tenant_id: "other" }), viewer, false],
    // Whatever the publisher says, the cluster is not of this tenant.
    ["of another tenant's cluster under this tenant's name", () => ({ cluster_id: ids.theirs }), scoped, false],
  ])("an event %s", async (_, given, who, expected) => {
    expect(await visible(who, directory, [event(given())])).toEqual([expected]);
  });

  it("is asked for many events in one statement", async () => {
    let statements = 0;
    const counted = new FleetDirectory(
      test.database.prisma.$extends({
        query: {
          $allOperations: ({ args, query }) => {
            statements += 1;
            return query(args);
          },
        },
      }) as unknown as typeof test.database.prisma,
    );
    const events = [ids.eu, ids.us, ids.eu, ids.gone, ids.theirs].map((id) => event({ cluster_id: id }));
    expect(await visible(scoped, counted, events)).toEqual([true, false, true, true, false]);
    expect(statements).toBe(1);
  });

  it("follows the scope as it stands now", async () => {
    const moving = clusterRow({ region: "us" });
    const { id } = await test.database.prisma.cluster.create({ data: moving });
    expect(await visible(scoped, directory, [event({ cluster_id: id })])).toEqual([false]);
    await test.database.prisma.cluster.update({ where: { id }, data: { region: "eu" } });
    expect(await visible(scoped, directory, [event({ cluster_id: id })])).toEqual([true]);
  });
});
