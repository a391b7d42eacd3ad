import { describe, expect, it } from "vitest";
import type { Turn } from "../answer.ts";
import { type Asking, askingOf } from "./asking.ts";
import type { Entities } from "./entities.ts";

const NOW = new Date("2026-01-02T12:00:00Z");
const cluster = (name: string, displayName: string, environment = "PRODUCTION") => ({
  id: `id-of-${name}`,
  name,
  displayName,
  environment,
});
const KNOWN = {
  clusters: [
    cluster("hub-eu-1", "Hub Europe 1"),
    cluster("prod-east-1", "Production East 1"),
    cluster("prod-west-1", "Production West 1"),
    cluster("edge-berlin-1", "Edge Berlin 1"),
    cluster("lab-gpu-1", "GPU Lab 1", "LAB"),
  ],
  namespaces: new Set(["shop", "payments", "data", "messaging", "batch", "ai-training", "kube-system", "istio-system"]),
  running: new Map<string, boolean>(),
};

function asked(...questions: string[]): Asking {
  const turns = questions.flatMap((content): Turn[] => [
    { role: "USER", content, calls: [] },
    { role: "ASSISTANT", content: "Something.", calls: [] },
  ]);
  return askingOf(turns.slice(0, -1), KNOWN, NOW);
}

type Expected = Partial<Omit<Entities, "clusters">> & { clusters?: string[] };
/** What a question names, without what it does not. */
function namesOf({ entities }: Asking): Expected {
  const { clusters, ...others } = entities;
  const named = Object.entries(others).filter(([, value]) => value !== null && value !== false);
  return {
    ...(clusters.length > 0 ? { clusters: clusters.map(({ name }) => name) } : {}),
    ...Object.fromEntries(named),
  };
}

const EAST = ["prod-east-1"];
const WEST = ["prod-west-1"];

describe("a question", () => {
  it.each<[string, string | null, Expected]>([
    ["why is checkout slow on prod-east-1?", "why", { clusters: EAST, subject: "checkout" }],
    ["WHY IS CHECKOUT SLOW ON PROD-EAST-1", "why", { clusters: EAST, subject: "checkout" }],
    [
      "Checkout is sluggish on production east 1, any idea what's going on?",
      "why",
      { clusters: EAST, subject: "checkout" },
    ],
    ["root cause of the crashing cart pods in prod-west-1 please", "why", { clusters: WEST, subject: "cart" }],
    ["what's wrong with payment-api", "why", { subject: "payment-api" }],
    [
      "customers complain that payment-api times out since 09:30, can you investigate?",
      "why",
      { subject: "payment-api", range: "150m" },
    ],
    ["is checkout ok on prod-west-1?", "why", { clusters: WEST, subject: "checkout" }],
    ["how's the fleet doing?", "fleet status", {}],
    ["give me an overview of all clusters", "fleet status", { everywhere: true }],
    ["is anything broken?", "fleet status", {}],
    ["list our staging clusters", "fleet status", { environment: "STAGING" }],
    ["What is the status of prod-east-1?", "cluster status", { clusters: EAST }],
    ["is hub-eu-1 healthy", "cluster status", { clusters: ["hub-eu-1"] }],
    ["any problems with edge-berlin-1 today?", "cluster status", { clusters: ["edge-berlin-1"], range: "12h" }],
    ["which critical alerts are firing in namespace shop?", "alerts", { namespace: "shop", severity: "CRITICAL" }],
    ["what's firing on prod east 1", "alerts", { clusters: EAST }],
    ["Is CheckoutLatencyHigh still firing?", "alerts", { alertName: "CheckoutLatencyHigh" }],
    ["what changed on prod-west-1 in the last 2 hours?", "changes", { clusters: WEST, range: "2h" }],
    ["did somebody deploy cart yesterday?", "changes", { subject: "cart", range: "36h" }],
    ["any recent rollouts in the shop namespace", "changes", { namespace: "shop" }],
    ["show the error logs of payment-api since 09:30", "logs", { subject: "payment-api", range: "150m" }],
    ["logs of checkout-7d9f8c6b5-x2x4z please", "logs", { pod: "checkout-7d9f8c6b5-x2x4z" }],
    ["any exceptions in cart over the past half an hour?", "logs", { subject: "cart", range: "30m" }],
    ["slow traces of checkout on prod-west-1", "traces", { clusters: WEST, subject: "checkout" }],
    [
      "which requests to payment-api took longer than 500ms? show traces",
      "traces",
      { subject: "payment-api", minDurationMs: 500 },
    ],
    ["show trace 5b8efff798038103d269b633813fc60c", "one trace", { traceId: "5b8efff798038103d269b633813fc60c" }],
    ["cpu usage of checkout", "metrics", { subject: "checkout" }],
    ["how much memory does namespace shop use over the last 2 hours", "metrics", { namespace: "shop", range: "2h" }],
    ["memory of shop", "metrics", { namespace: "shop" }],
    ["error rate of cart in shop on prod-west-1", "metrics", { clusters: WEST, subject: "cart", namespace: "shop" }],
    ["p95 latency for checkout?", "metrics", { subject: "checkout" }],
    ["how full are the disks on prod-east-1", "metrics", { clusters: EAST }],
    ["`sum(up)`", "metrics", { query: { language: "PROMQL", text: "sum(up)" } }],
    ['run `{app="cart"} |= "error"`', "logs", { query: { language: "LOGQL", text: '{app="cart"} |= "error"' } }],
    [
      '`{ resource.service.name = "cart" && status = error }`',
      "traces",
      { query: { language: "TRACEQL", text: '{ resource.service.name = "cart" && status = error }' } },
    ],
    [
      "what does `rate(http_requests_total[5m])` do?",
      "explain a query",
      { query: { language: "PROMQL", text: "rate(http_requests_total[5m])" } },
    ],
    ["anything unusual in the latency of checkout?", "anomalies", { subject: "checkout" }],
    [
      "detect anomalies in `sum(rate(http_requests_total[5m]))`",
      "anomalies",
      { query: { language: "PROMQL", text: "sum(rate(http_requests_total[5m]))" } },
    ],
    ["how busy are the gpus?", "GPU utilisation", {}],
    ["which GPUs are idle", "GPU waste", {}],
    ["are we wasting gpus on lab-gpu-1", "GPU waste", { clusters: ["lab-gpu-1"] }],
    ["who is using the gpus on lab-gpu-1?", "GPU processes", { clusters: ["lab-gpu-1"] }],
    ["any xid errors?", "GPU health", {}],
    ["are the GPUs of prod-west-1 healthy", "GPU health", { clusters: WEST }],
    ["which pods are restarting in payments?", "pods", { namespace: "payments" }],
    ["pending pods", "pods", {}],
    ["what is crashing in shop on prod-west-1", "pods", { clusters: WEST, namespace: "shop" }],
    ["warning events in kube-system", "Kubernetes events", { namespace: "kube-system" }],
    ["which certs expire soon?", "certificates", {}],
    ["are any nodes under memory pressure?", "nodes", {}],
    ["conditions of prod-east-1-worker-2", "nodes", { clusters: EAST, node: "prod-east-1-worker-2" }],
    [
      "silence CheckoutLatencyHigh on prod-east-1 for 3 hours",
      "silence",
      { clusters: EAST, alertName: "CheckoutLatencyHigh", range: "3h" },
    ],
    ["ack the CheckoutErrorRateHigh alert", "acknowledge", { alertName: "CheckoutErrorRateHigh" }],
    ["which alerts are silenced?", "alerts", {}],
    ["what's the weather like?", null, {}],
    ["write me a poem", null, {}],
  ])("%s", (question, intent, names) => {
    const asking = asked(question);
    expect({ intent: asking.intent?.name ?? null, names: namesOf(asking) }).toEqual({ intent, names });
  });

  it.each(["help", "What can you do?", "hi!"])("asks for help: %s", (question) => {
    expect(asked(question).kind).toBe("HELP");
  });
});

describe("a cluster's name", () => {
  it.each([
    ["status of prod-eats-1", EAST],
    ["status of pord-east-1", EAST],
    ["status of prodeast1", EAST],
    ["status of prod_east_1", EAST],
    ["status of prod-east", EAST],
    ["status of Production East 1", EAST],
    ["status of the hub cluster", ["hub-eu-1"]],
    ["alerts on hub", ["hub-eu-1"]],
    ["status of production", ["hub-eu-1", "prod-east-1", "prod-west-1", "edge-berlin-1"]],
  ])("%s", (question, names) => {
    expect(namesOf(asked(question)).clusters).toEqual(names);
  });

  it.each(["alerts on call", "alerts in hub", "status of h100 on demand"])("is not in: %s", (question) => {
    const { entities, reading } = asked(question);
    expect([entities.clusters, reading.unknown]).toEqual([[], []]);
  });

  it("that is not there is not taken for another one", () => {
    expect(asked("status of prod-east-2").reading).toMatchObject({ unknown: [{ said: "prod-east-2", like: [] }] });
    expect(asked("why is checkout slow on galaxy-9").reading.unknown).toHaveLength(1);
    expect(namesOf(asked("why is checkout slow on galaxy-9"))).toEqual({ subject: "checkout" });
    const [both] = asked("status of prod-est-1").reading.unknown;
    expect(both?.like).toEqual(["prod-east-1", "prod-west-1"]);
  });

  it("with a typo is named as what it was taken for", () => {
    expect(asked("status of prod-eats-1").reading.guesses).toEqual([{ said: "prod-eats-1", meant: "prod-east-1" }]);
    expect(asked("status of prod-east-1").reading.guesses).toEqual([]);
  });
});

describe("a follow-up", () => {
  const WHY = "why is checkout slow on prod-east-1?";
  it.each<[string[], string | null, Expected]>([
    [[WHY, "and its logs?"], "logs", { clusters: EAST, subject: "checkout" }],
    [[WHY, "what about prod-west-1?"], "why", { clusters: WEST, subject: "checkout" }],
    [[WHY, "and its logs?", "prod-west-1?"], "logs", { clusters: WEST, subject: "checkout" }],
    [
      ["cpu of checkout on prod-east-1", "and in the last 6 hours?"],
      "metrics",
      { clusters: EAST, subject: "checkout", range: "6h" },
    ],
    [["cpu of checkout on prod-east-1", "and of cart?"], "metrics", { clusters: EAST, subject: "cart" }],
    [["which alerts are firing on prod-east-1?", "root cause?"], "why", { clusters: EAST }],
    [["which alerts are firing on prod-east-1?", "why?"], "why", { clusters: EAST }],
    [[WHY, "which GPUs are idle?"], "GPU waste", {}],
    [[WHY, "thanks"], null, {}],
  ])("%j", (questions, intent, names) => {
    const asking = asked(...questions);
    expect({ intent: asking.intent?.name ?? null, names: namesOf(asking) }).toEqual({ intent, names });
  });

  it("asks for more, page by page", () => {
    expect(asked("pods of shop", "more")).toMatchObject({ kind: "MORE", page: 1 });
    expect(asked("pods of shop", "more", "show me more please")).toMatchObject({ kind: "MORE", page: 2 });
  });
});

describe("a time", () => {
  it.each([
    ["logs of cart in the last hour", "1h"],
    ["logs of cart for the past 90 minutes", "90m"],
    ["logs of cart last 2d", "2d"],
    ["logs of cart 15 min ago", "15m"],
    ["logs of cart since yesterday", "36h"],
    ["logs of cart since 23:00", "13h"],
    ["logs of cart since 9am", "3h"],
    ["logs of cart in the last 10 weeks", "7d"],
    ["logs of cart today", "12h"],
  ])("%s", (question, range) => {
    expect(asked(question).entities).toMatchObject({ range, subject: "cart" });
  });

  it.each(["why does cart give 500s", "why does cart give 502 since lunch", "cart is 2x slower"])(
    "is not in: %s",
    (question) => {
      expect(asked(question).entities).toMatchObject({ range: null, subject: "cart" });
    },
  );

  it("until which a silence lasts is one ahead", () => {
    expect(asked("silence CheckoutLatencyHigh until 18:30").entities.range).toBe("390m");
  });
});
