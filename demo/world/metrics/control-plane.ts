import { wholeCounter } from "../counter.ts";
import type { Inventory } from "../inventory.ts";
import { between, hashText } from "../random.ts";
import { runningPods } from "./containers.ts";
import { family, type MetricFamily } from "./family.ts";

const REQUESTS: readonly (readonly [verb: string, resource: string, code: string, perSecond: number])[] = [
  ["GET", "pods", "200", 9],
  ["LIST", "pods", "200", 2.5],
  ["WATCH", "pods", "200", 0.6],
  ["GET", "nodes", "200", 4],
  ["LIST", "nodes", "200", 0.7],
  ["PUT", "leases", "200", 12],
  ["PATCH", "events", "200", 1.8],
  ["POST", "events", "201", 1.1],
  ["GET", "secrets", "404", 0.05],
  ["POST", "pods", "500", 0.01],
];

/** What the API servers count, and `up` for every target that is scraped. */
export function controlPlaneFamilies(inventory: Inventory): MetricFamily[] {
  const servers = inventory.pods.filter((pod) => pod.workload === "kube-apiserver");
  const target = (job: string, instance: string, more: Readonly<Record<string, string>> = {}) =>
    [{ job, instance, ...more }, () => 1] as const;
  const up = () => [
    ...inventory.nodes.map((node) => target("node-exporter", `${node.ip}:9100`, { node: node.name })),
    ...inventory.nodes.map((node) => target("kubelet", `${node.ip}:10250`, { node: node.name })),
    ...servers.map((pod) => target("apiserver", `${pod.ip}:6443`)),
    ...runningPods(inventory)
      .filter((pod) => pod.namespace === "shop" || pod.workload === "payment-api")
      .map((pod) => target(pod.workload, `${pod.ip}:8080`, { namespace: pod.namespace, pod: pod.name })),
    ...inventory.pods
      .filter((pod) => pod.workload === "kube-state-metrics")
      .map((pod) => target("kube-state-metrics", `${pod.ip}:8443`)),
    ...inventory.pods
      .filter((pod) => pod.workload === "nvidia-dcgm-exporter")
      .map((pod) => target("nvidia-dcgm-exporter", `${pod.ip}:9400`, { namespace: pod.namespace, pod: pod.name })),
    target("prometheus", "localhost:9090"),
  ];
  return [
    family("up", "gauge", "", up),
    family(
      "apiserver_request_total",
      "counter",
      "Counter of apiserver requests broken out for each verb, group, version, resource, scope and HTTP response code.",
      () =>
        servers.flatMap((pod) =>
          REQUESTS.map(([verb, resource, code, perSecond]) => {
            const seed = hashText(`${verb}/${resource}/${code}`, pod.seed);
            const base = perSecond * between(seed, "rate", 0.7, 1.3);
            const rhythm = { base, swing: 0.25, shift: 0, noise: 0.3, seed };
            const labels = {
              job: "apiserver",
              instance: `${pod.ip}:6443`,
              verb,
              resource,
              code,
              version: "v1",
              group: "",
            };
            return [labels, wholeCounter(rhythm, pod.life)] as const;
          }),
        ),
    ),
  ];
}
