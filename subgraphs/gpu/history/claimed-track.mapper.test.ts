import { expect, it } from "vitest";
import type { ClaimedDevice } from "../readings/claims.mapper.ts";
import type { GpuTarget } from "../readings/gpu-cluster.repository.ts";
import { wasteOf } from "../waste/device-waste.mapper.ts";
import { silentNodes, withClaims } from "./claimed-track.mapper.ts";
import { tracksOf } from "./track.mapper.ts";

const window = { start: 600, end: 3000, step: 600 };
const series = (gpu: string, node: string, labels: Record<string, string> = {}) => ({
  metric: { __name__: "DCGM_FI_DEV_GPU_UTIL", UUID: `GPU-${gpu}`, gpu: "0", Hostname: node, ...labels },
  values: [600, 1200, 1800, 2400, 3000].map((time): [number, string] => [time, "0"]),
});
const tracks = tracksOf(
  [
    series("a", "silent"),
    series("b", "silent"),
    series("c", "told", { exported_pod: "p", exported_namespace: "ai" }),
    series("d", "told"),
  ],
  window,
);
const POD = { namespace: "ai", name: "train-0" };
const claimed = (given: Partial<ClaimedDevice> = {}): ClaimedDevice => ({
  allocated: true,
  pods: [POD],
  since: new Date(0),
  ...given,
});
const joined = (claim: ClaimedDevice) => withClaims(tracks, new Map([["GPU-a", claim]]), window);
const steps = (claim: ClaimedDevice) => {
  const [track] = joined(claim);
  if (!track) throw new Error("There is no track.");
  const rule = { belowPercent: 5, forSeconds: 600, memoryBelowPercent: 100 };
  const waste = wasteOf({ id: "c" } as GpuTarget, track, { rule, window, tellPods: new Set(["DCGM_EXPORTER"]) });
  return [Object.fromEntries(Object.entries(waste.steps).filter(([, count]) => count > 0)), waste.reason];
};

it("asks about nodes of whose devices no exporter told a pod", () => {
  expect([...silentNodes(tracks)]).toEqual(["silent"]);
});

it("has the pods of its claim since it was allocated, and on nodes where exporters tell them, theirs", () => {
  const all = withClaims(
    tracks,
    new Map(["a", "c", "d"].map((gpu) => [`GPU-${gpu}`, claimed({ since: new Date(1_200_000) })])),
    window,
  );
  expect(all.map(({ pods }) => pods.map(({ length }) => length))).toEqual([
    [0, 1, 1, 1, 1],
    [0, 0, 0, 0, 0],
    [1, 1, 1, 1, 1],
    [0, 0, 0, 0, 0],
  ]);
});

it("is wasted where it is allocated and idle, also where it is reserved for no pod; before that, nobody knows", () => {
  expect(steps(claimed())).toEqual([{ IDLE: 5 }, null]);
  expect(steps(claimed({ pods: [] }))).toEqual([{ IDLE: 5 }, null]);
  expect(steps(claimed({ since: new Date(1_800_000) }))).toEqual([
    { IDLE: 3, UNKNOWN: 2 },
    expect.stringMatching(/claims/),
  ]);
});

it("is unallocated as far as anybody knows, which is now, and unknown where claims cannot be read", () => {
  expect(steps(claimed({ allocated: false, pods: [], since: null }))).toEqual([
    { UNALLOCATED: 1, UNKNOWN: 4 },
    expect.any(String),
  ]);
  expect(steps(claimed({ allocated: null, pods: [], since: null }))).toEqual([{ UNKNOWN: 5 }, expect.any(String)]);
});
