import { afterAll, beforeAll, expect, it } from "vitest";
import type { DemoFleet } from "../../demo/fleet.ts";
import { enrolledFleet } from "../support/demo.ts";
import { startGraph, type TestGraph } from "../support/graph.ts";
import { describeModes } from "../support/modes.ts";
import { until } from "../support/until.ts";

interface Device {
  uuid: string;
  alerts: { alertname: string; gpus: { uuid: string }[] }[] | null;
}

await describeModes("A GPU and its alerts", (mode) => {
  let graph: TestGraph;
  let fleet: DemoFleet;

  beforeAll(async () => {
    graph = await startGraph({ mode, jobs: true, env: { AIOPS_ALERT_POLL_MS: "1000", AIOPS_UPSTREAM_REST_MS: "50" } });
    fleet = await enrolledFleet(graph, { clusters: 5 });
  });
  afterAll(async () => {
    await graph[Symbol.asyncDispose]();
    await fleet.close();
  });

  const devices = async (): Promise<Device[]> => {
    const { data, errors } = await graph.ask(
      `{ gpuNodes(pageSize: 100) { items { gpus { uuid alerts { alertname gpus { uuid } } } } } }`,
    );
    if (!data) throw new Error(JSON.stringify(errors));
    return data.gpuNodes.items.flatMap(({ gpus }: { gpus: Device[] }) => gpus);
  };

  it("lead to each other, over the subgraphs of both, for the device that the labels name and no other", async () => {
    const all = await until("an alert about a GPU is known", async () => {
      const found = await devices();
      return found.some(({ alerts }) => alerts?.length) && found;
    });
    const troubled = all.filter(({ alerts }) => alerts?.length);
    expect(troubled.length).toBeLessThan(all.length);
    for (const { uuid, alerts } of troubled) {
      for (const alert of alerts ?? []) expect(alert.gpus.map((gpu) => gpu.uuid)).toContain(uuid);
    }
  });
});
