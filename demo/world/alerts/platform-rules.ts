import { type AlertRule, rule } from "./rule.ts";

/** What is quiet as long as there is no incident: each incident says when its rule finds it. */
export const PLATFORM_RULES: readonly AlertRule[] = [
  rule(
    "kubernetes-apps",
    "ContainerOOMKilledAgain",
    "critical",
    {
      query: "max by (namespace, pod, container) (increase(container_oom_events_total[30m])) > 1.5",
      summary: "{{ $labels.namespace }}/{{ $labels.pod }} runs out of memory again and again.",
    },
    [],
  ),
  rule(
    "kubernetes-resources",
    "CPUThrottlingHigh",
    "warning",
    {
      query:
        "sum by (namespace, pod, container) (increase(container_cpu_cfs_throttled_periods_total[5m])) / sum by (namespace, pod, container) (increase(container_cpu_cfs_periods_total[5m])) > 0.25",
      duration: 60,
      summary: "{{ $labels.namespace }}/{{ $labels.pod }} waits for the CPU in {{ $value }} of its time.",
    },
    [],
  ),
  rule(
    "shop",
    "UpstreamLatencyHigh",
    "critical",
    {
      query:
        "histogram_quantile(0.95, sum by (namespace, service, server_address, le) (rate(http_client_request_duration_seconds_bucket[5m]))) > 0.5",
      duration: 60,
      summary:
        "One in twenty requests from {{ $labels.service }} to {{ $labels.server_address }} takes longer than {{ $value }} seconds.",
    },
    [],
  ),
  rule(
    "cert-manager",
    "CertManagerCertificateExpired",
    "critical",
    {
      query: "max by (namespace, name) (certmanager_certificate_expiration_timestamp_seconds) - time() < 0",
      summary: "The certificate {{ $labels.namespace }}/{{ $labels.name }} is not valid any more.",
    },
    [],
  ),
  rule(
    "kubernetes-system-kubelet",
    "KubeNodePressure",
    "warning",
    {
      query:
        'max by (node, condition) (kube_node_status_condition{condition=~"(MemoryPressure|DiskPressure|PIDPressure)",status="true"}) == 1',
      duration: 60,
      summary: "Node {{ $labels.node }} has {{ $labels.condition }}.",
    },
    [],
  ),
];
