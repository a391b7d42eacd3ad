import { type EvalQuestion, named } from "../question.ts";

const SIGNALS = [
  "get_alerts",
  "analyze_traces",
  "query_logs",
  "kubernetes_events",
  "query_metrics",
  "list_pods",
  "get_cluster_status",
  "detect_anomalies",
  "get_trace",
  "get_gpu_nodes",
  "list_clusters",
] as const;
const CAUSE = { all: ["find_root_cause"], fine: SIGNALS, never: ["create_silence", "acknowledge_alert"] } as const;

/** What is at the root of an incident. */
export const CAUSES: readonly EvalQuestion[] = [
  {
    scene: "first",
    ask: ["why is checkout slow on prod-east-1?"],
    tools: CAUSE,
    verdict: /features-backfill/,
    facts: (truth) => [named(truth["noisy-neighbour"].cause.name), /prod-east-1/, /Checkout(?:Latency|ErrorRate)High/],
    forbidden: () => [/prod-west-1/],
  },
  {
    scene: "first",
    ask: [
      "PROD-EAST-1 is acting up, response times went through the roof about a quarter of an hour ago. what is going on there",
    ],
    tools: CAUSE,
    verdict: /features-backfill/,
    facts: (truth) => [named(truth["noisy-neighbour"].cause.name)],
  },
  {
    scene: "first",
    ask: ["root cause for cart crashing in prod-west-1?"],
    tools: CAUSE,
    verdict: /shop[/ ]cart/,
    facts: (truth) => [
      named(`${truth["deployment-error-loop"].cause.namespace}/${truth["deployment-error-loop"].cause.name}`),
      /KubePodCrashLooping|CrashLoop/,
    ],
  },
  {
    scene: "first",
    ask: [
      "Morning. Customers of the west coast shop get 500s when they open their cart; can you figure out why it's failing on production west 1, and since when?",
    ],
    tools: CAUSE,
    verdict: /shop[/ ]cart/,
    facts: () => [/workload shop\/cart/i, /nil pointer|panic|crash|rollout/i],
  },
  {
    scene: "first",
    ask: ["why does catalog keep restarting on lab-gpu-1"],
    tools: CAUSE,
    verdict: /shop[/ ]catalog/,
    facts: (truth) => [named(truth["memory-leak"].cause.name), /memory|OOM|heap/i],
  },
  {
    scene: "first",
    ask: ["what's causing the latency of checkout on hub-eu-1? payments?"],
    tools: CAUSE,
    verdict: /payment-api/,
    facts: (truth) => [named(truth["network-delay"].cause.name), /UpstreamLatencyHigh|latency/],
  },
  {
    scene: "first",
    ask: ["diagnose UpstreamLatencyHigh on hub-eu-1"],
    tools: CAUSE,
    verdict: /payment-api/,
    facts: (truth) => [named(truth["network-delay"].cause.name)],
  },
  {
    scene: "second",
    ask: ["why are pods being evicted on prod-east-1?"],
    tools: CAUSE,
    verdict: /prod-east-1-worker-/,
    facts: (truth) => [named(truth["node-pressure"].cause.name), /memory|evict/i],
  },
  {
    scene: "second",
    ask: ["llm-inference is failing on prod-west-1, why?"],
    tools: CAUSE,
    verdict: /llm-inference|GPU-/,
    facts: (truth) => [new RegExp(`${truth["gpu-xid-storm"].cause.name}|llm-inference-`), /ECC|XID|CUDA/i],
  },
  {
    scene: "second",
    ask: ["checkout on the lab gpu cluster can't reach payment-api any more. investigate please (lab-gpu-1)"],
    tools: CAUSE,
    verdict: /payment-api/,
    facts: (truth) => [new RegExp(`${truth["certificate-expiry"].cause.name}|payment-api`), /certificate|x509|TLS/i],
  },
  {
    scene: "second",
    ask: ["why is something failing on prod-east?"],
    tools: CAUSE,
    verdict: /prod-east-1-worker-/,
    facts: (truth) => [named(truth["node-pressure"].cause.name)],
  },
];
