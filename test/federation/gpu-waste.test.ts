import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { DemoFleet } from "../../demo/fleet.ts";
import { enrolledFleet } from "../support/demo.ts";
import { startGraph, type TestGraph } from "../support/graph.ts";
import { describeModes } from "../support/modes.ts";

const WEST = "prod-west-1";
const LAB = "lab-gpu-1";
const SUMS = `devices observedHours busyHours idleHours unallocatedHours outsidePodsHours unknownHours idleCost unallocatedCost unpricedDevices`;
const PRICES = `prices: [{ model: "nvidia h100 80gb hbm3", perHour: 2.5 }]`;

await describeModes("Waste and history of GPUs", (mode) => {
  let graph: TestGraph;
  let fleet: DemoFleet;

  beforeAll(async () => {
    graph = await startGraph({ mode });
    fleet = await enrolledFleet(graph, { clusters: 5 });
  });
  afterAll(async () => {
    await graph[Symbol.asyncDispose]();
    await fleet.close();
  });
  afterEach(async () => {
    await fleet.setFault(LAB, "prometheus", null);
    fleet.resetRequests();
  });

  const done = async (query: string) => {
    const { data, errors } = await graph.ask(query);
    expect(errors).toBeUndefined();
    return data;
  };
  const refused = async (query: string) => (await graph.ask(query)).errors?.[0]?.extensions["code"];
  const ranges = () => fleet.requests().filter(({ path }) => path === "/api/v1/query_range");

  it("tells what pods have and leave idle from what no pod has, in hours and money, by one request a cluster", async () => {
    const { gpuWaste } = await done(`{ gpuWaste(range: { duration: "4h" }, ${PRICES}) {
      start end stepSeconds complete unknown { reason } total { ${SUMS} }
      clusters { clusterName sums { devices idleHours } } models { model sums { idleHours idleCost unpricedDevices } }
      namespaces { namespace devices allocatedHours idleHours idleCost } outcomes { clusterName status skipReason }
      workloads(pageSize: 2) { total items { clusterName namespace kind name reason devices allocatedHours idleHours idleCost } }
      idleDevices { total items { clusterName nodeName uuid pods { namespace name } idleHours idleSince idleCost cluster { name } } } } }`);
    // 15 of the lab's 16 GPUs are seen, and 8 in the west: of 23, the notebook's is idle and two belong to nobody.
    expect(gpuWaste.total).toEqual({
      devices: 23,
      observedHours: 92,
      busyHours: 80,
      idleHours: 4,
      unallocatedHours: 8,
      outsidePodsHours: 0,
      unknownHours: 0,
      idleCost: 10,
      unallocatedCost: 20,
      unpricedDevices: 8,
    });
    expect(gpuWaste).toMatchObject({
      stepSeconds: 60,
      complete: true,
      unknown: [],
      clusters: [
        { clusterName: LAB, sums: { devices: 15, idleHours: 4 } },
        { clusterName: WEST, sums: { devices: 8, idleHours: 0 } },
      ],
      models: [
        { model: "NVIDIA H100 80GB HBM3", sums: { idleHours: 4, idleCost: 10, unpricedDevices: 0 } },
        { model: "NVIDIA A100-SXM4-80GB", sums: { idleHours: 0, idleCost: null, unpricedDevices: 8 } },
      ],
      namespaces: [
        { namespace: "ai-training", idleHours: 4, idleCost: 10 },
        // A GPU that six pods take turns on is one.
        { namespace: "ai-serving", devices: 14, allocatedHours: 56, idleHours: 0 },
      ],
    });
    const held = { clusterName: LAB, namespace: "ai-training", kind: "StatefulSet", reason: null };
    expect(gpuWaste.workloads).toMatchObject({
      total: 7,
      items: [
        { ...held, name: "notebook", devices: 1, allocatedHours: 4, idleHours: 4, idleCost: 10 },
        {
          namespace: "ai-serving",
          kind: "Deployment",
          name: "embeddings",
          devices: 6,
          allocatedHours: 24,
          idleHours: 0,
        },
      ],
    });
    expect(gpuWaste.idleDevices).toMatchObject({
      total: 1,
      items: [
        {
          clusterName: LAB,
          cluster: { name: LAB },
          pods: [{ namespace: "ai-training", name: "notebook-0" }],
          idleHours: 4,
          idleSince: gpuWaste.start,
          idleCost: 10,
        },
      ],
    });
    expect(
      ranges()
        .map(({ cluster }) => cluster)
        .toSorted(),
    ).toEqual(["edge-berlin-1", "hub-eu-1", LAB, "prod-east-1", WEST]);
  });

  it("judges by the rule that is given", async () => {
    const idle = async (args: string) =>
      (await done(`{ gpuWaste(range: { duration: "1h" }, ${args}) { total { idleHours busyHours } } }`)).gpuWaste.total;
    // The notebook holds more than half of its GPU's memory.
    expect(await idle("memoryBelowPercent: 10")).toMatchObject({ idleHours: 0 });
    expect(await idle("memoryBelowPercent: 99")).toMatchObject({ idleHours: 1 });
    expect(await idle(`idleFor: "1h"`)).toMatchObject({ idleHours: 1 });
    // Below 100 % is everything that a pod has.
    expect(await idle("idleBelowPercent: 100")).toMatchObject({ idleHours: 21, busyHours: 0 });
  });

  it("has a failed cluster as a row, and of its GPUs no hours", async () => {
    await fleet.setFault(LAB, "prometheus", "refuse");
    const { gpuWaste, gpuHeatmap } = await done(`{
      gpuWaste(range: { duration: "1h" }) { complete total { devices idleCost } clusters { clusterName } outcomes { clusterName status rows } }
      gpuHeatmap { complete rows { clusterName } outcomes { clusterName status error { code } } } }`);
    expect(gpuWaste).toMatchObject({ complete: false, total: { devices: 8, idleCost: null } });
    expect(gpuWaste.clusters).toEqual([{ clusterName: WEST }]);
    expect(gpuWaste.outcomes).toEqual([
      { clusterName: "edge-berlin-1", status: "SUCCESS", rows: 0 },
      { clusterName: "hub-eu-1", status: "SUCCESS", rows: 0 },
      { clusterName: LAB, status: "ERROR", rows: 0 },
      { clusterName: "prod-east-1", status: "SUCCESS", rows: 0 },
      { clusterName: WEST, status: "SUCCESS", rows: 40 },
    ]);
    expect(gpuHeatmap.complete).toBe(false);
    expect(new Set(gpuHeatmap.rows.map((row: { clusterName: string }) => row.clusterName))).toEqual(new Set([WEST]));
    expect(await refused(`{ gpuWaste(selector: { labelSelector: "tier=lab" }) { complete } }`)).toBe(
      "NO_CLUSTER_SUCCEEDED",
    );
  });

  it("is a matrix of rows and columns, within bounds", async () => {
    const map = async (args: string) =>
      (
        await done(
          `{ gpuHeatmap(${args}, range: { duration: "10m" }, step: "1m") { rows { key clusterName devices } columns values totalRows stepSeconds } }`,
        )
      ).gpuHeatmap;
    const nodes = await map("by: NODE, metric: POWER");
    expect(nodes.rows).toEqual([
      { key: "lab-gpu-1-gpu-0", clusterName: LAB, devices: 7 },
      { key: "lab-gpu-1-gpu-1", clusterName: LAB, devices: 8 },
      { key: "prod-west-1-gpu-0", clusterName: WEST, devices: 4 },
      { key: "prod-west-1-gpu-1", clusterName: WEST, devices: 4 },
    ]);
    expect(nodes.columns).toHaveLength(11);
    expect(nodes.values.map((row: number[]) => row.filter((watts) => watts > 36 && watts <= 700).length)).toEqual([
      11, 11, 11, 11,
    ]);
    expect((await map("by: MODEL")).rows.map(({ key }: { key: string }) => key)).toEqual([
      "NVIDIA A100-SXM4-80GB",
      "NVIDIA H100 80GB HBM3",
    ]);
    const namespaces = await map("by: NAMESPACE");
    expect(namespaces.rows).toEqual([
      { key: "ai-serving", clusterName: null, devices: 14 },
      { key: "ai-training", clusterName: null, devices: 7 },
      { key: null, clusterName: null, devices: 2 },
    ]);
    expect(namespaces.values[2]).toEqual(Array.from({ length: 11 }, () => 0));
    expect((await map("by: WORKLOAD")).rows).toEqual([
      { key: "ai-serving/embeddings", clusterName: null, devices: 10 },
      { key: "ai-serving/llm-inference", clusterName: null, devices: 4 },
      { key: "ai-training/notebook", clusterName: null, devices: 1 },
      { key: "ai-training/train", clusterName: null, devices: 6 },
      { key: null, clusterName: null, devices: 2 },
    ]);
    expect(await map("by: NAMESPACE, rows: 1")).toMatchObject({ rows: [{ key: "ai-training" }], totalRows: 3 });
  });

  it("is each GPU's own over a time, by one request a cluster and metric", async () => {
    const { gpuNodes } = await done(
      `{ gpuNodes { items { nodeName gpus { uuid mode utilizationGpuPercent
        power: history(metric: POWER, range: { duration: "2m" }, step: "30s") { times values stepSeconds warnings }
        used: history(metric: MEMORY_USED, range: { duration: "2m" }, step: "30s") { values } } } } }`,
    );
    const gpus = gpuNodes.items.flatMap((node: { gpus: object[] }) => node.gpus);
    expect(gpus).toHaveLength(23);
    for (const { power, used } of gpus) {
      expect(power).toMatchObject({ stepSeconds: 30, warnings: [] });
      expect(power.times).toHaveLength(5);
      expect(power.values.every((watts: number | null) => watts !== null && watts > 30)).toBe(true);
      expect(used.values.every((mib: number | null) => mib !== null)).toBe(true);
    }
    expect(
      ranges()
        .map(({ cluster }) => cluster)
        .toSorted(),
    ).toEqual([LAB, LAB, WEST, WEST]);
  });

  it("is unknown where nothing was measured, which is not 0", async () => {
    const { gpuNodes } = await done(`{ gpuNodes { items { gpus { uuid } } } }`);
    const { uuid } = gpuNodes.items[0].gpus[0];
    const { gpu } = await done(
      `{ gpu(uuid: "${uuid}") { history(metric: POWER, range: { start: "2001-01-01T00:00:00Z", duration: "1m" }, step: "30s") { values warnings } } }`,
    );
    expect(gpu.history).toEqual({ values: [null, null, null], warnings: ["No exporter told it in this time."] });
  });

  it("refuses what means nothing before any cluster is asked", async () => {
    const heat = (args: string) => `{ gpuHeatmap(${args}) { totalRows } }`;
    const wasted = (args: string) => `{ gpuWaste(${args}) { complete } }`;
    for (const [query, code] of [
      [heat(`range: { duration: "7d" }, step: "1m"`), "TOO_MANY_POINTS"],
      [heat(`step: "often"`), "INVALID_DURATION"],
      [heat(`rows: 201`), "BAD_USER_INPUT"],
      [wasted(`idleFor: "2d"`), "INVALID_DURATION"],
      [wasted(`range: { duration: "32d" }`), "INVALID_TIME_RANGE"],
      [wasted(`idleBelowPercent: 0`), "BAD_USER_INPUT"],
      [wasted(`prices: [{ model: "", perHour: 1 }]`), "BAD_USER_INPUT"],
      [wasted(`prices: [{ model: "x", perHour: -1 }]`), "BAD_USER_INPUT"],
    ]) {
      expect([query, await refused(query ?? "")]).toEqual([query, code]);
    }
    expect(ranges()).toEqual([]);
  });
});
