import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Outbox } from "../../../prisma/outbox.ts";
import { activeAlert, type Notified, notification } from "../../../test/support/alerts.ts";
import { describeDatabases, type TestDatabase } from "../../../test/support/database.ts";
import { Changes } from "../../shared/fleet/changes.ts";
import type { BusEvent } from "../../shared/kernel/bus/events.ts";
import { AlertPayload } from "../../shared/kernel/bus/payloads.ts";
import { createLogger } from "../../shared/kernel/log.ts";
import type { ActiveAlert } from "../../shared/upstreams/alertmanager/schema.ts";
import type { PendingAlert } from "../../shared/upstreams/prometheus/alerts.ts";
import { notifiedWord } from "./alert-word.mapper.ts";
import { IngestService } from "./ingest.service.ts";
import { NotificationBody } from "./notification.mapper.ts";

const NOW = new Date("2026-01-01T12:00:00Z");
const later = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000);
const LABELS = { alertname: "Down", severity: "critical", namespace: "shop", pod: "cart-0", cluster: "another" };
interface Listed {
  at?: Date;
  group?: string | null;
  startedAt?: Date;
  pending?: PendingAlert[] | string;
}
const log = createLogger({ level: "silent", name: "test" });

await describeDatabases("IngestService", (open) => {
  let test: TestDatabase;
  let ingest: IngestService;
  let now: Date;
  let events: BusEvent[];
  let cluster: { id: string; tenantId: string };

  beforeAll(async () => {
    test = await open();
  });
  afterAll(() => test.dispose());
  beforeEach(() => {
    cluster = { id: randomUUID(), tenantId: "default" };
    [now, events] = [NOW, []];
    const { prisma } = test.database;
    const clock = { now: () => now };
    const outbox = new Outbox(prisma, async (_, event) => events.push(event as BusEvent));
    ingest = new IngestService({
      changes: new Changes({ prisma, outbox, clock, log }),
      clock,
      unheardMs: 3_600_000 * 24,
    });
  });

  const rows = () =>
    test.database.prisma.alert.findMany({ where: { clusterId: cluster.id }, orderBy: { startsAt: "asc" } });
  const source = () => test.database.prisma.alertSource.findUnique({ where: { clusterId: cluster.id } });
  const told = (): string[] => events.map(({ event_type }) => event_type.replace("ALERT_", ""));
  const notify = (...alerts: Notified[]) =>
    ingest.notified(cluster, NotificationBody.parse(notification(alerts)).alerts.map(notifiedWord));
  const list = (
    alerts: ActiveAlert[] | string | null,
    { at = now, group = null, startedAt = later(-86_400), pending = [] }: Listed = {},
  ) =>
    ingest.read(cluster, {
      at,
      pending,
      alertmanager: Array.isArray(alerts) ? { alerts, status: { group, startedAt } } : alerts,
    });
  const down = (given: Partial<ActiveAlert> = {}) => activeAlert(LABELS, { startsAt: NOW, ...given });
  const firing: Notified = { labels: LABELS, startsAt: NOW };
  const resolved: Notified = { labels: LABELS, startsAt: NOW, endsAt: later(60) };

  it("keeps what an alert says of itself, and tells of it in words that others know", async () => {
    await list([down({ annotations: { summary: "down" }, generatorUrl: "javascript:alert(1)" })]);
    expect(await rows()).toMatchObject([
      {
        tenantId: "default",
        alertname: "Down",
        severity: "CRITICAL",
        state: "FIRING",
        namespace: "shop",
        pod: "cart-0",
        node: null,
        labels: LABELS,
        startsAt: NOW,
        endsAt: null,
        generatorUrl: null,
      },
    ]);
    const [row] = await rows();
    expect(events).toMatchObject([{ event_type: "ALERT_FIRED", cluster_id: cluster.id, namespace: "shop" }]);
    expect(AlertPayload.parse(events[0]?.payload)).toMatchObject({
      alert_id: row?.id,
      state: "FIRING",
      summary: "down",
      labels: LABELS,
    });
  });

  describe("one occurrence", () => {
    it.each([
      ["in order", [firing, resolved]],
      ["the end first", [resolved, firing]],
      ["the end alone", [resolved]],
      ["again and again", [firing, resolved, firing, resolved, firing]],
    ])("is told of once as it begins and as it ends: %s", async (_, order) => {
      for (const each of order) await notify(each);
      expect(told()).toEqual(["FIRED", "RESOLVED"]);
      expect(await rows()).toMatchObject([{ state: "RESOLVED", endsAt: later(60) }]);
    });

    it("is one, however many hear of it at the same time", async () => {
      await Promise.all([list([down()]), notify(firing), notify(firing, resolved), notify(firing), notify(firing)]);
      expect(told()).toEqual(["FIRED", "RESOLVED"]);
      expect(await rows()).toHaveLength(1);
    });

    it("ends when nobody lists it and no notification repeats it for a day, and fires again if one does", async () => {
      const [hour, day] = [3600, 86_400];
      await notify(firing);
      for (const at of [4 * hour, 8 * hour]) {
        now = later(at);
        await notify(firing);
      }
      now = later(8 * hour + day);
      await list(null);
      await list("The connection was refused.");
      expect(await rows()).toMatchObject([{ state: "FIRING" }]);
      now = later(8 * hour + day + 1);
      await list("The connection was refused.");
      expect(await rows()).toMatchObject([{ state: "FIRING" }]);
      await list(null);
      expect(await rows()).toMatchObject([{ state: "RESOLVED", endsAt: later(8 * hour) }]);
      now = later(12 * hour + day);
      await notify(firing);
      await list(null);
      expect(await rows()).toMatchObject([{ state: "FIRING", endsAt: null }]);
      expect(told()).toEqual(["FIRED", "RESOLVED", "FIRED"]);
    });

    it("ends when it ended, whoever noticed first", async () => {
      await list([down()]);
      now = later(90);
      await list([]);
      expect(await rows()).toMatchObject([{ state: "RESOLVED", endsAt: later(90) }]);
      await notify(resolved);
      expect(await rows()).toMatchObject([{ state: "RESOLVED", endsAt: later(60) }]);
      expect(told()).toEqual(["FIRED", "RESOLVED"]);
    });

    it("goes on where its Alertmanager lists it after it was taken for over", async () => {
      await notify(firing, resolved);
      now = later(120);
      await list([down()]);
      expect(await rows()).toMatchObject([{ state: "FIRING", endsAt: null }]);
      // The end that was told of is older than that.
      await notify(resolved);
      expect(await rows()).toMatchObject([{ state: "FIRING", endsAt: null }]);
      expect(told()).toEqual(["FIRED", "RESOLVED", "FIRED"]);
    });

    it("goes on where a notification says so that cannot be a late one: what was not heard of for a while is told of anew", async () => {
      await notify(firing, resolved);
      now = later(14 * 60);
      await notify(firing);
      expect(await rows()).toMatchObject([{ state: "RESOLVED" }]);
      now = later(16 * 60);
      await notify(firing);
      await notify(resolved);
      expect(await rows()).toMatchObject([{ state: "FIRING", endsAt: null }]);
      await notify({ ...resolved, endsAt: later(17 * 60) });
      expect(await rows()).toMatchObject([{ state: "RESOLVED", endsAt: later(17 * 60) }]);
      expect(told()).toEqual(["FIRED", "RESOLVED", "FIRED", "RESOLVED"]);
    });

    it("is over when the next one begins, in whatever order they are heard of", async () => {
      const again: Notified = { labels: LABELS, startsAt: later(300) };
      await notify(again);
      await notify(firing);
      expect(await rows()).toMatchObject([
        { state: "RESOLVED", startsAt: NOW, endsAt: later(300) },
        { state: "FIRING", startsAt: later(300) },
      ]);
      await notify(resolved);
      expect(await rows()).toMatchObject([{ endsAt: later(60) }, { state: "FIRING" }]);
      expect(told()).toEqual(["FIRED", "FIRED", "RESOLVED"]);
    });

    it("keeps who takes care of it until it ends", async () => {
      await notify(firing);
      await test.database.prisma.alert.updateMany({
        where: { clusterId: cluster.id },
        data: { ackOwner: "ann", ackAt: NOW },
      });
      now = later(10);
      await list([down({ annotations: { value: "2" } })]);
      expect(await rows()).toMatchObject([{ ackOwner: "ann", annotations: { value: "2" } }]);
      await notify(resolved);
      expect(await rows()).toMatchObject([{ ackOwner: null, ackAt: null }]);
    });
  });

  describe("a list", () => {
    it("does not end what is silenced or inhibited, and says by what", async () => {
      await list([down()]);
      now = later(30);
      await list([down({ silencedBy: ["s-1"], inhibitedBy: ["f-1"] })]);
      expect(await rows()).toMatchObject([{ state: "FIRING", silencedBy: ["s-1"], inhibitedBy: ["f-1"] }]);
      // A notification knows of neither.
      await notify({ ...firing, annotations: { value: "3" } });
      expect(await rows()).toMatchObject([{ silencedBy: ["s-1"], annotations: { value: "3" } }]);
      expect(told()).toEqual(["FIRED"]);
    });

    it("changes nothing that was heard of after it was asked for", async () => {
      now = later(5);
      await notify(firing);
      await list([], { at: later(4) });
      expect(await rows()).toMatchObject([{ state: "FIRING" }]);
      now = later(40);
      await list([], { at: later(40) });
      await list([down()], { at: later(39) });
      expect(await rows()).toMatchObject([{ state: "RESOLVED" }]);
      expect((await source())?.polledAt).toEqual(later(40));
    });

    it("writes nothing anew where nothing changed", async () => {
      await list([down()]);
      now = later(30);
      await list([down()]);
      expect(await rows()).toMatchObject([{ updatedAt: NOW }]);
    });

    it("of an Alertmanager that was started anew ends nothing it has yet to be told of", async () => {
      await list([down()]);
      now = later(60);
      await list([], { startedAt: later(50) });
      expect(await rows()).toMatchObject([{ state: "FIRING" }]);
      await list([activeAlert({ alertname: "New" })], { startedAt: later(50) });
      now = later(61);
      await list([], { startedAt: later(50) });
      now = later(50 + 180);
      await list([down()], { startedAt: later(50) });
      expect(told()).toEqual(["FIRED", "FIRED", "RESOLVED"]);
      now = later(300);
      await list([], { startedAt: later(50) });
      expect(told()).toEqual(["FIRED", "FIRED", "RESOLVED", "RESOLVED"]);
    });

    it("is of the same alerts when its Alertmanagers have got other names", async () => {
      await list([down()], { group: "one" });
      now = later(30);
      await list([down()], { group: "two" });
      expect(await rows()).toMatchObject([{ haGroup: "two", state: "FIRING" }]);
      await notify(firing);
      expect(await rows()).toHaveLength(1);
      expect(told()).toEqual(["FIRED"]);
    });

    it("that nobody gave leaves everything as it was, and says since when", async () => {
      await list([down()]);
      now = later(30);
      await list("The connection was refused.");
      now = later(60);
      await list("No connection.");
      expect(await rows()).toMatchObject([{ state: "FIRING" }]);
      expect(await source()).toMatchObject({ polledAt: NOW, staleSince: NOW, lastError: "No connection." });
      now = later(90);
      await list([down()]);
      expect(await source()).toMatchObject({ polledAt: later(90), staleSince: null, lastError: null });
      now = later(120);
      await list(null);
      expect(await source()).toMatchObject({
        staleSince: later(90),
        lastError: expect.stringContaining("no Alertmanager"),
      });
      expect(told()).toEqual(["FIRED"]);
    });
  });

  describe("what is pending", () => {
    const pending = (alertname: string, activeAt = NOW): PendingAlert => ({
      labels: { alertname },
      annotations: {},
      activeAt,
    });

    it("is there as long as its Prometheus says so, and nobody is told", async () => {
      await list([], { pending: [pending("Soon"), pending("Never")] });
      expect(await rows()).toMatchObject([{ state: "PENDING" }, { state: "PENDING" }]);
      const [first] = await rows();
      now = later(30);
      await list([], { pending: [pending(first?.alertname ?? "")] });
      expect(await rows()).toMatchObject([{ id: first?.id }]);
      expect(told()).toEqual([]);
    });

    it("gives way to what fires", async () => {
      await list([], { pending: [pending("Soon")] });
      now = later(30);
      await list([activeAlert({ alertname: "Soon" }, { startsAt: later(20) })], { pending: [pending("Soon")] });
      expect(await rows()).toMatchObject([{ state: "FIRING", startsAt: later(20) }]);
      expect(told()).toEqual(["FIRED"]);
    });

    it("is not known where it cannot be asked about", async () => {
      await list([down()], { pending: [pending("Soon")] });
      now = later(30);
      await list([down()], { pending: "No connection." });
      expect(await rows()).toMatchObject([{ state: "FIRING" }]);
      expect(await source()).toMatchObject({ staleSince: null, lastError: expect.stringContaining("No connection.") });
    });
  });

  it("takes labels that no database has room for as they are", async () => {
    const odd = { alertname: "Odd", nul: "a\0b", half: "\ud800", long: "x".repeat(20_000), "with=sign": "ü" };
    await list([activeAlert(odd)]);
    const [row] = await rows();
    expect(row?.labels).toMatchObject({ nul: "a\ufffdb", half: "\ufffd", long: odd.long, "with=sign": "ü" });
  });

  it("takes more at once than are written together, twice, and ends them", async () => {
    const storm = Array.from({ length: 2100 }, (_, index) => activeAlert({ ...LABELS, pod: `cart-${index}` }));
    const count = (state: "FIRING" | "RESOLVED") =>
      test.database.prisma.alert.count({ where: { clusterId: cluster.id, state } });
    await list(storm);
    now = later(30);
    await list(storm);
    expect(await count("FIRING")).toBe(storm.length);
    now = later(60);
    await list([]);
    expect(await count("RESOLVED")).toBe(storm.length);
  });
});
