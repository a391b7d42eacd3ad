import { counter } from "../counter.ts";
import type { Inventory } from "../inventory.ts";
import { between, hashText } from "../random.ts";
import { runningPods } from "./containers.ts";
import { family, type MetricFamily } from "./family.ts";
import { BOUNDS, type Endpoint, endpointValues, type Impact } from "./http.ts";

/** Whom a service calls by HTTP. */
const CALLED: Readonly<Record<string, string>> = { checkout: "payment-api.payments.svc", amf: "smf.upf-core.svc" };

/** What services tell about the requests that they send, as their callees do not see them. */
export function clientFamilies(inventory: Inventory, impact: Impact): MetricFamily[] {
  const ends = () =>
    runningPods(inventory).flatMap((pod): Endpoint[] => {
      const address = CALLED[pod.workload];
      if (address === undefined) return [];
      const seed = hashText(address, pod.seed);
      const perSecond = between(seed, "rate", 4, 12);
      const since = (share: number, noise: number, own: number) =>
        counter({ base: perSecond * share, swing: 0.4, shift: 0, noise, seed: seed + own }, pod.life);
      const labels = {
        job: pod.workload,
        service: pod.workload,
        instance: `${pod.ip}:8080`,
        namespace: pod.namespace,
        pod: pod.name,
        container: pod.workload,
        http_request_method: "POST",
        server_address: address,
      };
      return [
        impact(pod, { labels, fast: since(1, 0.25, 0), slow: since(0.02, 0.3, 2), failed: since(0.003, 0.5, 4) }),
      ];
    });
  const name = "http_client_request_duration_seconds";
  return [
    family(name, "histogram", "How long requests to other services took, in seconds.", () => []),
    family(`${name}_bucket`, "histogram", "", () =>
      ends().flatMap((end) =>
        [...BOUNDS, Infinity].map((bound) => {
          const le = bound === Infinity ? "+Inf" : String(bound);
          return [{ ...end.labels, le }, endpointValues.bucket(end, bound)] as const;
        }),
      ),
    ),
    family(`${name}_count`, "histogram", "", () =>
      ends().map((end) => [end.labels, endpointValues.bucket(end, Infinity)]),
    ),
    family(`${name}_sum`, "histogram", "", () => ends().map((end) => [end.labels, endpointValues.sum(end)])),
    family("http_client_requests_failed_total", "counter", "Requests to other services that failed.", () =>
      ends().map((end) => [end.labels, (t) => Math.floor(end.failed(t))]),
    ),
  ];
}
