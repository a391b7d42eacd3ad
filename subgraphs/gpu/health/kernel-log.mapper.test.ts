import { describe, expect, it } from "vitest";
import { busOf, readXids } from "./kernel-log.mapper.ts";
import { kernelQuery } from "./kernel-log.watch.ts";

const NANOS = "1795384262123456789";
const read = (line: string, labels: Record<string, string> = { node: "gpu-1" }, own?: Record<string, string>) =>
  readXids([{ labels, hash: "h", rows: [own ? [NANOS, line, { structuredMetadata: own }] : [NANOS, line]] }]);

describe("a line of the kernel's log", () => {
  it.each<[string, object]>([
    [
      "NVRM: Xid (PCI:0000:3b:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.",
      { bus: "0000:3b:00", code: "79", pid: null, process: null },
    ],
    [
      "[511012.1] NVRM: Xid (PCI:0000:3B:00): 31, pid=4711, name=python3, Ch 00000008, intr 10000000. MMU Fault: ENGINE GRAPHICS",
      { bus: "0000:3b:00", code: "31", pid: 4711, process: "python3" },
    ],
    [
      "NVRM: Xid (PCI:0000:5d:00 GPU-I:03): 94, pid=7194, name=vllm, Ch 00000009",
      { bus: "0000:5d:00", code: "94", pid: 7194 },
    ],
    ["NVRM: Xid (PCI:0000:01:00): 79, pid=1122, GPU has fallen off the bus.", { code: "79", pid: 1122, process: null }],
    ["NVRM: Xid (PCI:0000:06:00): 43, Ch 0000000a, engmask 00000101", { code: "43", pid: null, process: null }],
    ["NVRM: Xid (0000:03:00): 6, PE0001", { bus: "0000:03:00", code: "6" }],
    [
      "NVRM: Xid (PCI:0001:00:00): 154, GPU recovery action changed from 0x0 (None) to 0x2 (Node Reboot Required)",
      { bus: "0001:00:00", code: "154", pid: null },
    ],
  ])("tells an XID: %s", (line, told) => {
    expect(read(line)).toMatchObject({
      xids: [{ node: "gpu-1", at: new Date(1_795_384_262_123), ...told }],
      unplaced: 0,
    });
  });

  it.each([
    "NVRM: GPU at PCI:0000:3b:00: GPU-b850f46d-d5ea-c752-ddf3-c56781461b6e",
    "NVRM: Xid (PCI:bad): 79, pid=1",
    "nvidia: somebody wrote of NVRM: Xid errors",
  ])("tells none: %s", (line) => {
    expect(read(line)).toEqual({ xids: [], unplaced: 0 });
  });

  const XID = "NVRM: Xid (PCI:0000:3b:00): 62, pid=9, name=python3, 32a8(42d8) 8503d7f8 00000000";
  it.each<[string, Record<string, string>, Record<string, string> | undefined, string | null]>([
    [XID, { job: "systemd-journal", nodename: "gpu-1" }, undefined, "gpu-1"],
    [XID, { log_type: "infrastructure", kubernetes_host: "gpu-1.example.com" }, undefined, "gpu-1.example.com"],
    [XID, { service_name: "unknown_service" }, { k8s_node_name: "gpu-1" }, "gpu-1"],
    [XID, { job: "journal", instance: "gpu-1:9080" }, undefined, "gpu-1"],
    [`Nov 23 07:26:35 gpu-1 kernel: ${XID}`, { filename: "/var/log/messages" }, undefined, "gpu-1"],
    [JSON.stringify({ hostname: "gpu-1", message: XID }), { log_type: "infrastructure" }, undefined, "gpu-1"],
    [XID, { job: "journal" }, undefined, null],
  ])("is of the node that its labels or the line name: %s %o", (line, labels, own, node) => {
    const { xids, unplaced } = read(line, labels, own);
    expect([xids.map((xid) => xid.node), unplaced]).toEqual(node === null ? [[], 1] : [[node], 0]);
  });
});

it("has a bus address that can be compared, whoever writes it", () => {
  expect(["00000000:3B:00.0", "0000:3b:00", "3b:00.0", "0000:3B:00.0"].map(busOf)).toEqual(Array(4).fill("0000:3b:00"));
  expect(busOf("00000001:00:00.0")).toBe("0001:00:00");
  expect(["", null, "PCI", "3b"].map(busOf)).toEqual([null, null, null, null]);
});

it("asks for lines of nodes' journals by a label that all streams have, whatever it is called", () => {
  expect(kernelQuery(["job", "namespace", "pod", "service_name", "unit"])).toBe(
    `{service_name=~".+",pod=""} |= "NVRM: Xid"`,
  );
  expect(kernelQuery(["kubernetes_pod_name", "log_type"])).toBe(
    `{log_type=~".+",kubernetes_pod_name=""} |= "NVRM: Xid"`,
  );
  expect(kernelQuery(["app"])).toBeNull();
});
