import { type EvalQuestion, named } from "../question.ts";

/** Alerts, changes, logs, traces and metrics of what went wrong. */
export const SIGNALS: readonly EvalQuestion[] = [
  {
    scene: "first",
    ask: ["what's firing right now?"],
    tools: { all: ["get_alerts"], fine: ["get_cluster_status", "list_clusters"] },
    facts: (truth) => [
      named(truth["deployment-error-loop"].alertname),
      named(truth["network-delay"].alertname),
      /prod-west-1/,
    ],
  },
  {
    scene: "first",
    ask: ["critical alerts in shop on prod-west-1"],
    tools: { all: ["get_alerts"] },
    facts: () => [/KubePodCrashLooping/, /CRITICAL/],
    forbidden: () => [/prod-east-1/, /lab-gpu-1/],
  },
  {
    scene: "first",
    ask: ["Is UpstreamLatencyHigh firing anywhere?"],
    tools: { all: ["get_alerts"] },
    facts: () => [/UpstreamLatencyHigh/, /hub-eu-1/],
  },
  {
    scene: "first",
    ask: ["anything paging for payments?"],
    tools: { all: ["get_alerts"] },
    facts: () => [/alert/i],
  },
  {
    scene: "first",
    ask: ["what changed on prod-west-1 in the last 30 minutes"],
    tools: { all: ["kubernetes_events"], fine: ["get_alerts", "list_pods", "find_root_cause"] },
    facts: () => [/ScalingReplicaSet/, /cart/],
  },
  {
    scene: "first",
    ask: ["did somebody roll out a new version of cart on prod-west-1 today?"],
    tools: { all: ["kubernetes_events"], fine: ["get_alerts", "list_pods"] },
    facts: () => [/Scaled up replica set cart-/],
  },
  {
    scene: "first",
    ask: ["show me error logs of cart on prod-west-1"],
    tools: { all: ["query_logs"] },
    facts: () => [/nil pointer dereference/, /prod-west-1/],
  },
  {
    scene: "first",
    ask: ["logs from catalog on lab-gpu-1, past 20 min"],
    tools: { all: ["query_logs"] },
    facts: () => [/heap is nearly exhausted|garbage collection/, /20m/],
  },
  {
    scene: "first",
    ask: ['run `{app="checkout"} |= "upstream call exceeds its latency budget"` on hub-eu-1'],
    tools: { all: ["query_logs"] },
    facts: () => [/upstream call exceeds its latency budget/, /payment-api/],
  },
  {
    scene: "first",
    ask: ["slow traces of checkout on hub-eu-1 please"],
    tools: { all: ["analyze_traces"], fine: ["get_trace"] },
    facts: () => [/trace/i, /median|p95|ms/],
    forbidden: () => [/prod-west-1/],
  },
  {
    scene: "first",
    ask: ["which requests to cart failed on prod-west-1 in the last half hour? traces pls"],
    tools: { all: ["analyze_traces"], fine: ["get_trace", "query_logs"] },
    facts: () => [/with errors/, /cart|frontend|checkout/],
  },
  {
    scene: "first",
    ask: ["memory usage of catalog in namespace shop on lab-gpu-1 over the last hour"],
    tools: { all: ["query_metrics"] },
    facts: (truth) => [named(truth["memory-leak"].cause.name), /container_memory_working_set_bytes/],
  },
  {
    scene: "first",
    ask: ["how often did containers get oom killed on lab-gpu-1?"],
    tools: { any: ["query_metrics", "list_pods", "kubernetes_events"], fine: ["get_alerts"] },
    facts: () => [/catalog/],
  },
  {
    scene: "first",
    ask: ["p95 latency checkout, all clusters"],
    tools: { all: ["query_metrics"] },
    facts: () => [/prod-east-1/, /hub-eu-1/, /histogram_quantile/],
  },
  {
    scene: "first",
    ask: ["error rate of the cart service on prod-west-1"],
    tools: { all: ["query_metrics"] },
    facts: () => [/http_requests_total/, /cart/],
  },
  {
    scene: "first",
    ask: ["who eats all the cpu on prod-east-1? top pods in namespace batch"],
    tools: { all: ["query_metrics"] },
    facts: (truth) => [named(truth["noisy-neighbour"].cause.name)],
  },
  {
    scene: "first",
    ask: ["`topk(3, sum by (namespace) (rate(container_cpu_usage_seconds_total[5m])))` on prod-west-1"],
    tools: { all: ["query_metrics"] },
    facts: () => [/topk\(3/, /prod-west-1/],
  },
  {
    scene: "first",
    ask: ["any anomalies in checkout's latency on hub-eu-1?"],
    tools: { all: ["detect_anomalies"], fine: ["query_metrics"] },
    facts: () => [/series/, /hub-eu-1/],
  },
  {
    scene: "second",
    ask: ["errors in the checkout logs on lab-gpu-1"],
    tools: { all: ["query_logs"] },
    facts: () => [/x509: certificate has expired/],
  },
  {
    scene: "second",
    ask: ['explain `sum by (service) (rate(http_requests_total{code=~"5.."}[5m]))` to me'],
    tools: { all: ["explain_query"] },
    facts: () => [/http_requests_total/],
  },
];
