import { expect, it } from "vitest";
import type { GpuTarget } from "../readings/gpu-cluster.repository.ts";
import { type HeatmapKey, heatmapRows } from "./heatmap.mapper.ts";
import { tracksOf } from "./track.mapper.ts";

const window = { start: 0, end: 30, step: 15 };
const target = (name: string) => ({ id: name, name }) as GpuTarget;
const series = (gpu: string, values: (number | null)[], labels: Record<string, string> = {}) => ({
  metric: { __name__: "DCGM_FI_DEV_GPU_UTIL", UUID: `GPU-${gpu}`, gpu, Hostname: "n1", modelName: "H100", ...labels },
  values: values.flatMap((value, column): [number, string][] => (value === null ? [] : [[column * 15, String(value)]])),
});
const pod = (namespace: string, name = "p") => ({ exported_pod: name, exported_namespace: namespace });

const clusters = [
  {
    target: target("a"),
    tracks: tracksOf(
      [
        series("0", [10, 20, null], pod("ai")),
        series("1", [30, null, null]),
        // Two pods that share a device repeat what it measures.
        series("2", [50, 50, 50], { ...pod("ai", "x"), Hostname: "n2" }),
        series("2", [50, 50, 50], { ...pod("shop", "y"), Hostname: "n2" }),
      ],
      window,
    ),
  },
  { target: target("b"), tracks: tracksOf([series("0", [1, 2, 3], { modelName: "L40S" })], window) },
];
const rows = (by: HeatmapKey, most = 10) =>
  heatmapRows(clusters, { by, field: "utilizationGpuPercent", columns: 3, most });

it("is the mean of the devices that are known at a time, and null where none is", () => {
  expect(rows("NODE").rows.map(({ target: of, key, values }) => [of?.name, key, values])).toEqual([
    ["a", "n1", [20, 20, null]],
    ["a", "n2", [50, 50, 50]],
    ["b", "n1", [1, 2, 3]],
  ]);
});

it("has models over all clusters, and counts what pods share once in each namespace", () => {
  expect(rows("MODEL").rows.map(({ key, devices, values }) => [key, devices, values])).toEqual([
    ["H100", 3, [30, 35, 50]],
    ["L40S", 1, [1, 2, 3]],
  ]);
  expect(rows("NAMESPACE").rows.map(({ key, devices, values }) => [key, devices, values])).toEqual([
    ["ai", 2, [30, 35, 50]],
    ["shop", 1, [50, 50, 50]],
    [null, 2, [15.5, 2, 3]],
  ]);
});

it("has workloads by their namespace and name, and none for pods of which nobody tells one", () => {
  const workloadOf = (_: GpuTarget, { namespace }: { namespace: string }) => (namespace === "ai" ? "ai/train" : null);
  const { rows: found } = heatmapRows(clusters, {
    by: "WORKLOAD",
    field: "utilizationGpuPercent",
    columns: 3,
    most: 9,
    workloadOf,
  });
  expect(found.map(({ key, target: of, devices }) => [key, of, devices])).toEqual([
    ["ai/train", null, 2],
    [null, null, 3],
  ]);
});

it("keeps the rows with the highest mean where there are more than are wanted", () => {
  const { rows: kept, total } = rows("NODE", 2);
  expect([kept.map(({ target: of, key }) => `${of?.name}/${key}`), total]).toEqual([["a/n1", "a/n2"], 3]);
});
