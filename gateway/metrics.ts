import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { SECONDS } from "../subgraphs/shared/kernel/instruments.ts";
import { processMetrics } from "../subgraphs/shared/kernel/metrics.ts";

const COSTS = [1, 10, 50, 100, 500, 1000, 5000, 10_000, 50_000, 100_000];

export interface GatewayMetrics {
  http: Histogram<"method" | "route" | "status">;
  operations: Histogram<"type" | "outcome">;
  operationsByName: Counter<"operation" | "type" | "outcome">;
  operationSeconds: Counter<"operation" | "type">;
  costs: Histogram;
  hops: Histogram<"subgraph" | "outcome">;
  errors: Counter<"code">;
  /** The Prometheus text of these, of the process, and of what else is in the registry. */
  text(): Promise<{ contentType: string; body: string }>;
}

/**
 * @param live what is counted when asked: sockets, clients of streams, the upstream streams they share, and whether gateways count
 * the rates of users together (null where there is one only).
 */
export function createMetrics(
  registry: Registry,
  live: () => { sockets: number; clients: number; upstreams: number; sharedRates: boolean | null },
): GatewayMetrics {
  const registers = [registry];
  const gauge = (name: string, help: string, value: keyof ReturnType<typeof live>): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(Number(live()[value] ?? 1));
      },
    });
  };
  gauge("aiops_gateway_sockets", "Open WebSocket connections.", "sockets");
  gauge("aiops_gateway_subscription_clients", "Clients of live subscriptions.", "clients");
  gauge("aiops_gateway_subscription_upstreams", "Streams open to subgraphs.", "upstreams");
  gauge(
    "aiops_gateway_rates_shared",
    "1 while all gateways count the rates of users together, 0 while each counts for itself since Redis does not answer.",
    "sharedRates",
  );
  return {
    http: new Histogram({
      name: "http_request_duration_seconds",
      help: "HTTP requests to the gateway.",
      labelNames: ["method", "route", "status"],
      buckets: SECONDS,
      registers,
    }),
    operations: new Histogram({
      name: "aiops_gateway_operation_duration_seconds",
      help: "Queries and mutations, by type and outcome, on any transport.",
      labelNames: ["type", "outcome"],
      buckets: SECONDS,
      registers,
    }),
    operationsByName: new Counter({
      name: "aiops_gateway_operations_total",
      help: "Queries and mutations by their name (the first 100 that succeeded, then other), type and outcome: who asks what, and what fails.",
      labelNames: ["operation", "type", "outcome"],
      registers,
    }),
    operationSeconds: new Counter({
      name: "aiops_gateway_operation_seconds_total",
      help: "Time spent on queries and mutations by their name: over their count, how long each takes; by itself, what the gateway is busy with.",
      labelNames: ["operation", "type"],
      registers,
    }),
    costs: new Histogram({
      name: "aiops_gateway_operation_cost",
      help: "Cost of each operation that was admitted, as clients see it in extensions.cost. Near the limits of AIOPS_LIMITS, users are refused soon.",
      buckets: COSTS,
      registers,
    }),
    hops: new Histogram({
      name: "aiops_gateway_hop_duration_seconds",
      help: "Requests to each subgraph: ok, error (its answer has errors), unavailable, cancelled, failed. unavailable: the subgraph is down or its address is wrong.",
      labelNames: ["subgraph", "outcome"],
      buckets: SECONDS,
      registers,
    }),
    errors: new Counter({
      name: "aiops_gateway_errors_total",
      help: "Errors sent to clients, by code.",
      labelNames: ["code"],
      registers,
    }),
    async text() {
      const all = Registry.merge([processMetrics(), registry]);
      return { contentType: all.contentType, body: await all.metrics() };
    },
  };
}
