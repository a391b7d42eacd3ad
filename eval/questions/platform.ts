import { type EvalQuestion, named } from "../question.ts";

/** Clusters, nodes, pods, certificates and GPUs. */
export const PLATFORM: readonly EvalQuestion[] = [
  {
    scene: "second",
    ask: ["how's the fleet?"],
    tools: { any: ["get_cluster_status", "list_clusters"], fine: ["get_alerts"] },
    facts: () => [/5 clusters/, /edge-berlin-1/],
  },
  {
    scene: "second",
    ask: ["is edge-berlin-1 ok?"],
    tools: { all: ["get_cluster_status"], fine: ["get_alerts", "list_pods", "list_clusters"] },
    facts: () => [/edge-berlin-1/, /prometheus/i],
    forbidden: () => [/prod-west-1/],
  },
  {
    scene: "second",
    ask: ["list the clusters in the lab environment"],
    tools: { any: ["list_clusters", "get_cluster_status"], fine: ["get_alerts"] },
    facts: () => [/lab-gpu-1/],
  },
  {
    scene: "second",
    ask: ["cpu usage of namespace shop on edge-berlin-1"],
    tools: { all: ["query_metrics"] },
    facts: () => [/edge-berlin-1/, /did not answer|failed|unreachable|refused|ERROR/i],
  },
  {
    scene: "second",
    ask: ["any nodes under memory pressure?"],
    tools: { any: ["query_metrics", "get_alerts", "kubernetes_events"], fine: ["list_pods", "get_cluster_status"] },
    facts: (truth) => [named(truth["node-pressure"].cause.name), /MemoryPressure/],
  },
  {
    scene: "second",
    ask: ["which pods were evicted on prod-east-1"],
    tools: { all: ["list_pods"], fine: ["kubernetes_events", "get_alerts"] },
    facts: () => [/Evicted/],
  },
  {
    scene: "second",
    ask: ["warning events prod-east-1"],
    tools: { all: ["kubernetes_events"] },
    facts: () => [/Evicted|EvictionThresholdMet/],
  },
  {
    scene: "second",
    ask: ["pods pending in ai-training?"],
    tools: { all: ["list_pods"], fine: ["kubernetes_events"] },
    facts: () => [/tuning-0/, /PENDING/],
  },
  {
    scene: "second",
    ask: ["what is crash looping on prod-west-1"],
    tools: { all: ["list_pods"], fine: ["kubernetes_events", "get_alerts", "query_logs", "find_root_cause"] },
    facts: () => [/llm-inference-/],
  },
  {
    scene: "second",
    ask: ["certs about to expire?"],
    tools: { any: ["query_metrics", "get_alerts", "kubernetes_events"] },
    facts: () => [/payment-api-tls/, /lab-gpu-1/],
  },
  {
    scene: "second",
    persona: "gpu-expert",
    ask: ["any XID errors?"],
    tools: { any: ["get_gpu_nodes", "query_logs", "get_alerts"], fine: ["query_metrics", "get_gpu_summary"] },
    facts: () => [/GPUXIDErrors|Xid/i, /prod-west-1/],
  },
  {
    scene: "second",
    persona: "gpu-expert",
    ask: ["which gpus are idle or wasted?"],
    tools: { any: ["get_gpu_summary", "get_gpu_nodes"], fine: ["get_gpu_processes", "query_metrics"] },
    facts: () => [/idle/, /lab-gpu-1/],
  },
  {
    scene: "second",
    ask: ["who is using the gpus on lab-gpu-1"],
    tools: { all: ["get_gpu_processes"], fine: ["get_gpu_summary", "get_gpu_nodes", "list_pods"] },
    facts: () => [/process/],
    forbidden: () => [/prod-west-1/],
  },
  {
    scene: "second",
    ask: ["gpu utilisation across the fleet"],
    tools: { all: ["get_gpu_summary"], fine: ["get_gpu_nodes", "query_metrics"] },
    facts: () => [/busy on average/, /GPUs/],
  },
];
