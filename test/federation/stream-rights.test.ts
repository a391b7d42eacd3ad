import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { generator } from "../../bench/fuzz/promql.ts";
import type { DemoFleet } from "../../demo/fleet.ts";
import { type BusEvent, EVENTS, type EventType } from "../../subgraphs/shared/kernel/bus/events.ts";
import { enrolledFleet } from "../support/demo.ts";
import { type Answer, startGraph, type TestGraph } from "../support/graph.ts";
import { describeModes } from "../support/modes.ts";
import { until } from "../support/until.ts";

const ADMIN = "admin-token-of-the-test";
const SCOPED = "scoped-token-of-the-test";
const VIEWER = "viewer-token-of-the-test";
const TOKENS = JSON.stringify([
  { token: ADMIN, user: "ann", roles: ["admin"] },
  { token: SCOPED, user: "sam", roles: ["viewer"], scope: { labelSelector: "team=sam" } },
  { token: VIEWER, user: "vic", roles: ["viewer"] },
]);
const GONE = "is not there any more, or no longer yours to see";

await describeModes("A stream's rights", (mode) => {
  let graph: TestGraph;
  let fleet: DemoFleet;
  let clusters: { id: string; name: string }[];
  let labels: Record<string, unknown>;
  const streams: AsyncIterableIterator<Answer>[] = [];

  beforeAll(async () => {
    graph = await startGraph({
      mode,
      jobs: true,
      env: { AIOPS_API_TOKENS: TOKENS, AIOPS_ALERT_POLL_MS: "300", AIOPS_GPU_POLL_MS: "300" },
    });
    fleet = await enrolledFleet(graph, { clusters: 3 });
    for (const { name } of fleet.clusters)
      fleet.setAlert(name, "Everywhere", "firing", { namespace: "shop", pod: "x" });
    clusters = (await ask(`{ clusters { items { id name } } }`)).data.clusters.items;
    labels = (await ask(`{ cluster(name: "${clusters[0]?.name}") { labels } }`)).data.cluster.labels;
    await until("every cluster's alerts and GPUs are known", async () => {
      const { data } = await ask(
        `{ alerts(filter: { alertnames: ["Everywhere"], states: [FIRING] }) { total } gpuNodes { total } }`,
      );
      return data.alerts.total === 3 && data.gpuNodes.total > 0;
    });
  });
  afterEach(async () => {
    for (const stream of streams.splice(0)) await stream.return?.();
  });
  afterAll(async () => {
    await graph[Symbol.asyncDispose]();
    await fleet.close();
  });

  const ask = (query: string, variables = {}, token = ADMIN) => graph.ask(query, variables, { token });
  const follow = (field: string, token = SCOPED): AsyncIterableIterator<Answer> => {
    const stream = graph.subscribe(`subscription { ${field} }`, {}, { token });
    streams.push(stream);
    return stream;
  };
  const idOf = (index: number): string => clusters[index]?.id ?? "";
  const give = async (id: string, team: string): Promise<void> => {
    const { errors } = await ask(
      `mutation ($id: UUID!, $labels: JSONObject) { updateCluster(id: $id, input: { labels: $labels }) { id } }`,
      { id, labels: { ...labels, team } },
    );
    expect(errors).toBeUndefined();
  };
  const publish = (event_type: EventType, cluster_id: string | null, payload: Record<string, unknown> = {}) =>
    graph.platform.bus.publish(EVENTS, {
      event_id: randomUUID(),
      event_type,
      tenant_id: "default",
      cluster_id,
      namespace: null,
      timestamp: new Date().toISOString(),
      payload,
    } satisfies BusEvent);
  /** A fired alert's event, whatever alert it names. */
  const fired = (clusterId: string, alertId: string = randomUUID()) =>
    publish("ALERT_FIRED", clusterId, {
      alert_id: alertId,
      alertname: "Published",
      severity: "CRITICAL",
      state: "FIRING",
      starts_at: new Date().toISOString(),
      ends_at: null,
    });
  /** Its first item; where there is none without an event, one is told until it is open. */
  async function begun(stream: AsyncIterableIterator<Answer>, clusterId: string, alertId?: string): Promise<void> {
    const timer = setInterval(() => void fired(clusterId, alertId), 100);
    const { value } = await stream.next().finally(() => clearInterval(timer));
    expect(value.errors).toBeUndefined();
  }
  /** What a stream ends with, or is refused with. */
  async function ended(stream: AsyncIterableIterator<Answer>): Promise<{ message: string; code: unknown }> {
    for (;;) {
      const item = await stream.next().catch((errors: unknown) => ({ thrown: errors as Answer["errors"] }));
      const [error] = ("thrown" in item ? item.thrown : item.value?.errors) ?? [];
      if (error) return { message: error.message, code: error.extensions["code"] };
      if ("done" in item && item.done) throw new Error("It ended without a reason.");
    }
  }

  const NAMING: [string, (id: string) => string][] = [
    ["events", (id) => `events(filter: { clusterIds: ["${id}"] }) { cursor }`],
    ["alertChanged", (id) => `alertChanged(filter: { clusterIds: ["${id}"] }) { cursor }`],
    ["clusterHealth", (id) => `clusterHealth(selector: { ids: ["${id}"] }) { kind }`],
    ["activeAlerts", (id) => `activeAlerts(filter: { selector: { ids: ["${id}"] } }) { kind }`],
    ["gpuFleet", (id) => `gpuFleet(selector: { ids: ["${id}"] }) { kind }`],
    ["metricStream", (id) => `metricStream(query: { query: "sum(up)", clusterIds: ["${id}"] }, every: "1h") { round }`],
    ["logTail", (id) => `logTail(query: "{namespace=\\"shop\\"}", clusterIds: ["${id}"]) { late }`],
  ];

  it.each(NAMING)("%s ends once a cluster that it names leaves the scope, and cannot be opened anew", async (_, of) => {
    const id = idOf(0);
    await give(id, "sam");
    const stream = follow(of(id));
    await begun(stream, id);
    await give(id, "others");
    const end = await ended(stream);
    expect(end.code).toBe("CLUSTER_NOT_FOUND");
    expect(end.message).toContain(id);
    expect(end.message).toContain(GONE);
    expect((await ended(follow(of(id)))).code).toBe("CLUSTER_NOT_FOUND");
  });

  it("tells of a cluster's deletion, and then ends", async () => {
    const { data } = await ask(
      `mutation { registerCluster(input: { name: "short-lived", apiServerUrl: "https://a.example.com", labels: { team: "sam" } }) { id } }`,
    );
    const { id } = data.registerCluster;
    const stream = follow(
      `events(filter: { clusterIds: ["${id}"], eventTypes: [CLUSTER_DELETED, ALERT_FIRED] }) { event { eventType } }`,
    );
    await begun(stream, id);
    await ask(`mutation ($id: UUID!) { deleteCluster(id: $id) { id } }`, { id });
    await until("it is told of", async () => {
      const { value } = await stream.next();
      return value.data.events.event.eventType === "CLUSTER_DELETED";
    });
    expect(await ended(stream)).toMatchObject({ code: "CLUSTER_NOT_FOUND" });
  });

  it("of whatever is in scope goes on without what left it, and with what came", async () => {
    await give(idOf(0), "sam");
    await give(idOf(1), "others");
    const stream = follow(`events(filter: { eventTypes: [ALERT_FIRED] }) { event { clusterId } }`);
    await begun(stream, idOf(0));
    await give(idOf(0), "others");
    await give(idOf(1), "sam");
    await fired(idOf(0));
    await fired(idOf(1));
    await until("the one that came is told of", async () => {
      const { value } = await stream.next();
      expect(value.errors).toBeUndefined();
      return value.data.events.event.clusterId === idOf(1);
    });
    await give(idOf(0), "sam");
    await fired(idOf(0));
    expect((await stream.next()).value.data.events.event.clusterId).toBe(idOf(0));
  });

  it("never shows anything of a cluster out of scope, be it by an event, a key of another cluster, or a join", async () => {
    const [mine, theirs] = [clusters[0], clusters[1]];
    if (!mine || !theirs) throw new Error("too few clusters");
    await give(mine.id, "sam");
    await give(theirs.id, "others");
    await give(idOf(2), "others");
    const alertOf = async ({ id }: { id: string }): Promise<string> =>
      (await ask(`{ alerts(filter: { clusterIds: ["${id}"], alertnames: ["Everywhere"] }) { items { id } } }`)).data
        .alerts.items[0].id;
    const [own, foreign] = [await alertOf(mine), await alertOf(theirs)];
    const stream = follow(`events {
      event { eventType clusterId payload cluster { name labels }
        ... on AlertChanged { alertname alert { id alertname clusterId clusterName labels cluster { name } relatedAlerts { id clusterName cluster { name } } } }
        ... on GPUUpdated { gpuNode { nodeName cluster { name } } }
        ... on AnomalyDetected { metricName anomaly { id } } } }`);
    await begun(stream, mine.id, own);

    const dice = generator(7);
    const told: string[] = [];
    for (let round = 0; round < 60; round += 1) {
      const cluster: { id: string; name: string } = clusters[Math.floor(dice() * clusters.length)] ?? mine;
      const alert = dice() < 0.5 ? own : foreign;
      const kind = Math.floor(dice() * 4);
      if (kind === 0) await fired(cluster.id, alert);
      else if (kind === 1) await publish("GPU_UPDATE", cluster.id, { node_name: "gpu-0", gpus: [] });
      else if (kind === 2)
        await publish("REPORT_GENERATED", null, { owner: dice() < 0.5 ? "vic" : null, title: theirs.name });
      else await publish("METRIC_UPDATE", cluster.id, { in: cluster.name });
      if (cluster === mine && kind !== 2) told.push(cluster.id);
    }
    const last = randomUUID();
    await publish("METRIC_UPDATE", mine.id, { last });

    const items: string[] = [];
    for (;;) {
      const { value } = await stream.next();
      const text = JSON.stringify(value.data ?? {});
      items.push(text);
      if (text.includes(last)) break;
    }
    // The payload names the alert that its publisher named: that much was told by a cluster in scope.
    const shown = items.map((text) => text.replaceAll(`"alert_id":"${foreign}"`, ""));
    const hidden = [theirs.id, theirs.name, foreign, idOf(2), clusters[2]?.name ?? ""];
    expect(shown.filter((text) => hidden.some((secret) => text.includes(secret)))).toEqual([]);
    expect(shown.some((text) => text.includes(own) && text.includes(mine.name))).toBe(true);
    expect(items.length).toBeGreaterThan(told.length);
  });

  it("shows who owns it what is of no cluster, and an administrator, and nobody else", async () => {
    const query = `reportGenerated { event { title sizeBytes report { id } } }`;
    const [vic, sam, ann] = [follow(query, VIEWER), follow(query, SCOPED), follow(query, ADMIN)];
    const report = (owner: string, title: string) =>
      publish("REPORT_GENERATED", null, {
        report_id: randomUUID(),
        owner,
        report_type: "CAPACITY_PLAN",
        format: "PDF",
        title,
        status: "READY",
        size_bytes: 12,
        created_at: new Date().toISOString(),
      });
    const titles = async (stream: AsyncIterableIterator<Answer>, end: string): Promise<Set<string>> => {
      const found = new Set<string>();
      for (;;) {
        const { title } = (await stream.next()).value.data.reportGenerated.event;
        if (title === end) return found;
        found.add(title);
      }
    };
    // Until all are open, what happens is history to them.
    const opening = [vic.next(), sam.next(), ann.next()];
    const timer = setInterval(() => void Promise.all([report("vic", "opening"), report("sam", "opening")]), 100);
    await Promise.all(opening).finally(() => clearInterval(timer));
    await report("vic", "for vic");
    await report("sam", "for sam");
    await report("vic", "end of vic");
    await report("sam", "end of sam");
    const without = (found: Set<string>): string[] => [...found].filter((title) => title !== "opening");
    expect(without(await titles(vic, "end of vic"))).toEqual(["for vic"]);
    expect(without(await titles(sam, "end of sam"))).toEqual(["for sam"]);
    expect(without(await titles(ann, "end of sam"))).toEqual(["for vic", "for sam", "end of vic"]);
  });
});
