import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { processMetrics } from "../subgraphs/shared/kernel/metrics.ts";

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

export interface GatewayMetrics {
  http: Histogram<"method" | "route" | "status">;
  operations: Histogram<"type" | "outcome">;
  errors: Counter<"code">;
  /** The Prometheus text of these, of the process, and of what else is in the registry. */
  text(): Promise<{ contentType: string; body: string }>;
}

/** @param live what is counted when asked: sockets, clients of streams, and the upstream streams they share. */
export function createMetrics(
  registry: Registry,
  live: () => { sockets: number; clients: number; upstreams: number },
): GatewayMetrics {
  const registers = [registry];
  const gauge = (name: string, help: string, value: keyof ReturnType<typeof live>): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(live()[value]);
      },
    });
  };
  gauge("aiops_gateway_sockets", "Open WebSocket connections.", "sockets");
  gauge("aiops_gateway_subscription_clients", "Clients of live subscriptions.", "clients");
  gauge("aiops_gateway_subscription_upstreams", "Streams open to subgraphs.", "upstreams");
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
