import type { Inventory, WorldPod } from "../inventory.ts";
import { mayRun } from "../presence.ts";
import { FLOWS, type Step } from "../traces/topology.ts";

/** The running pods of the first of the workloads that the cluster has. */
export function firstOf(
  { pods }: Inventory,
  ...workloads: readonly string[]
): readonly [WorldPod, ...WorldPod[]] | undefined {
  for (const workload of workloads) {
    const [first, ...others] = pods.filter((pod) => pod.workload === workload && mayRun(pod));
    if (first !== undefined) return [first, ...others];
  }
  return undefined;
}

/** A service that another calls: of the shop, or at the edge of the network functions. */
export function calledPair(
  inventory: Inventory,
): { client: string; servers: readonly WorldPod[]; server: WorldPod } | undefined {
  for (const [client, service] of [
    ["checkout", "payment-api"],
    ["amf", "smf"],
  ] as const) {
    const servers = firstOf(inventory, service);
    if (servers !== undefined && firstOf(inventory, client) !== undefined)
      return { client, servers, server: servers[0] };
  }
  return undefined;
}

/** Who calls a service, directly or through others. */
export function callersOf(service: string): ReadonlySet<string> {
  const callers = new Set<string>();
  const visit = (step: Step, above: readonly string[]) => {
    if (step.service === service) for (const caller of above) if (caller !== service) callers.add(caller);
    for (const call of step.calls) visit(call, [...above, step.service]);
  };
  for (const { root } of FLOWS) visit(root, []);
  return callers;
}
