import { asRegex } from "../../shared/kernel/namespaces.ts";
import { AMD } from "./amd.mapper.ts";
import { DCGM } from "./dcgm.mapper.ts";
import type { Exporter } from "./exporter.mapper.ts";
import { GAUDI } from "./gaudi.mapper.ts";

export const EXPORTERS: readonly Exporter[] = [DCGM, AMD, GAUDI];

/** AMD's exporter may be told to put its vendor's name before each metric. */
export const PREFIX = "amd_";

const RESOURCES = "nvidia_com_gpu|nvidia_com_gpu_shared|nvidia_com_mig_.+|amd_com_gpu|habana_ai_gaudi";

const ofDevices = EXPORTERS.flatMap(({ metrics, source }) =>
  Object.keys(metrics).flatMap((name) => (source === "AMD_EXPORTER" ? [name, `${PREFIX}${name}`] : [name])),
).join("|");

/**
 * All that is asked of a cluster's Prometheus, in one query: what its exporters tell of every device, and what kube-state-metrics
 * tells of the nodes they are in. Pods that have ended hold nothing any more.
 */
export const QUERY = [
  `{__name__=~"${ofDevices}|kube_node_status_capacity",resource=~"|${RESOURCES}"}`,
  `kube_node_labels{label_nvidia_com_gpu_present="true"}`,
  `(kube_pod_container_resource_requests{resource=~"${RESOURCES}"} unless on (namespace, pod, exported_namespace, exported_pod) (kube_pod_status_phase{phase=~"Succeeded|Failed"} == 1))`,
].join(" or ");

/** Where a series names the namespace of the pod that it is about (`podOf`). */
const NAMESPACE_LABELS = ["exported_namespace", "pod_namespace", "namespace"];

/**
 * What is asked for whoever sees only some namespaces: what exporters tell about their pods' devices, and nothing that they tell about
 * another pod. Of a device that is shared or divided, others' series are thus not read at all.
 */
export const queryWithin = (namespaces: readonly string[]): string =>
  NAMESPACE_LABELS.map((label) => `{__name__=~"${ofDevices}",${label}=~${JSON.stringify(asRegex(namespaces))}}`).join(
    " or ",
  );
