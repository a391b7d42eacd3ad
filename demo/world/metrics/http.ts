import { counter } from "../counter.ts";
import { CHECKOUT_SPELL, failingPod } from "../incidents.ts";
import type { Inventory, WorldPod } from "../inventory.ts";
import { between, hashText } from "../random.ts";
import type { Rhythm } from "../rhythm.ts";
import { family, type MetricFamily } from "./family.ts";

const SERVICES: Readonly<Record<string, readonly string[]>> = {
  frontend: ["/", "/product"],
  checkout: ["/checkout", "/cart/confirm"],
  cart: ["/cart"],
  catalog: ["/search"],
  "payment-api": ["/charge"],
};
export const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const FAST_MEAN = 0.04;
const SLOW_MEAN = 0.9;

export interface Endpoint {
  readonly labels: Readonly<Record<string, string>>;
  /** Requests, cumulative since the pod's container started: answered quickly, slowly, and with an error. */
  readonly fast: (t: number) => number;
  readonly slow: (t: number) => number;
  readonly failed: (t: number) => number;
}

function endpoint(pod: WorldPod, path: string, failing: boolean): Endpoint {
  const seed = hashText(path, pod.seed);
  const perSecond = between(seed, "rate", 4, 18);
  const shift = between(pod.seed, "shift", -2, 2) * 3600;
  const pulse = (height: number) =>
    pod.workload === "checkout" ? { pulse: { ...CHECKOUT_SPELL, height: perSecond * height } } : {};
  const since = (rhythm: Rhythm) => counter(rhythm, pod.life);
  return {
    labels: {
      job: pod.workload,
      service: pod.workload,
      instance: `${pod.ip}:8080`,
      namespace: pod.namespace,
      pod: pod.name,
      container: pod.workload,
      path,
      method: pod.workload === "payment-api" ? "POST" : "GET",
    },
    fast: since({ base: perSecond, swing: 0.5, shift, noise: 0.25, seed }),
    slow: since({
      base: perSecond * (failing ? 0.3 : 0.03),
      swing: 0.6,
      shift,
      noise: 0.3,
      seed: seed + 2,
      ...pulse(0.35),
    }),
    failed: since({
      base: perSecond * (failing ? 0.15 : 0.004),
      swing: 0.3,
      shift,
      noise: 0.5,
      seed: seed + 4,
      ...pulse(0.12),
    }),
  };
}

/** An endpoint's counters as incidents of its pod leave them. */
export type Impact = (pod: WorldPod, end: Endpoint) => Endpoint;

/** Share of an exponential distribution below a bound. */
const below = (bound: number, mean: number) => 1 - Math.exp(-bound / mean);

/** Requests that took at most `bound` seconds; +Inf gives all of them. Errors are quick ones. */
function bucket(end: Endpoint, bound: number): (t: number) => number {
  const quick = below(bound, FAST_MEAN);
  const slow = below(bound, SLOW_MEAN);
  return (t) => Math.floor(quick * (end.fast(t) + end.failed(t)) + slow * end.slow(t));
}

const sum = (end: Endpoint) => (t: number) => FAST_MEAN * (end.fast(t) + end.failed(t)) + SLOW_MEAN * end.slow(t);

export const endpointValues = { bucket, sum };

/** What the shop's services tell about their own requests. */
export function httpFamilies(inventory: Inventory, impact: Impact): MetricFamily[] {
  const pods = inventory.pods.filter((pod) => pod.namespace === "shop" || pod.namespace === "payments");
  const failing = failingPod(inventory);
  const ends = () =>
    pods.flatMap((pod) =>
      (SERVICES[pod.workload] ?? []).map((path) => impact(pod, endpoint(pod, path, pod === failing))),
    );
  const all = (end: Endpoint) => bucket(end, Infinity);
  return [
    family("http_requests_total", "counter", "Requests answered, by status code.", () =>
      ends().flatMap((end) => {
        const failed = (t: number) => Math.floor(end.failed(t));
        return [
          [{ ...end.labels, code: "200" }, (t: number) => all(end)(t) - failed(t)] as const,
          [{ ...end.labels, code: "500" }, failed] as const,
        ];
      }),
    ),
    family("http_request_duration_seconds", "histogram", "How long requests took, in seconds.", () => []),
    family("http_request_duration_seconds_bucket", "histogram", "", () =>
      ends().flatMap((end) =>
        [...BOUNDS, Infinity].map((bound) => {
          const le = bound === Infinity ? "+Inf" : String(bound);
          return [{ ...end.labels, le }, bucket(end, bound)] as const;
        }),
      ),
    ),
    family("http_request_duration_seconds_count", "histogram", "", () => ends().map((end) => [end.labels, all(end)])),
    family("http_request_duration_seconds_sum", "histogram", "", () => ends().map((end) => [end.labels, sum(end)])),
  ];
}
