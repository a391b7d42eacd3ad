import type { WorldPod } from "../inventory.ts";
import type { Period } from "../lifecycle.ts";
import { existsAt, mayRun } from "../presence.ts";
import { during, type Effect, type IncidentAlert } from "./effect.ts";

/** Of what fails and what is slow at the checkout, its alerts tell, whatever is at the root of it. */
export function checkoutAlerts(pods: readonly WorldPod[], effect: Effect, period: Period): IncidentAlert[] {
  const checkouts = pods
    .filter((pod) => pod.workload === "checkout" && mayRun(pod))
    .map((pod) => ({ pod, ...effect.traffic?.(pod) }));
  const failing = checkouts.filter(({ pod, failed = 0 }) => failed > 0.05 && existsAt(pod, period.from + 60));
  const slow = checkouts.reduce((sum, one) => sum + (one.slow ?? 0), 0) / checkouts.length;
  const service = { namespace: "shop", service: "checkout" };
  return [
    {
      name: "CheckoutErrorRateHigh",
      subjects: failing.map(({ pod }) => during(period, 60, { ...service, pod: pod.name })),
    },
    { name: "CheckoutLatencyHigh", subjects: slow > 0.06 ? [during(period, 90, service)] : [] },
  ];
}
