import { type EvalQuestion, named } from "../question.ts";

const CHANGES = ["create_silence", "acknowledge_alert"] as const;
const LOOKED_AT = [
  "get_alerts",
  "analyze_traces",
  "query_logs",
  "kubernetes_events",
  "query_metrics",
  "list_pods",
  "get_cluster_status",
  "get_gpu_nodes",
] as const;

/** Written last, and asked once before anything was changed for them. */
export const UNSEEN: readonly EvalQuestion[] = [
  {
    scene: "first",
    ask: ["hey, payment flow on hub-eu-1 takes ages since 10 minutes, can you dig into it?"],
    tools: { all: ["find_root_cause"], fine: LOOKED_AT, never: CHANGES },
    verdict: /payment-api|UpstreamLatencyHigh/,
    facts: () => [/hub-eu-1/],
  },
  {
    scene: "first",
    ask: ["wtf is happening with the cart deployment in prod-west-1"],
    tools: { all: ["find_root_cause"], fine: LOOKED_AT, never: CHANGES },
    verdict: /shop[/ ]cart/,
    facts: () => [/prod-west-1/],
  },
  {
    scene: "first",
    ask: ["prod-east-1 checkout p99 doubled. which noisy workload is responsible?"],
    tools: { all: ["find_root_cause"], fine: LOOKED_AT, never: CHANGES },
    verdict: /features-backfill/,
    facts: () => [/prod-east-1/],
  },
  {
    scene: "first",
    ask: ["oomkills on lab-gpu-1?"],
    tools: { any: ["query_metrics", "list_pods", "kubernetes_events", "get_alerts"] },
    facts: () => [/catalog/],
  },
  {
    scene: "first",
    ask: ["tail catalog lab-gpu-1"],
    tools: { all: ["query_logs"] },
    facts: () => [/catalog/],
  },
  {
    scene: "first",
    ask: ["grep 'nil pointer' in cart's logs, prod-west-1, last 15m"],
    tools: { all: ["query_logs"] },
    facts: () => [/nil pointer/],
  },
  {
    scene: "first",
    ask: ["how is the latency of payment-api trending on hub-eu-1, 3h"],
    tools: { all: ["query_metrics"], fine: ["detect_anomalies"] },
    facts: () => [/3h/, /payment-api/],
  },
  {
    scene: "first",
    ask: ["top memory consumers in shop on prod-west-1"],
    tools: { all: ["query_metrics"] },
    facts: () => [/container_memory_working_set_bytes/, /shop/],
  },
  {
    scene: "first",
    ask: ["what does the alert KubePodCrashLooping on prod-west-1 say?"],
    tools: { all: ["get_alerts"] },
    facts: () => [/restarts again and again/],
  },
  {
    scene: "first",
    ask: ["number of warning alerts on hub"],
    tools: { all: ["get_alerts"] },
    facts: () => [/WARNING/, /hub-eu-1/],
    forbidden: () => [/lab-gpu-1/],
  },
  {
    scene: "first",
    ask: ["new replica sets in prod-west-1 within the last hour?"],
    tools: { all: ["kubernetes_events"], fine: ["get_alerts", "list_pods"] },
    facts: () => [/ScalingReplicaSet/],
  },
  {
    scene: "first",
    ask: ["compare the error ratio of checkout between prod-east-1 and prod-west-1"],
    tools: { all: ["query_metrics"] },
    facts: () => [/prod-east-1/, /prod-west-1/, /http_requests_total/],
    forbidden: () => [/lab-gpu-1/],
  },
  {
    scene: "first",
    ask: ["shut up CheckoutErrorRateHigh on prod-west-1 for an hour"],
    status: "WAITING_FOR_APPROVAL",
    tools: { all: ["create_silence"], fine: ["get_alerts"] },
    facts: () => [/1h/],
  },
  {
    scene: "first",
    ask: ["which alerts are firing on prod-west-1?", "root cause?"],
    tools: { all: ["find_root_cause"], fine: LOOKED_AT },
    verdict: /shop[/ ]cart/,
    facts: () => [/prod-west-1/],
    forbidden: () => [/lab-gpu-1/],
  },
  {
    scene: "second",
    ask: ["node pressure on prod-east-1, which node?"],
    tools: { any: ["query_metrics", "get_alerts", "kubernetes_events", "find_root_cause"], fine: LOOKED_AT },
    facts: (truth) => [named(truth["node-pressure"].cause.name)],
  },
  {
    scene: "second",
    ask: ["is any cluster offline or degraded?"],
    tools: { any: ["get_cluster_status", "list_clusters"], fine: ["get_alerts"] },
    facts: () => [/edge-berlin-1/, /DEGRADED/],
  },
  {
    scene: "second",
    ask: ["llm-inference throws cuda errors on prod-west-1, hardware or software?"],
    tools: { any: ["find_root_cause", "get_gpu_nodes", "query_logs"], fine: LOOKED_AT },
    facts: () => [/ECC|Xid/i],
  },
  {
    scene: "second",
    ask: ["double bit errors on gpus?"],
    tools: { any: ["get_gpu_nodes", "query_logs", "get_alerts"], fine: ["query_metrics", "get_gpu_summary"] },
    facts: () => [/prod-west-1/],
  },
  {
    scene: "second",
    ask: ["lab-gpu-1: until when is payment-api-tls valid?"],
    tools: { any: ["query_metrics", "kubernetes_events", "get_alerts"] },
    facts: () => [/payment-api-tls/],
  },
  {
    scene: "second",
    ask: ["pods that are not running in ai-training on lab-gpu-1"],
    tools: { all: ["list_pods"], fine: ["kubernetes_events"] },
    facts: () => [/tuning-0/],
  },
];
