import { afterAll, beforeAll, expect, it } from "vitest";
import type { DemoFleet } from "../../demo/fleet.ts";
import { enrolledFleet } from "../support/demo.ts";
import { startGraph, type TestGraph } from "../support/graph.ts";
import { describeModes } from "../support/modes.ts";
import { until } from "../support/until.ts";

const WEST = "prod-west-1";
const LAB = "lab-gpu-1";
const ADMIN = "admin-0123456789abcdef";
const ELSEWHERE = "elsewhere-0123456789abcdef";
const TOKENS = JSON.stringify([
  { token: ADMIN, user: "root", roles: ["admin"] },
  { token: ELSEWHERE, user: "else", roles: ["viewer"], scope: { labelSelector: "tier notin (lab)" } },
]);
const FIELDS = `id nodeName device kind code severity message source occurrences active firstSeenAt lastSeenAt clearedAt cluster { name }`;

interface Item {
  id: string;
  kind: string;
  device: string;
  nodeName: string;
  active: boolean;
  code: string;
}

await describeModes("The health of GPUs", (mode) => {
  let graph: TestGraph;
  let fleet: DemoFleet;

  beforeAll(async () => {
    graph = await startGraph({ mode, jobs: true, env: { AIOPS_GPU_POLL_MS: "300", AIOPS_API_TOKENS: TOKENS } });
    fleet = await enrolledFleet(graph, { clusters: 5 });
  });
  afterAll(async () => {
    await graph[Symbol.asyncDispose]();
    await fleet.close();
  });

  const done = async (query: string, token = ADMIN) => {
    const { data, errors } = await graph.ask(query, {}, { token });
    expect(errors).toBeUndefined();
    return data;
  };
  const events = async (args = "", fields = FIELDS): Promise<{ total: number; items: Item[] }> =>
    (await done(`{ gpuHealthEvents${args} { total items { ${fields} } } }`)).gpuHealthEvents;
  const found = (args: string, fields?: string) =>
    until(`a health event ${args}`, async () => (await events(args, fields)).items[0]);

  it("shows a storm of one XID as one event, counted and never averaged", async () => {
    const lab = `(filter: { kinds: [XID], selector: { labelSelector: "tier=lab" } })`;
    const [xid, silent] = await until("both XIDs of the lab", async () => {
      const { items } = await events(lab, `${FIELDS} gpu { uuid lastXid health { status reasons } }`);
      const both = ["79", "62"].map((code) => items.find((each) => each.code === code));
      return both.every(Boolean) && (both as [Item, Item]);
    });
    expect(xid).toMatchObject({
      kind: "XID",
      code: "79",
      severity: "CRITICAL",
      message: "XID 79: the GPU has fallen off the bus.",
      // The kernel's log tells it, too: that is the same one.
      source: "EXPORTER",
      // As many as the exporter counts in its latest five minutes: one a minute.
      occurrences: 5,
      active: true,
      clearedAt: null,
      cluster: { name: LAB },
      gpu: {
        uuid: xid.device,
        lastXid: 79,
        health: {
          status: "CRITICAL",
          reasons: expect.arrayContaining([
            "XID 79: the GPU has fallen off the bus.",
            expect.stringMatching(/^XID 62: its own processor halted\. It was told with python3 \(process \d+\)\.$/),
          ]),
        },
      },
    });
    // One that never reaches the exporter: by its address on the bus, it is the same device's.
    expect(silent).toMatchObject({ device: xid.device, source: "KERNEL_LOG", severity: "CRITICAL", active: true });
    const { gpu } = await done(
      `{ gpu(uuid: "${xid.device}") { health { events(limit: 5) { id kind } } node: cluster { id gpuNodes { gpus { uuid health { status } } } } } }`,
    );
    expect(gpu.health.events.map(({ id }: Item) => id).toSorted()).toEqual([xid.id, silent.id].toSorted());
    const states = gpu.node.gpuNodes.flatMap(({ gpus }: { gpus: { health: { status: string } }[] }) =>
      gpus.map(({ health }) => health.status),
    );
    expect(states.toSorted()).toEqual(["CRITICAL", ...Array.from({ length: 14 }, () => "OK")]);
  });

  it("names a GPU that its node should have and that nobody ever saw by its place", async () => {
    const missing = await found(`(filter: { kinds: [MISSING] })`, `${FIELDS} gpu { uuid } node { name }`);
    expect(missing).toMatchObject({
      device: "lab-gpu-1-gpu-0/7",
      nodeName: "lab-gpu-1-gpu-0",
      node: { name: "lab-gpu-1-gpu-0" },
      code: "NOT_SEEN",
      severity: "CRITICAL",
      source: "INVENTORY",
      occurrences: 1,
      gpu: null,
    });
  });

  it("tells of a GPU that falls off the bus and comes back, once each, and keeps when that was", async () => {
    const selector = `selector: { labelSelector: "tier=gold" }`;
    const { gpuNodes } = await until("all GPUs are collected", async () => {
      const rows = await graph.platform.database.prisma.gpuCollection.findMany();
      if (!rows.some(({ devices }) => Object.keys(devices as object).length === 8)) return null;
      return await done(`{ gpuNodes(filter: { ${selector} }) { items { nodeName gpus { uuid } } } }`);
    });
    const [{ nodeName, gpus }] = gpuNodes.items;
    const device = gpus[1].uuid;
    fleet.loseGpu(WEST, device);
    const lost = await found(`(filter: { kinds: [MISSING], device: "${device}", active: true })`);
    expect(lost).toMatchObject({ nodeName, cluster: { name: WEST } });
    expect((await events(`(filter: { ${selector}, kinds: [MISSING] })`)).total).toBe(1);
    fleet.loseGpu(WEST, device, false);
    const back = await found(`(filter: { device: "${device}", active: false })`);
    expect(back).toMatchObject({ id: lost.id, active: false, clearedAt: expect.any(String) });
    const told = await until("both are told", async () => {
      const { eventHistory } = await done(
        `{ eventHistory(first: 1000, filter: { eventTypes: [GPU_HEALTH] }) { items { event { ... on GPUHealthChanged { device clearedAt cluster { name } payload } } } } }`,
      );
      const its = eventHistory.items.filter(({ event }: { event: { device: string } }) => event.device === device);
      return its.length === 2 && its;
    });
    expect(told).toMatchObject([
      { event: { clearedAt: null, cluster: { name: WEST }, payload: { health_event_id: lost.id, kind: "MISSING" } } },
      { event: { clearedAt: expect.any(String), payload: { health_event_id: lost.id, node_name: nodeName } } },
    ]);
  }, 30_000);

  it("is found by kind, severity, node, device, time and cluster, in pages", async () => {
    const all = await until("the lab's events", async () => {
      const page = await events(`(filter: { selector: { labelSelector: "tier=lab" } })`);
      return page.total === 3 && page;
    });
    const [first] = all.items;
    const ids = async (filter: string) => (await events(`(filter: { ${filter} })`)).items.map(({ id }) => id);
    const lab = `selector: { labelSelector: "tier=lab" }`;
    expect(await ids(`${lab}, severities: [CRITICAL], active: true`)).toHaveLength(3);
    expect(await ids(`${lab}, severities: [INFO, WARNING]`)).toEqual([]);
    expect(await ids(`${lab}, active: false`)).toEqual([]);
    expect(await ids(`node: "lab-gpu-1-gpu-1"`)).toEqual([]);
    expect(await ids(`device: "${first?.device}"`)).toContain(first?.id);
    expect(await ids(`${lab}, range: { start: "2020-01-01T00:00:00Z", duration: "1d" }`)).toEqual([]);
    expect(await ids(`${lab}, range: { duration: "5m" }`)).toHaveLength(3);
    const { gpuHealthEvents } = await done(
      `{ gpuHealthEvents(filter: { ${lab} }, page: 2, pageSize: 1) { total page totalPages items { id } } }`,
    );
    expect(gpuHealthEvents).toEqual({ total: 3, page: 2, totalPages: 3, items: [{ id: all.items[1]?.id }] });
  });

  it("of a cluster out of scope is not there, also by its GPU", async () => {
    const { device } = await found(`(filter: { selector: { labelSelector: "tier=lab" } })`);
    const asElse = (query: string) => done(query, ELSEWHERE);
    const { gpuHealthEvents } = await asElse(`{ gpuHealthEvents { items { cluster { name } } } }`);
    expect(gpuHealthEvents.items.map(({ cluster }: { cluster: { name: string } }) => cluster.name)).not.toContain(LAB);
    expect(await asElse(`{ gpuHealthEvents(filter: { device: "${device}" }) { total } }`)).toEqual({
      gpuHealthEvents: { total: 0 },
    });
  });

  it("goes on without the kernels' log, and says that this is not known", async () => {
    const gaps = async () =>
      (await done(`{ gpuHealthEvents { gaps { clusterName cluster { name } reason } } }`)).gpuHealthEvents.gaps;
    expect(await gaps()).toEqual([]);
    await fleet.setFault(LAB, "loki", "refuse");
    const [gap, ...others] = await until("the gap is known", async () => {
      const found = await gaps();
      return found.length > 0 && found;
    });
    expect(gap).toMatchObject({
      clusterName: LAB,
      cluster: { name: LAB },
      reason: expect.stringMatching(/^The kernels' log: /),
    });
    expect(others).toEqual([]);
    expect((await events(`(filter: { selector: { labelSelector: "tier=lab" }, active: true })`)).total).toBe(3);
    await fleet.setFault(LAB, "loki", null);
  });

  it("stays as it was while its cluster does not answer, and refuses what means nothing", async () => {
    await fleet.setFault(LAB, "prometheus", "refuse");
    const standing = await events(`(filter: { selector: { labelSelector: "tier=lab" }, active: true })`);
    await until("the failure is kept", async () =>
      (await graph.platform.database.prisma.gpuCollection.findMany()).find(
        ({ lastError }) => lastError !== null && !lastError.startsWith("The kernels"),
      ),
    );
    expect(await events(`(filter: { selector: { labelSelector: "tier=lab" }, active: true })`)).toMatchObject({
      total: standing.total,
      items: standing.items.map(({ id }) => ({ id, active: true })),
    });
    await fleet.setFault(LAB, "prometheus", null);
    for (const [query, code] of [
      [`{ gpuHealthEvents(filter: { node: "" }) { total } }`, "BAD_USER_INPUT"],
      [`{ gpuHealthEvents(filter: { range: { duration: "soon" } }) { total } }`, "INVALID_DURATION"],
      [
        `{ gpuHealthEvents(filter: { selector: { ids: ["3f0f8a52-5c1c-4a53-8a53-0f1d1f4f6c11"] } }) { total } }`,
        "CLUSTER_NOT_FOUND",
      ],
    ]) {
      const { errors } = await graph.ask(query ?? "", {}, { token: ADMIN });
      expect(errors?.[0]?.extensions["code"]).toBe(code);
    }
  });
});
