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

/** The same things in words that the rules were not written with. */
export const PARAPHRASES: readonly EvalQuestion[] = [
  {
    scene: "first",
    ask: ["checkout crawling in prod-east-1. cause?"],
    tools: { all: ["find_root_cause"], fine: LOOKED_AT, never: CHANGES },
    verdict: /features-backfill/,
    facts: (truth) => [named(truth["noisy-neighbour"].cause.name)],
  },
  {
    scene: "first",
    ask: ["users on prod-west-1 report their carts are gone, the cart service seems dead. thoughts on what broke it?"],
    tools: { all: ["find_root_cause"], fine: LOOKED_AT, never: CHANGES },
    verdict: /shop[/ ]cart/,
    facts: () => [/prod-west-1/],
  },
  {
    scene: "first",
    ask: ["explain why payment calls from checkout on hub-eu-1 take so long"],
    tools: { all: ["find_root_cause"], fine: LOOKED_AT, never: CHANGES },
    verdict: /payment-api|UpstreamLatencyHigh/,
    facts: () => [/hub-eu-1/],
  },
  {
    scene: "first",
    ask: ["catalog pod on lab-gpu-1: how has its ram developed since half an hour"],
    tools: { all: ["query_metrics"], fine: ["list_pods", "get_alerts"] },
    facts: () => [/container_memory_working_set_bytes/, /catalog/],
  },
  {
    scene: "first",
    ask: ["give me the last 15 minutes of stderr for cart, prod west 1"],
    tools: { all: ["query_logs"] },
    facts: () => [/cart/, /prod-west-1/, /15m/],
  },
  {
    scene: "first",
    ask: ["do we have any open alarms in the lab?"],
    tools: { all: ["get_alerts"], fine: ["get_cluster_status", "list_clusters"] },
    facts: () => [/ContainerOOMKilledAgain|KubePodCrashLooping/],
    forbidden: () => [/hub-eu-1/],
  },
  {
    scene: "first",
    ask: ["anyone pushed something to prod-west-1 recently?"],
    tools: { all: ["kubernetes_events"], fine: ["get_alerts", "list_pods"] },
    facts: () => [/replica set cart-/],
  },
  {
    scene: "first",
    ask: ["which containers keep dying in shop on lab-gpu-1"],
    tools: { any: ["list_pods", "find_root_cause"], fine: LOOKED_AT },
    facts: () => [/catalog-/],
  },
  {
    scene: "first",
    ask: ["requests per second of frontend on hub-eu-1"],
    tools: { all: ["query_metrics"] },
    facts: () => [/http_requests_total/, /frontend/],
  },
  {
    scene: "first",
    ask: ["how many 5xx does cart on prod-west-1 return?"],
    tools: { all: ["query_metrics"], fine: ["query_logs", "analyze_traces"] },
    facts: () => [/5\.\./, /cart/],
  },
  {
    scene: "first",
    ask: ["longest checkout transactions today on hub-eu-1"],
    tools: { all: ["analyze_traces"], fine: ["get_trace"] },
    facts: () => [/trace/i, /hub-eu-1/],
  },
  {
    scene: "first",
    ask: ["does cpu of the batch namespace on prod-east-1 look off to you? detect outliers"],
    tools: { all: ["detect_anomalies"], fine: ["query_metrics"] },
    facts: () => [/series/, /prod-east-1/],
  },
  {
    scene: "first",
    ask: ["please mute CheckoutLatencyHigh in hub-eu-1 until we fixed it, 45 minutes should do"],
    status: "WAITING_FOR_APPROVAL",
    tools: { all: ["create_silence"], fine: ["get_alerts"] },
    facts: () => [/45m/],
  },
  {
    scene: "first",
    ask: ["memory of namespace shop on lab-gpu-1", "same for prod-west-1", "and the cpu?"],
    tools: { all: ["query_metrics"] },
    facts: () => [/prod-west-1/, /container_cpu_usage_seconds_total/],
    forbidden: () => [/lab-gpu-1/],
  },
  {
    scene: "second",
    ask: ["prod-east-1: something kicks pods off a worker. who is to blame"],
    tools: { all: ["find_root_cause"], fine: LOOKED_AT, never: CHANGES },
    verdict: /prod-east-1-worker-/,
    facts: (truth) => [named(truth["node-pressure"].cause.name)],
  },
  {
    scene: "second",
    ask: ["tls trouble between checkout and payment-api, lab-gpu-1: which certificate is invalid?"],
    tools: { any: ["find_root_cause", "query_metrics"], fine: LOOKED_AT, never: CHANGES },
    facts: (truth) => [named(truth["certificate-expiry"].cause.name)],
  },
  {
    scene: "second",
    ask: ["are all our accelerators in good shape?"],
    tools: { any: ["get_gpu_nodes"], fine: ["get_gpu_summary", "get_alerts", "query_logs"] },
    facts: () => [/GPUs?/],
  },
  {
    scene: "second",
    ask: ["how much of our gpu capacity do we burn for nothing"],
    tools: { any: ["get_gpu_summary", "get_gpu_nodes"], fine: ["get_gpu_processes"] },
    facts: () => [/idle/],
  },
  {
    scene: "second",
    ask: ["i start my shift now, quick handover please"],
    tools: { any: ["get_cluster_status", "get_alerts"], fine: ["list_clusters", "kubernetes_events"] },
    facts: () => [/edge-berlin-1/, /alerts/],
  },
  {
    scene: "second",
    ask: ["can i trust the numbers from edge-berlin-1 at the moment?"],
    tools: { any: ["get_cluster_status", "list_clusters"], fine: ["get_alerts", "list_pods"] },
    facts: () => [/prometheus/i],
  },
];
