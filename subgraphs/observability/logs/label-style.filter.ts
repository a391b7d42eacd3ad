import { CodedError } from "../../shared/kernel/errors.ts";
import { NAMESPACE_LABELS } from "../../shared/upstreams/logql/namespace-labels.ts";
import type { Labels } from "../../shared/upstreams/loki/schema.ts";

/** What a cluster's Loki calls the parts of Kubernetes; null for what it has no label for. */
export interface LabelStyle {
  namespace: string | null;
  pod: string | null;
  node: string | null;
}

/** Of Kubernetes itself, of OpenTelemetry, and of OpenShift's logging. */
const NAMES = {
  namespace: NAMESPACE_LABELS,
  pod: ["pod", "k8s_pod_name", "kubernetes_pod_name"],
  node: ["node", "node_name", "k8s_node_name", "kubernetes_host"],
} as const;

export function labelStyle(labels: readonly string[]): LabelStyle {
  const known = new Set(labels);
  const first = (names: readonly string[]): string | null => names.find((name) => known.has(name)) ?? null;
  return { namespace: first(NAMES.namespace), pod: first(NAMES.pod), node: first(NAMES.node) };
}

/** The pod that a stream is of. */
export function podOf(stream: Labels): { namespace: string; name: string } | null {
  const first = (names: readonly string[]): string | undefined => stream[names.find((name) => stream[name]) ?? ""];
  const [namespace, name] = [first(NAMES.namespace), first(NAMES.pod)];
  return namespace && name ? { namespace, name } : null;
}

/** What logs may be of. */
export interface LogSubject {
  namespace?: string | null;
  pod?: string | null;
  node?: string | null;
}

/** The subject's labels in this style: a pod says where it runs. @throws UPSTREAM_QUERY_FAILED where there is no label for a part. */
export function labelsOf({ namespace, pod, node }: LogSubject, style: LabelStyle): Labels {
  const labels: Labels = {};
  for (const [part, value] of Object.entries({ namespace, pod, node: pod ? null : node })) {
    if (!value) continue;
    const name = style[part as keyof LabelStyle];
    if (name === null) throw unnamed(part as keyof LabelStyle);
    labels[name] = value;
  }
  return labels;
}

const unnamed = (part: keyof LabelStyle): CodedError =>
  new CodedError(
    "UPSTREAM_QUERY_FAILED",
    `This cluster's Loki has no label for the ${part}: none of ${NAMES[part].join(", ")}.`,
  );
