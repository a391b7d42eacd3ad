/** What log collectors call the namespace: of Kubernetes itself, of OpenTelemetry, and of OpenShift's logging. */
export const NAMESPACE_LABELS = ["namespace", "k8s_namespace_name", "kubernetes_namespace_name"] as const;
