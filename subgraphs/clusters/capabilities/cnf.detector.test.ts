import { describe, expect, it } from "vitest";
import { z } from "zod";
import { recording } from "../../../test/support/recordings.ts";
import type { ApiGroups } from "../../shared/upstreams/kubernetes/api-groups.ts";
import { NodeObject } from "../../shared/upstreams/kubernetes/objects/node.ts";
import { PartialObject } from "../../shared/upstreams/kubernetes/objects/partial.ts";
import { detectCnf } from "./cnf.detector.ts";
import type { Look } from "./look.detector.ts";
import { networkFunctionOf } from "./network-function.detector.ts";

const all = <T>(objects: T[], complete = true) => ({ seen: { objects, complete } });
const forbidden: Look<never> = { missed: { status: "FORBIDDEN", detail: "The API server forbids this." } };
const pod = (name: string, labels: Record<string, string> = {}): PartialObject =>
  PartialObject.parse({ metadata: { name, namespace: "ns", labels } });
const recordedPods = (name: string) =>
  z.object({ items: z.array(PartialObject) }).parse(recording("kubernetes-1.36", name).answer).items;
const groups = (...names: string[]): Look<ApiGroups> => ({ seen: new Map(names.map((name) => [name, ["v1"]])) });
const node = (capacity: Record<string, string>): NodeObject =>
  NodeObject.parse({ metadata: { name: "n" }, status: { capacity } });
const noNodes = all<NodeObject>([]);

describe("a network function", () => {
  it.each<[string, string | null]>([
    ["upf-0", "UPF"],
    ["open5gs-upf-7f9c5b6d4-x2x7k", "UPF"],
    ["free5gc-amf-0", "AMF"],
    ["smf", "SMF"],
    ["du-high-0", "VDU"],
    ["du-site1-0", "VDU"],
    ["du-7f9c5b6d4-x2x7k", "VDU"],
    ["oai-gnb-du-0", "VDU"],
    ["o-du-l2-0", "VDU"],
    ["cu-up-1", "VCU"],
    ["cu-cp-0", "VCU"],
    ["srs-cucp-0", "VCU"],
    ["vdu-1", "VDU"],
    ["core5g-nrf-0", "OTHER"],
    ["oai-gnb-0", "OTHER"],
    ["du-exporter-0", null],
    ["disk-du-0", null],
    ["upf-operator-7f9c5b6d4-x2x7k", null],
    ["amf-dashboard-0", null],
    ["checkout-7f9c5b6d4-x2x7k", null],
    ["constructor-0", null],
    ["cupid-0", null],
  ])("is told by the name %s: %s", (name, type) => {
    expect(networkFunctionOf(pod(name))).toEqual(type && { type, by: "name" });
  });

  it.each<[Record<string, string>, string | null, string | null]>([
    [{ "cnf-type": "vdu" }, "VDU", "label cnf-type"],
    [{ "cnf-type": "du" }, "VDU", "label cnf-type"],
    [{ "cnf-type": "firewall" }, "OTHER", "label cnf-type"],
    [
      { "app.kubernetes.io/component": "cu-cp", "app.kubernetes.io/name": "upf" },
      "VCU",
      "label app.kubernetes.io/component",
    ],
    [{ "app.kubernetes.io/name": "amf" }, "AMF", "label app.kubernetes.io/name"],
    [{ app: "smf", "app.kubernetes.io/component": "server" }, "SMF", "label app"],
    [{ app: "checkout" }, null, null],
  ])("is told by labels: %j", (labels, type, by) => {
    expect(networkFunctionOf(pod("x-0", labels))).toEqual(type && { type, by });
  });
});

describe("CNF workloads", () => {
  it("are found among pods as recorded", () => {
    const { values, findings } = detectCnf(all(recordedPods("pods-list")), noNodes, groups());
    expect(values).toEqual({ hasCnfWorkloads: true, cnfTypes: ["VDU", "VCU"] });
    expect(findings[0]).toEqual({
      capability: "CNF",
      status: "FOUND",
      source: "pods: labels and names",
      detail:
        "2 VDU (du-site1/du-high-0 by label app.kubernetes.io/name), 1 VCU (du-site1/cu-cp-0 by label app.kubernetes.io/name) among 8 pods.",
    });
    const core = detectCnf(all(recordedPods("tenant-own-namespace")), noNodes, groups());
    expect(core.values?.cnfTypes).toEqual(["AMF", "OTHER"]);
  });

  it.each<[string, Parameters<typeof detectCnf>, ReturnType<typeof detectCnf>["values"], string[]]>([
    [
      "none",
      [all([pod("web-0")]), noNodes, groups("apps")],
      { hasCnfWorkloads: false, cnfTypes: [] },
      ["ABSENT", "ABSENT"],
    ],
    [
      "none in what was read of more",
      [all([pod("web-0")], false), noNodes, groups()],
      { hasCnfWorkloads: null, cnfTypes: [] },
      ["NOT_LOOKED_FOR", "ABSENT"],
    ],
    [
      "SR-IOV devices",
      [all([pod("web-0")]), all([node({ "openshift.io/sriov_fronthaul": "8" })]), groups()],
      { hasCnfWorkloads: true, cnfTypes: ["OTHER"] },
      ["ABSENT", "FOUND"],
    ],
    [
      "SR-IOV devices by Intel's plugin",
      [all([pod("upf-0")]), all([node({ "intel.com/intel_sriov_netdevice": "4" })]), groups()],
      { hasCnfWorkloads: true, cnfTypes: ["UPF"] },
      ["FOUND", "FOUND"],
    ],
    [
      "SR-IOV devices of nodes with GPUs, which use them for RDMA",
      [
        all([]),
        all([node({ "openshift.io/sriov_rdma": "8", "nvidia.com/gpu": "8" })]),
        groups("sriovnetwork.openshift.io"),
      ],
      { hasCnfWorkloads: false, cnfTypes: [] },
      ["ABSENT", "ABSENT"],
    ],
    [
      "SR-IOV without devices",
      [all([]), all([node({ "openshift.io/sriov_fronthaul": "0" })]), groups("sriovnetwork.openshift.io")],
      { hasCnfWorkloads: false, cnfTypes: [] },
      ["ABSENT", "ABSENT"],
    ],
    [
      "precision time",
      [all([]), noNodes, groups("ptp.openshift.io")],
      { hasCnfWorkloads: true, cnfTypes: ["OTHER"] },
      ["ABSENT", "ABSENT", "FOUND"],
    ],
    [
      "pods forbidden",
      [forbidden, noNodes, groups()],
      { hasCnfWorkloads: null, cnfTypes: [] },
      ["FORBIDDEN", "ABSENT"],
    ],
    [
      "pods forbidden, with precision time",
      [forbidden, noNodes, groups("ptp.openshift.io")],
      { hasCnfWorkloads: true, cnfTypes: ["OTHER"] },
      ["FORBIDDEN", "ABSENT", "FOUND"],
    ],
    [
      "nodes forbidden",
      [all([]), forbidden, groups()],
      { hasCnfWorkloads: false, cnfTypes: [] },
      ["ABSENT", "FORBIDDEN"],
    ],
    [
      "no answer on pods",
      [{ missed: { status: "UNREACHABLE", detail: "No." } }, noNodes, groups()],
      null,
      ["UNREACHABLE", "ABSENT"],
    ],
  ])("%s", (_, looks, values, statuses) => {
    const detection = detectCnf(...looks);
    expect(detection.values).toEqual(values);
    expect(detection.findings.map(({ status }) => status)).toEqual(statuses);
  });
});
