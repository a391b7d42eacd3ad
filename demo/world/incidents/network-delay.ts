import type { WorldPod } from "../inventory.ts";
import { startedAt } from "../lifecycle.ts";
import { between, mix } from "../random.ts";
import { during, type Effect, every, type Maker, secondsOf } from "./effect.ts";
import { calledPair, callersOf } from "./services.ts";

/** Calls to one service take long on their way; the service itself is as quick as ever. */
export const networkDelay: Maker = ({ inventory, period }): Effect | undefined => {
  const pair = calledPair(inventory);
  if (pair === undefined) return undefined;
  const { client, server } = pair;
  const { namespace, workload } = server;
  const clients = inventory.pods.filter((pod) => pod.workload === client);
  const nodes = new Map(clients.flatMap(({ node }) => (node === undefined ? [] : [[node.name, node]])));
  const callers = callersOf(workload);
  const service = { namespace: clients[0]?.namespace ?? "", service: client };
  const address = `${workload}.${namespace}.svc`;
  const calls = ({ namespace: of, workload: name }: WorldPod) => of === service.namespace && name === client;
  return {
    cause: { kind: "SERVICE", namespace, name: workload },
    alerts: [
      { name: "UpstreamLatencyHigh", subjects: [during(period, 45, { ...service, server_address: address }, 2.4)] },
    ],
    bend: (metric, { node: of = "" }, at) => {
      const node = nodes.get(of);
      if (metric !== "node_netstat_Tcp_RetransSegs" || node === undefined) return undefined;
      return (t) => Math.floor((at(t) ?? 0) + 30 * secondsOf(period, startedAt(node.life, t), t));
    },
    traffic: ({ workload: of }) => (callers.has(of) ? { slow: of === client ? 0.6 : 0.35 } : undefined),
    sent: (pod) => (calls(pod) ? { slow: 0.9 } : undefined),
    influence: (pod, _t, seed) =>
      pod.workload === workload && pod.namespace === namespace
        ? { delay: Math.round(between(seed, "delay", 0.4, 0.7) * 1e6) }
        : undefined,
    lines: (pod, stretch) =>
      calls(pod)
        ? every(12, period, stretch, (_t, i) => ({
            seed: mix(pod.seed, i),
            level: "warn",
            message: "upstream call exceeds its latency budget",
            fields: { peer: address, took_ms: 400 + (mix(pod.seed, i) % 300), budget_ms: 200 },
          }))
        : [],
  };
};
