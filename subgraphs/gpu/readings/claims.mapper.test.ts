import { describe, expect, it } from "vitest";
import { gpuPools } from "../../shared/upstreams/kubernetes/gpu-pools.ts";
import { ResourceClaimObject } from "../../shared/upstreams/kubernetes/objects/resource-claim.ts";
import { ResourceSliceObject } from "../../shared/upstreams/kubernetes/objects/resource-slice.ts";
import { claimedDevices, mayBeClaimed, withClaim } from "./claims.mapper.ts";
import type { DeviceReading } from "./device.mapper.ts";

const DRIVER = "gpu.nvidia.com";
const CREATED = "2026-11-20T08:00:00Z";

interface Device {
  name: string;
  attributes: object;
}
const gpu = (index: number): Device => ({
  name: `gpu-${index}`,
  attributes: { type: { string: "gpu" }, uuid: { string: `GPU-${index}` }, index: { int: index } },
});
const part = (index: number, id: number): Device => ({
  name: `gpu-${index}-mig-3g40gb-${id}`,
  attributes: { type: { string: "mig" }, uuid: { string: `MIG-${id}` }, parentUUID: { string: `GPU-${index}` } },
});
/** As v1 has it; v1beta1 has attributes one level deeper. */
const slice = (devices: Device[], { generation = 1, count = 1, beta = false } = {}) =>
  ResourceSliceObject.parse({
    metadata: { name: "n1-gpu.nvidia.com-x7k2p", uid: "1", resourceVersion: "1", creationTimestamp: CREATED },
    spec: {
      driver: DRIVER,
      nodeName: "n1",
      pool: { name: "n1", generation, resourceSliceCount: count },
      devices: beta ? devices.map(({ name, attributes }) => ({ name, basic: { attributes } })) : devices,
    },
  });
const claim = (
  devices: string[],
  pods: string[],
  { driver = DRIVER, pool = "n1", adminAccess, allocationTimestamp }: Record<string, unknown> = {},
) =>
  ResourceClaimObject.parse({
    metadata: { name: "train-gpus", namespace: "ai", uid: "2", resourceVersion: "1", creationTimestamp: CREATED },
    spec: { devices: { requests: [{ name: "gpus", exactly: { deviceClassName: DRIVER } }] } },
    status: {
      allocation: {
        devices: { results: devices.map((device) => ({ request: "gpus", driver, pool, device, adminAccess })) },
        allocationTimestamp,
      },
      reservedFor: [
        ...pods.map((name) => ({ resource: "pods", name, uid: "3" })),
        { apiGroup: "example.com", resource: "machines", name: "m", uid: "4" },
      ],
    },
  });
const join = (slices: ReturnType<typeof slice>[], claims: ReturnType<typeof claim>[] | null) =>
  Object.fromEntries(
    [...claimedDevices(gpuPools(slices), claims)].map(([uuid, { allocated, pods, since }]) => [
      uuid,
      [allocated, pods.map(({ namespace, name }) => `${namespace}/${name}`).join(), since?.toISOString() ?? null],
    ]),
  );
const SINCE = "2026-11-20T08:00:00.000Z";

describe("devices that claims have", () => {
  it.each([false, true])("are those of their driver, pool and name (v1beta1: %s)", (beta) => {
    const others = [claim(["gpu-0"], ["x"], { pool: "n2" }), claim(["gpu-0"], ["x"], { driver: "gpu.amd.com" })];
    expect(join([slice([gpu(0), gpu(1)], { beta })], [claim(["gpu-1"], ["train-0"]), ...others])).toEqual({
      "GPU-0": [false, "", null],
      "GPU-1": [true, "ai/train-0", SINCE],
    });
  });

  it("are allocated to nobody where the claim is reserved for no pod", () => {
    expect(join([slice([gpu(0)])], [claim(["gpu-0"], [])])).toEqual({ "GPU-0": [true, "", SINCE] });
  });

  it("are not allocated by an administrator's access, which looks only", () => {
    expect(join([slice([gpu(0)])], [claim(["gpu-0"], ["exporter"], { adminAccess: true })])).toEqual({
      "GPU-0": [false, "", null],
    });
  });

  it("are as long allocated as the server says, where it says so", () => {
    const dated = claim(["gpu-0"], ["a", "b"], { allocationTimestamp: "2026-11-23T01:00:00Z" });
    expect(join([slice([gpu(0)])], [dated])).toEqual({ "GPU-0": [true, "ai/a,ai/b", "2026-11-23T01:00:00.000Z"] });
  });

  it("are in use where a part of them is, by the pods of all parts", () => {
    const slices = [slice([part(0, 1), part(0, 2), part(1, 3)])];
    const claims = [claim(["gpu-0-mig-3g40gb-1"], ["a"]), claim(["gpu-0-mig-3g40gb-2"], ["b"])];
    expect(join(slices, claims)).toEqual({ "GPU-0": [true, "ai/a,ai/b", SINCE], "GPU-1": [false, "", null] });
  });

  it("are of the highest generation alone", () => {
    const outdated = slice([gpu(7)], { generation: 1 });
    expect(join([outdated, slice([gpu(0)], { generation: 2 })], [claim(["gpu-7"], ["a"])])).toEqual({
      "GPU-0": [false, "", null],
    });
  });

  it("are not known where a slice of their pool is missing, or claims cannot be read", () => {
    expect(join([slice([gpu(0)], { count: 2 })], [claim(["gpu-0"], ["a"])])).toEqual({ "GPU-0": [null, "", null] });
    expect(join([slice([gpu(0)])], null)).toEqual({ "GPU-0": [null, "", null] });
  });

  it("are not there without a status: who waits has nothing", () => {
    const waiting = ResourceClaimObject.parse({ metadata: { name: "w", namespace: "ai" }, spec: {} });
    expect(join([slice([gpu(0)])], [waiting])).toEqual({ "GPU-0": [false, "", null] });
  });
});

const device = (given: Partial<DeviceReading>): DeviceReading => ({
  uuid: "GPU-0",
  node: "n1",
  index: 0,
  name: null,
  vendor: "NVIDIA",
  driverVersion: null,
  source: "DCGM_EXPORTER",
  values: {},
  instances: [],
  pods: [],
  signals: {},
  ...given,
});

describe("a device", () => {
  const claims = claimedDevices(gpuPools([slice([gpu(0)])]), [claim(["gpu-0"], ["train-0"])]);

  it("has the pods of its claim where its exporter tells none, and keeps those that it tells", () => {
    expect(withClaim(device({}), claims)).toMatchObject({
      claimed: true,
      podsBy: "KUBERNETES",
      pods: [{ namespace: "ai", name: "train-0" }],
    });
    const told = withClaim(device({ pods: [{ namespace: "ai", name: "by-exporter" }] }), claims);
    expect([told.claimed, told.podsBy, told.pods.map(({ name }) => name)]).toEqual([true, undefined, ["by-exporter"]]);
    expect(withClaim(device({ uuid: "GPU-9" }), claims)).toEqual(device({ uuid: "GPU-9" }));
  });

  it("is asked about only where its node offers none as a resource, and nobody tells its pods", () => {
    const nodes = (capacity: Record<string, number>) => new Map([["n1", { capacity, requested: 0, labels: null }]]);
    expect(mayBeClaimed({ devices: [device({})], nodes: nodes({}) })).toBe(true);
    expect(mayBeClaimed({ devices: [device({})], nodes: new Map() })).toBe(true);
    expect(mayBeClaimed({ devices: [device({})], nodes: nodes({ nvidia_com_gpu: 8 }) })).toBe(false);
    expect(mayBeClaimed({ devices: [device({ pods: [{ namespace: "a", name: "b" }] })], nodes: nodes({}) })).toBe(
      false,
    );
  });
});
