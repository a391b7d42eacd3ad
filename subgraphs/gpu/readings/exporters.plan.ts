import { AMD } from "./amd.mapper.ts";
import { DCGM } from "./dcgm.mapper.ts";
import type { Exporter } from "./exporter.mapper.ts";
import { GAUDI } from "./gaudi.mapper.ts";

export const EXPORTERS: readonly Exporter[] = [DCGM, AMD, GAUDI];

/** AMD's exporter may be told to put its vendor's name before each metric. */
export const PREFIX = "amd_";

const RESOURCES = "nvidia_com_gpu|nvidia_com_gpu_shared|nvidia_com_mig_.+|amd_com_gpu|habana_ai_gaudi";

const names = [
  ...EXPORTERS.flatMap(({ metrics, source }) =>
    Object.keys(metrics).flatMap((name) => (source === "AMD_EXPORTER" ? [name, `${PREFIX}${name}`] : [name])),
  ),
  "kube_node_status_capacity",
];

/**
 * All that is asked of a cluster's Prometheus, in one query: what its exporters tell of every device, and what kube-state-metrics
 * tells of the nodes they are in. Pods that have ended hold nothing any more.
 */
export const QUERY = [
  `{__name__=~"${names.join("|")}",resource=~"|${RESOURCES}"}`,
  `kube_node_labels{label_nvidia_com_gpu_present="true"}`,
  `(kube_pod_container_resource_requests{resource=~"${RESOURCES}"} unless on (namespace, pod, exported_namespace, exported_pod) (kube_pod_status_phase{phase=~"Succeeded|Failed"} == 1))`,
].join(" or ");
