import { Registry } from "prom-client";
import type { Graph } from "../../shared/kernel/graph.ts";
import { counter } from "../../shared/kernel/instruments.ts";
import type { Logger } from "../../shared/kernel/log.ts";
import { acknowledgeAlert, createSilence } from "./catalogue/actions.tool.ts";
import { getAlerts } from "./catalogue/alerts.tool.ts";
import { detectAnomalies } from "./catalogue/anomalies.tool.ts";
import { getClusterStatus, listClusters } from "./catalogue/clusters.tool.ts";
import { kubernetesEvents } from "./catalogue/events.tool.ts";
import { explainQuery } from "./catalogue/explain-query.tool.ts";
import { getGpuNodes, getGpuProcesses } from "./catalogue/gpu.tool.ts";
import { getGpuSummary } from "./catalogue/gpu-summary.tool.ts";
import { queryLogs } from "./catalogue/logs.tool.ts";
import { getMetricLabels, queryMetrics } from "./catalogue/metrics.tool.ts";
import { listPods } from "./catalogue/pods.tool.ts";
import { findRootCause } from "./catalogue/root-cause.tool.ts";
import { getTrace } from "./catalogue/trace.tool.ts";
import { analyzeTraces } from "./catalogue/traces.tool.ts";
import type { Tool } from "./tool.contract.ts";
import { Toolbox } from "./toolbox.service.ts";

/** Every tool, each in a file of its own or beside its like under `catalogue/`. */
const TOOLS: readonly Tool[] = [
  listClusters,
  getClusterStatus,
  queryMetrics,
  getMetricLabels,
  analyzeTraces,
  getTrace,
  queryLogs,
  getAlerts,
  getGpuNodes,
  getGpuProcesses,
  getGpuSummary,
  listPods,
  kubernetesEvents,
  detectAnomalies,
  findRootCause,
  explainQuery,
  createSilence,
  acknowledgeAlert,
];

/**
 * @param log where a tool's own failure goes: whoever called it is only told that it failed
 * @param registry where calls are counted
 */
export function openToolbox(graph: Graph, log?: Logger, registry: Registry = new Registry()): Toolbox {
  const calls = counter(
    registry,
    "aiops_tool_calls_total",
    "Calls of the assistant's and MCP clients' tools, by outcome (SUCCESS, ERROR, TIMEOUT). A tool that mostly fails is one that models misuse, or that clusters do not answer.",
    ["tool", "outcome"],
  );
  return new Toolbox(graph, TOOLS, log, (tool, outcome) => calls.inc({ tool, outcome }));
}
