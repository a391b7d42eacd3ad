import { expect, it } from "vitest";
import { placesIn, SmiPod } from "./smi-pod.mapper.ts";

interface Given {
  name: string;
  labels: Record<string, string>;
  container: string;
  node?: string;
  hostPID?: boolean;
  phase?: string;
}

const pod = ({ name, labels, container, node = "n", hostPID, phase = "Running" }: Given): SmiPod =>
  SmiPod.parse({
    metadata: { name, namespace: "gpu-operator", labels },
    spec: { nodeName: node, hostPID, containers: [{ name: "sidecar" }, { name: container }] },
    status: { phase },
  });

const driver = pod({
  name: "driver",
  labels: { app: "nvidia-driver-daemonset-418.94", "app.kubernetes.io/component": "nvidia-driver" },
  container: "nvidia-driver-ctr",
  hostPID: true,
});
const plugin = pod({
  name: "plugin",
  labels: { app: "nvidia-device-plugin-daemonset" },
  container: "nvidia-device-plugin",
});
const exporter = pod({ name: "dcgm", labels: { app: "nvidia-dcgm-exporter" }, container: "nvidia-dcgm-exporter" });

it.each<[string, SmiPod[], string | undefined, boolean]>([
  ["the driver's, which sees the node's processes", [exporter, driver, plugin], "driver", true],
  ["the device plugin's, where the driver is the node's own", [exporter, plugin], "plugin", false],
  ["the exporter's", [exporter], "dcgm", false],
])("nvidia-smi is run in the best pod of a node: %s", (_, pods, name, seesProcesses) => {
  expect([...placesIn(pods).values()]).toEqual([
    { node: "n", namespace: "gpu-operator", pod: name, container: expect.stringMatching(/^nvidia-/), seesProcesses },
  ]);
});

it.each<[string, Given]>([
  ["another label", { name: "x", labels: { app: "workload" }, container: "nvidia-driver-ctr" }],
  [
    "a label that only begins alike",
    { name: "x", labels: { app: "nvidia-dcgm-exporter-2" }, container: "nvidia-dcgm-exporter" },
  ],
  ["another container", { name: "x", labels: { app: "nvidia-dcgm-exporter" }, container: "shell" }],
  ["no node yet", { name: "x", labels: { app: "nvidia-dcgm-exporter" }, container: "nvidia-dcgm-exporter", node: "" }],
  [
    "an end",
    { name: "x", labels: { app: "nvidia-dcgm-exporter" }, container: "nvidia-dcgm-exporter", phase: "Failed" },
  ],
])("nvidia-smi is never run in a pod with %s", (_, given) => {
  expect([...placesIn([pod(given)])]).toEqual([]);
});
