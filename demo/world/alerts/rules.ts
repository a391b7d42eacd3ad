import { CHECKOUT_SPELL, failingGpu, failingPod, gpuSpell, strainedNode, XID } from "../incidents.ts";
import type { Inventory, WorldPod } from "../inventory.ts";
import { createdAt, startedAt } from "../lifecycle.ts";
import { xidLabels } from "../metrics/gpu.ts";
import { agedBy, always, blinking, recurring, type Spell } from "../spell.ts";
import { PLATFORM_RULES } from "./platform-rules.ts";
import { type AlertRule, type Labels, rule, type Subject } from "./rule.ts";

const subject = (labels: Labels, spell: Spell, value: (t: number) => number): Subject => ({ labels, spell, value });
const one = () => 1;
const born = (pod: WorldPod) => (t: number) => createdAt(pod.life, t);
const named = ({ namespace, name }: WorldPod) => ({ namespace, pod: name });

function podRules({ pods }: Inventory): AlertRule[] {
  const group = "kubernetes-apps";
  const fated = (fate: WorldPod["fate"]) => pods.filter((pod) => pod.fate === fate);
  const contained = (pod: WorldPod) => ({ ...named(pod), container: pod.workload });
  return [
    rule(
      group,
      "KubePodCrashLooping",
      "critical",
      {
        query: "max by (namespace, pod, container) (increase(kube_pod_container_status_restarts_total[15m])) > 2",
        summary:
          "Container {{ $labels.container }} of {{ $labels.namespace }}/{{ $labels.pod }} restarts again and again.",
      },
      fated("crashing").map((pod) =>
        subject(contained(pod), agedBy(900, born(pod)), () => 900 / pod.life.restartEvery),
      ),
    ),
    rule(
      group,
      "KubePodNotReady",
      "warning",
      {
        query: 'sum by (namespace, pod) (kube_pod_status_phase{phase="Pending"}) > 0',
        duration: 900,
        summary: "Pod {{ $labels.namespace }}/{{ $labels.pod }} has been waiting for a node for 15 minutes.",
      },
      fated("pending").map((pod) => subject(named(pod), born(pod), one)),
    ),
    rule(
      group,
      "KubeJobFailed",
      "warning",
      {
        query: 'sum by (namespace, pod) (kube_pod_status_phase{phase="Failed"}) > 0',
        summary: "The job of pod {{ $labels.namespace }}/{{ $labels.pod }} failed.",
      },
      fated("failed").map((pod) => subject(named(pod), born(pod), one)),
    ),
    rule(
      group,
      "ContainerMemoryNearLimit",
      "warning",
      {
        query:
          "max by (namespace, pod, container) (container_memory_working_set_bytes / container_spec_memory_limit_bytes) > 0.9",
        duration: 120,
        summary: "{{ $labels.namespace }}/{{ $labels.pod }} uses {{ $value }} of its memory limit.",
      },
      fated("leaking").map((pod) => {
        const filled = (t: number) => (t - startedAt(pod.life, t)) / pod.life.restartEvery;
        const [container] = pod.containers;
        const base = (container?.memory.base ?? 0) / (container?.memoryLimit ?? 1);
        const value = (t: number) => base + (1 - base) * filled(t);
        const from = ((0.9 - base) / (1 - base)) * pod.life.restartEvery;
        return subject(
          contained(pod),
          agedBy(from, (t) => startedAt(pod.life, t)),
          value,
        );
      }),
    ),
  ];
}

function shopRules(inventory: Inventory): AlertRule[] {
  const checkouts = inventory.pods.filter(({ workload }) => workload === "checkout");
  const failing = failingPod(inventory);
  const daily = recurring(CHECKOUT_SPELL);
  const service = { namespace: "shop", service: "checkout" };
  const by = "sum by (namespace, service, pod) (rate(http_requests_total";
  return [
    rule(
      "shop",
      "CheckoutErrorRateHigh",
      "critical",
      {
        query: `${by}{service="checkout",code="500"}[5m])) / ${by}{service="checkout"}[5m])) > 0.05`,
        duration: 120,
        summary: "{{ $value }} of the requests to checkout pod {{ $labels.pod }} fail.",
        more: { team: "shop" },
      },
      checkouts.map((pod) => subject({ ...service, pod: pod.name }, pod === failing ? always : daily, () => 0.083)),
    ),
    rule(
      "shop",
      "CheckoutLatencyHigh",
      "warning",
      {
        query:
          'histogram_quantile(0.95, sum by (namespace, service, le) (rate(http_request_duration_seconds_bucket{service="checkout"}[5m]))) > 0.3',
        duration: 120,
        summary: "One in twenty requests to the checkout takes longer than {{ $value }} seconds.",
        more: { team: "shop" },
      },
      checkouts.length === 0 ? [] : [subject(service, failing === undefined ? daily : always, () => 0.54)],
    ),
  ];
}

function nodeRules(inventory: Inventory): AlertRule[] {
  const labelsOf = ({ ip, name }: { ip: string; name: string }) => ({
    job: "node-exporter",
    instance: `${ip}:9100`,
    node: name,
  });
  const strained = strainedNode(inventory);
  const [first] = inventory.nodes;
  return [
    rule(
      "nodes",
      "NodeMemoryPressure",
      "warning",
      {
        query: "1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes > 0.88",
        duration: 300,
        summary: "Node {{ $labels.node }} has less than a tenth of its memory left.",
      },
      strained === undefined ? [] : [subject(labelsOf(strained), always, () => 0.93)],
    ),
    rule(
      "nodes",
      "NodeFilesystemSpaceFillingUp",
      "warning",
      {
        query: 'predict_linear(node_filesystem_avail_bytes{mountpoint="/"}[6h], 24 * 3600) < 0',
        // It never holds for as long as this: the prediction changes its mind.
        duration: 3600,
        summary: "The root filesystem of {{ $labels.node }} may be full within a day.",
      },
      first === undefined
        ? []
        : [
            subject(
              { ...labelsOf(first), device: "/dev/vda4", fstype: "xfs", mountpoint: "/" },
              blinking(1800),
              (t) => -1e9 - (t % 1800) * 1e5,
            ),
          ],
    ),
    rule(
      "nodes",
      "NodeLongUptime",
      "info",
      {
        query: "time() - node_boot_time_seconds > 30 * 86400",
        summary: "Node {{ $labels.node }} has not been patched for a month.",
      },
      inventory.nodes.map((node) =>
        subject(
          labelsOf(node),
          agedBy(30 * 86_400, (t) => startedAt(node.life, t)),
          (t) => t - startedAt(node.life, t),
        ),
      ),
    ),
  ];
}

function gpuRules(inventory: Inventory): AlertRule[] {
  const gpu = failingGpu(inventory);
  if (gpu === undefined) return [];
  const host = inventory.spec.platform === "OPENSHIFT" ? "hostname" : "Hostname";
  const by = `UUID, modelName, gpu, ${host}, exported_namespace, exported_pod`;
  const renamed = [
    ["namespace", "exported_namespace"],
    ["pod", "exported_pod"],
    ["node", host],
  ].reduce(
    (query, [to, from]) => `label_replace(${query}, "${to}", "$1", "${from}", "(.+)")`,
    `max by (${by}) (DCGM_FI_DEV_XID_ERRORS) != 0`,
  );
  return [
    rule(
      "gpu",
      "GPUXIDErrors",
      "critical",
      {
        query: renamed,
        summary: "XID {{ $value }} on GPU {{ $labels.gpu }} of {{ $labels.node }} ({{ $labels.UUID }}).",
      },
      [subject(xidLabels(inventory, gpu), gpuSpell(inventory.spec), () => XID)],
    ),
  ];
}

/** The alerting rules of a cluster. */
export function alertRules(inventory: Inventory): readonly AlertRule[] {
  const watchdog = { query: "vector(1)", summary: "Always firing, to show that the whole path of alerts works." };
  const telemetry = { query: "vector(1)", summary: "The cluster sends no telemetry to its vendor." };
  return [
    rule("general", "Watchdog", "none", watchdog, [subject({}, always, one)]),
    rule("general", "TelemetryDisabled", "info", telemetry, [subject({}, always, one)]),
    ...podRules(inventory),
    ...shopRules(inventory),
    ...nodeRules(inventory),
    ...gpuRules(inventory),
    ...PLATFORM_RULES,
  ];
}
