/** Every tool there is, for the assistant and for MCP clients alike. */
export const TOOL_NAMES = [
  "list_clusters",
  "get_cluster_status",
  "query_metrics",
  "get_metric_labels",
  "analyze_traces",
  "get_trace",
  "query_logs",
  "get_alerts",
  "get_gpu_nodes",
  "get_gpu_processes",
  "get_gpu_summary",
  "list_pods",
  "kubernetes_events",
  "detect_anomalies",
  "find_root_cause",
  "explain_query",
  "create_silence",
  "acknowledge_alert",
] as const;
export type ToolName = (typeof TOOL_NAMES)[number];

export const isToolName = (name: string): name is ToolName => (TOOL_NAMES as readonly string[]).includes(name);
