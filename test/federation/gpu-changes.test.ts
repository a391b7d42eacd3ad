import { afterAll, beforeAll, expect, it } from "vitest";
import type { DemoFleet } from "../../demo/fleet.ts";
import { enrolledFleet } from "../support/demo.ts";
import { startGraph, type TestGraph } from "../support/graph.ts";
import { describeModes } from "../support/modes.ts";
import { until } from "../support/until.ts";

const WEST = "prod-west-1";

await describeModes("Changes of GPUs", (mode) => {
  let graph: TestGraph;
  let fleet: DemoFleet;
  beforeAll(async () => {
    graph = await startGraph({ mode, jobs: true, env: { AIOPS_GPU_POLL_MS: "500", AIOPS_ALERT_POLL_MS: "500" } });
    fleet = await enrolledFleet(graph, { clusters: 3 });
  });
  afterAll(async () => {
    await graph[Symbol.asyncDispose]();
    await fleet.close();
  });

  it("are collected without anybody asking, and told: a device that is lost as missing, and its return", async () => {
    const collected = await until("the GPUs are collected", async () => {
      const rows = await graph.platform.database.prisma.gpuCollection.findMany();
      return rows.find(({ devices }) => Object.keys(devices as object).length === 8);
    });
    const [uuid = ""] = Object.keys(collected.devices as object);
    const changes = async (presence: string) => {
      const { data, errors } = await graph.ask(
        `{ eventHistory(first: 1000) { items { event { eventType ... on GPUUpdated { cluster { name } gpuNode { nodeName gpus { uuid } } gpus { uuid presence utilizationGpuPercent name } payload } } } } }`,
      );
      expect(errors).toBeUndefined();
      return data.eventHistory.items
        .map(({ event }: { event: { gpus?: { uuid: string; presence: string }[] } }) => event)
        .filter((event: { gpus?: { uuid: string; presence: string }[] }) =>
          event?.gpus?.some((gpu) => gpu.uuid === uuid && gpu.presence === presence),
        );
    };
    expect(await changes("MISSING")).toEqual([]);
    const seenBefore = (await changes("PRESENT")).length;
    fleet.loseGpu(WEST, uuid);
    const [lost] = await until("the loss is told", async () => {
      const found = await changes("MISSING");
      return found.length > 0 && found;
    });
    expect(lost).toMatchObject({
      eventType: "GPU_UPDATE",
      cluster: { name: WEST },
      gpuNode: { nodeName: expect.any(String) },
    });
    expect(lost.gpus).toContainEqual({
      uuid,
      presence: "MISSING",
      utilizationGpuPercent: null,
      name: "NVIDIA A100-SXM4-80GB",
    });
    expect(lost.payload).toMatchObject({ cluster_name: WEST, node_name: lost.gpuNode.nodeName });
    expect(lost.gpuNode.gpus).toHaveLength(3);
    fleet.loseGpu(WEST, uuid, false);
    await until("the return is told", async () => (await changes("PRESENT")).length > seenBefore);
    expect(await changes("MISSING")).toHaveLength(1);
  }, 30_000);

  it("stay as they were last told while their cluster does not answer", async () => {
    const rows = () => graph.platform.database.prisma.gpuCollection.findMany();
    const [before] = await rows();
    await fleet.setFault(WEST, "prometheus", "refuse");
    const failed = await until("the failure is kept", async () =>
      (await rows()).find(({ lastError }) => lastError !== null),
    );
    expect(failed.devices).toEqual(before?.devices);
    await fleet.setFault(WEST, "prometheus", null);
  });

  it("are joined to the alerts that name them", async () => {
    fleet.setAlert(WEST, "GPUXIDErrors", "firing");
    const [alert] = await until("the alert is known", async () => {
      const { data, errors } = await graph.ask(
        `{ alerts(filter: { alertnames: ["GPUXIDErrors"] }) { items { labels cluster { name } gpus { uuid nodeName pods { name } } } } }`,
      );
      expect(errors).toBeUndefined();
      const ours = data.alerts.items.filter(({ cluster }: { cluster: { name: string } }) => cluster.name === WEST);
      return ours.length > 0 && ours;
    });
    expect(alert.gpus).toEqual([
      { uuid: alert.labels.UUID, nodeName: alert.labels.node, pods: [{ name: alert.labels.exported_pod }] },
    ]);
  });
});
