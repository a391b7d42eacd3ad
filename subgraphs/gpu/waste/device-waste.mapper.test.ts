import { expect, it } from "vitest";
import { type Track, tracksOf } from "../history/track.mapper.ts";
import type { GpuTarget } from "../readings/gpu-cluster.repository.ts";
import { tellersOf, wasteOf } from "./device-waste.mapper.ts";
import { byNamespace, Rates, sumsOf, unknownOf } from "./waste.mapper.ts";

// Ten steps of ten minutes.
const window = { start: 600, end: 6000, step: 600 };
const target = { id: "c1", name: "lab" } as GpuTarget;
const BUSY = "DCGM_FI_DEV_GPU_UTIL";
const USED = "DCGM_FI_DEV_FB_USED";
const FREE = "DCGM_FI_DEV_FB_FREE";

type Values = (number | null)[];
const tens = (value: number | null): Values => Array.from({ length: 10 }, () => value);

/** A series of a device's metric, over the ten steps. */
const series = (name: string, gpu: string, values: Values, labels: Record<string, string> = {}) => ({
  metric: { __name__: name, UUID: `GPU-${gpu}`, gpu: "0", Hostname: "gpu-1", modelName: "NVIDIA H100", ...labels },
  values: values.flatMap((value, column): [number, string][] =>
    value === null ? [] : [[window.start + column * window.step, String(value)]],
  ),
});
const pod = (name: string, namespace = "ai") => ({ exported_pod: name, exported_namespace: namespace });

function judged(
  tracks: Track[],
  rule: { belowPercent?: number; forSeconds?: number; memoryBelowPercent?: number } = {},
) {
  const whole = { belowPercent: 5, forSeconds: 1800, memoryBelowPercent: 100, ...rule };
  const tellPods = tellersOf(tracks);
  return tracks.map((track) => wasteOf(target, track, { rule: whole, window, tellPods }));
}

it("is idle where a pod has a device and leaves it alone for long enough; a shorter pause belongs to work", () => {
  const [device] = judged(tracksOf([series(BUSY, "a", [90, 4, 4, 90, 4, 4, 4, 90, 0, 0], pod("train-0"))], window));
  // Two columns are 20 minutes, three are 30; the last two may become long enough, and are not yet.
  expect(device?.steps).toMatchObject({ BUSY: 7, IDLE: 3, UNALLOCATED: 0, UNKNOWN: 0 });
  expect(device?.idleSince).toBeNull();
  const [late] = judged(tracksOf([series(BUSY, "a", [90, 9, 9, 9, 9, 9, 9, 0, 0, 0], pod("train-0"))], window));
  expect(late).toMatchObject({ steps: { BUSY: 7, IDLE: 3 }, idleSince: 600 + 6 * 600 });
});

it("tells what no pod has from what pods have, and from what is used outside pods", () => {
  const devices = judged(
    tracksOf(
      [
        series(BUSY, "a", tens(0), pod("notebook-0")),
        series(BUSY, "b", tens(0)),
        series(BUSY, "c", [0, 0, 0, 0, 60, 60, 60, 0, 0, 0]),
      ],
      window,
    ),
  );
  expect(sumsOf(devices, new Rates(window.step, []))).toEqual({
    devices: 3,
    observedHours: 5,
    busyHours: 0,
    idleHours: 1.67,
    unallocatedHours: 2.83,
    outsidePodsHours: 0.5,
    unknownHours: 0,
    idleCost: null,
    unallocatedCost: null,
    unpricedDevices: 3,
  });
});

it("costs what its model costs, without regard to case, and names those without a price", () => {
  const devices = judged(
    tracksOf(
      [
        series(BUSY, "a", tens(0), pod("notebook-0")),
        series(BUSY, "b", tens(0), { ...pod("notebook-1", "lab"), modelName: "AMD Instinct" }),
        series(BUSY, "c", tens(0)),
      ],
      window,
    ),
  );
  const rates = new Rates(window.step, [{ model: "nvidia h100", perHour: 3 }]);
  // 100 minutes each, at 3 an hour.
  expect(sumsOf(devices, rates)).toMatchObject({ idleCost: 5, unallocatedCost: 5, unpricedDevices: 1 });
  expect(byNamespace(devices, rates)).toEqual([
    { namespace: "ai", devices: 1, allocatedHours: 1.67, idleHours: 1.67, idleCost: 5, unpricedDevices: 0 },
    { namespace: "lab", devices: 1, allocatedHours: 1.67, idleHours: 1.67, idleCost: null, unpricedDevices: 1 },
  ]);
});

it("counts a device once that pods share, as none's where they are of several namespaces", () => {
  const shared = ["ai", "ai", "shop"].map((namespace, turn) =>
    series(BUSY, "a", tens(0), { ...pod(`p-${turn}`, namespace), vgpu: String(turn) }),
  );
  const devices = judged(tracksOf(shared, window));
  const rates = new Rates(window.step, []);
  expect(sumsOf(devices, rates)).toMatchObject({ devices: 1, observedHours: 1.67, idleHours: 1.67 });
  expect(byNamespace(devices, rates)).toMatchObject([{ namespace: null, devices: 1, idleHours: 1.67 }]);
});

it("counts one that is divided once, idle where all its parts are", () => {
  const part = (id: string, values: Values, labels = {}) =>
    series("DCGM_FI_PROF_GR_ENGINE_ACTIVE", "a", values, { GPU_I_ID: id, GPU_I_PROFILE: "3g.40gb", ...labels });
  const devices = judged(
    tracksOf([part("1", [0, 0, 0, 0, 0, 0, 0, 0.6, 0.6, 0.6], pod("p-0")), part("2", tens(0), pod("p-1"))], window),
  );
  expect(devices.map(({ steps }) => steps)).toMatchObject([{ IDLE: 7, BUSY: 3 }]);
});

it("does not know, and says why, where the rule cannot be judged", () => {
  const rates = new Rates(window.step, []);
  const noPods = judged(tracksOf([series(BUSY, "a", tens(0))], window));
  expect(noPods[0]?.steps).toMatchObject({ UNKNOWN: 10, IDLE: 0, UNALLOCATED: 0 });
  const noActivity = judged(tracksOf([series(USED, "a", tens(100), pod("p-0"))], window));
  const noMemory = judged(tracksOf([series(BUSY, "a", tens(0), pod("p-0"))], window), { memoryBelowPercent: 10 });
  expect([noPods, noActivity, noMemory].flatMap((each) => unknownOf(each, rates))).toMatchObject([
    { reason: "Nobody tells which pods have GPUs in its cluster.", devices: 1, hours: 1.67 },
    { reason: "Nobody tells how busy it was.", devices: 1 },
    { reason: "Nobody tells how much of its memory was in use." },
  ]);
  expect(sumsOf(noMemory, rates)).toMatchObject({ idleHours: 0, busyHours: 0, unknownHours: 1.67 });
});

it("asks for memory, too, where a rule about it is given", () => {
  const tracks = tracksOf(
    [
      series(BUSY, "a", tens(0), pod("p-0")),
      series(USED, "a", [8, 8, 8, 8, 8, 20, 20, 20, 20, 20], pod("p-0")),
      series(FREE, "a", [92, 92, 92, 92, 92, 80, 80, 80, 80, 80], pod("p-0")),
    ],
    window,
  );
  expect(judged(tracks, { memoryBelowPercent: 10 })[0]?.steps).toMatchObject({ IDLE: 5, BUSY: 5 });
  expect(judged(tracks)[0]).toMatchObject({ steps: { IDLE: 10 }, memoryUsedMb: 20 });
});

it("leaves out when a device was not seen: that is neither idle nor unallocated", () => {
  const [device] = judged(
    tracksOf([series(BUSY, "a", [0, 0, null, null, null, null, 0, 0, 0, null], pod("p-0"))], window),
  );
  expect(device?.steps).toMatchObject({ UNSEEN: 5, BUSY: 2, IDLE: 3 });
  expect(device).toMatchObject({ idleSince: 600 + 5 * 600, pods: [{ name: "p-0" }] });
});
