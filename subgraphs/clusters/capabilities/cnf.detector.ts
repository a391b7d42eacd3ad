import type { CnfType } from "../../../prisma/generated/enums.ts";
import type { ApiGroups } from "../../shared/upstreams/kubernetes/api-groups.ts";
import type { Sample } from "../../shared/upstreams/kubernetes/first-objects.ts";
import { gpusOfNode } from "../../shared/upstreams/kubernetes/node-gpus.ts";
import type { NodeObject } from "../../shared/upstreams/kubernetes/objects/node.ts";
import type { PartialObject } from "../../shared/upstreams/kubernetes/objects/partial.ts";
import { counted, type Finding, isUnreachable, type Look, missedFinding } from "./look.detector.ts";
import { GROUPS } from "./mesh.detector.ts";
import { networkFunctionOf } from "./network-function.detector.ts";

export interface CnfValues {
  /** Null where nobody knows. */
  hasCnfWorkloads: boolean | null;
  cnfTypes: CnfType[];
}

export interface CnfDetection {
  /** Null where there was no answer this time: what was known stands. */
  values: CnfValues | null;
  findings: Finding[];
}

const ORDER: readonly CnfType[] = ["VDU", "VCU", "UPF", "AMF", "SMF", "OTHER"];
const SRIOV = /^openshift\.io\/.*sriov|^intel\.com\/.*sriov/i;
const PTP = "ptp.openshift.io";
const SRIOV_OPERATOR = "sriovnetwork.openshift.io";

/**
 * Network functions by what pods are called, and by what only they need: virtual functions of network cards (SR-IOV) on nodes
 * without GPUs, which use them for other ends, and precision time (PTP). Whether there are none, the pods decide: the SR-IOV
 * operator alone is no sign, and what else is forbidden hides no pod.
 */
export function detectCnf(
  pods: Look<Sample<PartialObject>>,
  nodes: Look<Sample<NodeObject>>,
  groups: Look<ApiGroups>,
): CnfDetection {
  const named = podsFinding(pods);
  const devices = devicesFinding(nodes, groups);
  const clock = clockFinding(groups);
  const findings = [named.finding, devices, ...(clock ? [clock] : [])];
  if (isUnreachable(pods)) return { values: null, findings };
  const signs = devices.status === "FOUND" || clock !== null;
  const types = new Set<CnfType>(named.types.length === 0 && signs ? ["OTHER"] : named.types);
  const readAll = "seen" in pods && pods.seen.complete;
  return {
    values: {
      hasCnfWorkloads: types.size > 0 || (readAll ? false : null),
      cnfTypes: ORDER.filter((type) => types.has(type)),
    },
    findings,
  };
}

function podsFinding(pods: Look<Sample<PartialObject>>): { types: CnfType[]; finding: Finding } {
  const source = "pods: labels and names";
  if ("missed" in pods) return { types: [], finding: missedFinding("CNF", source, pods.missed) };
  const { objects, complete } = pods.seen;
  const among = counted(objects, complete, "pods");
  const byType = Map.groupBy(
    objects.flatMap((pod) => {
      const found = networkFunctionOf(pod);
      return found ? [{ ...found, pod }] : [];
    }),
    ({ type }) => type,
  );
  const types = ORDER.filter((type) => byType.has(type));
  if (types.length === 0) {
    // Nobody knows of the rest.
    const status = complete ? "ABSENT" : "NOT_LOOKED_FOR";
    const detail = complete ? `None among ${among}.` : `None among ${among}; there are more.`;
    return { types, finding: { capability: "CNF", status, source, detail } };
  }
  const told = types.map((type) => {
    const all = byType.get(type) ?? [];
    const [example] = all;
    return `${all.length} ${type} (${example?.pod.namespace}/${example?.pod.name} by ${example?.by})`;
  });
  const detail = `${complete ? "" : "At least "}${told.join(", ")} among ${among}.`;
  return { types, finding: { capability: "CNF", status: "FOUND", source, detail } };
}

function devicesFinding(nodes: Look<Sample<NodeObject>>, groups: Look<ApiGroups>): Finding {
  const source = "nodes: SR-IOV capacity";
  if ("missed" in nodes) return missedFinding("CNF", source, nodes.missed);
  const { objects, complete } = nodes.seen;
  const offering = objects.flatMap((node) => {
    const resources = Object.keys(node.capacity).filter((name) => SRIOV.test(name) && Number(node.capacity[name]) > 0);
    return resources.length > 0 ? [{ node, resources }] : [];
  });
  const telling = offering.filter(({ node }) => gpusOfNode(node).length === 0);
  const operator = "seen" in groups && groups.seen.has(SRIOV_OPERATOR) ? ` ${SRIOV_OPERATOR} is installed.` : "";
  if (telling.length === 0) {
    const gpus = offering.length > 0 ? ` Those on ${offering.length} nodes with GPUs are no sign.` : "";
    const detail = `None on ${counted(objects, complete, "nodes")}.${gpus}${operator}`;
    return { capability: "CNF", status: "ABSENT", source, detail };
  }
  const resources = [...new Set(telling.flatMap(({ resources }) => resources))].sort().join(", ");
  return { capability: "CNF", status: "FOUND", source, detail: `${resources} on ${telling.length} nodes.${operator}` };
}

function clockFinding(groups: Look<ApiGroups>): Finding | null {
  if (!("seen" in groups && groups.seen.has(PTP))) return null;
  return { capability: "CNF", status: "FOUND", source: `${GROUPS}: ${PTP}`, detail: "Precision time for the RAN." };
}
