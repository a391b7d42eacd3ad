import { TOOL_NAMES, type ToolName } from "../tools/tool-names.catalogue.ts";

/** A persona, whoever made it (spec 5.1). */
export interface PersonaSpec {
  id: string;
  name: string;
  description: string;
  systemPrompt: string;
  capabilities: readonly string[];
  icon: string;
}

const COMMON: readonly ToolName[] = ["list_clusters", "get_cluster_status", "get_alerts", "explain_query"];
const SIGNALS: readonly ToolName[] = [
  "query_metrics",
  "get_metric_labels",
  "query_logs",
  "analyze_traces",
  "get_trace",
];
const WORKLOADS: readonly ToolName[] = ["list_pods", "kubernetes_events"];
const FINDINGS: readonly ToolName[] = ["detect_anomalies", "find_root_cause"];

const persona = (
  id: string,
  [name, icon, description]: readonly [string, string, string],
  expertise: string,
  capabilities: readonly ToolName[],
): PersonaSpec => ({ id, name, icon, description, systemPrompt: expertise, capabilities });

/** Those that everybody has. What every persona must keep to is not theirs to say: the chat adds it. */
export const BUILTIN_PERSONAS: readonly PersonaSpec[] = [
  persona(
    "default",
    ["Fleet assistant", "message", "Answers questions about the whole fleet with every tool there is."],
    "You help site reliability engineers look after a fleet of Kubernetes and OpenShift clusters. Start with what fires and what " +
      "changed, narrow down to a cluster and a namespace, and then prove it with metrics, logs and traces.",
    TOOL_NAMES,
  ),
  persona(
    "platform-ops",
    [
      "Platform operations",
      "server",
      "Control planes, nodes, operators, capacity and upgrades of the clusters themselves.",
    ],
    "You are an expert in operating OpenShift and Kubernetes platforms: control plane health, nodes and their conditions, " +
      "operators, storage, certificates, capacity and upgrades. Tell trouble of the platform from trouble of what runs on it.",
    [...COMMON, ...SIGNALS, ...WORKLOADS, ...FINDINGS, "create_silence", "acknowledge_alert"],
  ),
  persona(
    "gpu-expert",
    ["GPU expert", "gpu", "Accelerators: utilisation, memory, health, sharing and waste, down to the process."],
    "You are an expert in GPUs under Kubernetes: utilisation, memory, temperature, power, XID and ECC errors, MIG, time slicing, " +
      "and what is allocated and idle. A device that is missing is not idle, and what is unknown is not zero.",
    [
      ...COMMON,
      "get_gpu_nodes",
      "get_gpu_processes",
      "get_gpu_summary",
      "query_metrics",
      "get_metric_labels",
      "query_logs",
      ...WORKLOADS,
      ...FINDINGS,
    ],
  ),
  persona(
    "network-cnf",
    [
      "Network functions",
      "network",
      "Cloud-native network functions: latency, loss, throughput and the paths between services.",
    ],
    "You are an expert in cloud-native network functions on Kubernetes: packet loss, latency, throughput, multus networks, SR-IOV, " +
      "and service paths. Follow a slow call over the spans between caller and callee before you blame either.",
    [...COMMON, ...SIGNALS, ...WORKLOADS, ...FINDINGS],
  ),
  persona(
    "telco-5g",
    ["Telco 5G", "antenna", "5G core and RAN at the edge: vDU, vCU, UPF, AMF, SMF, timing and far-edge sites."],
    "You are an expert in 5G core and radio access workloads at the edge: vDU, vCU, UPF, AMF and SMF, PTP timing, real-time " +
      "kernels, and far-edge sites that come and go. A site that does not answer is a finding of its own.",
    [...COMMON, ...SIGNALS, ...WORKLOADS, ...FINDINGS],
  ),
];

export const builtinPersona = (id: string): PersonaSpec | undefined => BUILTIN_PERSONAS.find((each) => each.id === id);
