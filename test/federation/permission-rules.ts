import type { OperationKind } from "../support/calls.ts";

/** What the least role is that a root field needs, and what it shows to who may see only some clusters. */
export type Role = "viewer" | "operator" | "admin";

/**
 * LIST: of the clusters that the caller may see, all or those that are named. ONE: a thing of a cluster; one that the caller may not
 * see is not there. OWN: the caller's own, which no other is told of. ALL: of the deployment, only for who may see all clusters. NONE:
 * of no cluster and nobody.
 */
export type Reach = "LIST" | "ONE" | "OWN" | "ALL" | "NONE";

/** What an argument of this name names; of `id`, each field says it. */
export type Named =
  | "cluster"
  | "clusterName"
  | "alert"
  | "anomaly"
  | "rule"
  | "watch"
  | "webhook"
  | "silence"
  | "gpu"
  | "node"
  | "session"
  | "message"
  | "persona"
  | "apiToken"
  | "report"
  | "schedule"
  | "analysis"
  | "subscription"
  | "trace"
  | "labelSelector"
  | "region";

export interface Rule {
  role: Role;
  reach: Reach;
  /** What its argument `id` names. */
  id?: Named;
}

const rules = (role: Role, reach: Reach, fields: string): Record<string, Rule> =>
  Object.fromEntries(
    fields
      .trim()
      .split(/\s+/)
      .map((entry) => {
        const [name = "", id] = entry.split(":");
        return [name, { role, reach, ...(id ? { id: id as Named } : {}) }];
      }),
  );

/** Every root field of the graph, with `:` and what its `id` names. One that is missing here, or is no field any more, fails the test. */
export const RULES: Record<OperationKind, Record<string, Rule>> = {
  query: {
    ...rules(
      "viewer",
      "LIST",
      `clusters fleetSummary fleetCapabilities fleetHealth eventHistory
       gpuHealthEvents gpuHeatmap gpuNodes gpuProcesses gpuSummary gpuWaste
       anomalies rootCauseAnalyses incidents alerts alertHistory alertGroups
       logLabels logLabelValues logSeries logMetrics logs
       metricLabels metricLabelValues metricSeries metricMetadata metricRules metricTargets metrics explainMetrics
       silences previewSilence traceServices traceOperations traceTags traceTagValues traces trace`,
    ),
    ...rules(
      "viewer",
      "ONE",
      "cluster:cluster node pod gpu:gpu gpuNode alert:alert anomaly:anomaly rootCauseAnalysis:analysis",
    ),
    ...rules(
      "viewer",
      "OWN",
      `apiTokens detectionRules detectionRule:rule metricWatches chatMessage:message chatSessions chatSession:session
       exportChatSession:session personas persona:persona report:report reports reportSchedules`,
    ),
    ...rules("viewer", "NONE", "availableModels tools streamingStatus"),
    ...rules("admin", "LIST", "auditLog deletedClusters"),
    ...rules("admin", "ONE", "alertWebhooks"),
    ...rules("admin", "ALL", "liveSubscriptions"),
  },
  mutation: {
    ...rules("viewer", "LIST", "detectAnomalies"),
    ...rules("viewer", "ONE", "findRootCause cancelRootCauseAnalysis:analysis"),
    ...rules(
      "viewer",
      "OWN",
      `createApiToken revokeApiToken:apiToken createChatSession updateChatSession:session extendChatSession:session
       deleteChatSession:session shareChatSession:session unshareChatSession:session sendChatMessage cancelChatMessage:message
       regenerateChatMessage:message resumeChatMessage:message approveToolCall chooseChatBranch
       createPersona updatePersona:persona deletePersona:persona generateReport cancelReport:report deleteReport:report`,
    ),
    ...rules("operator", "LIST", "createSilence"),
    ...rules(
      "operator",
      "ONE",
      `refreshCluster:cluster validateClusterCredentials acknowledgeAlert:alert unacknowledgeAlert:alert
       updateSilence:silence expireSilence:silence acknowledgeAnomaly:anomaly unacknowledgeAnomaly:anomaly
       markAnomalyExpected:anomaly muteAnomalySeries:anomaly`,
    ),
    ...rules(
      "operator",
      "OWN",
      `createMetricWatch updateMetricWatch:watch deleteMetricWatch:watch createDetectionRule updateDetectionRule:rule
       muteDetectionRule:rule deleteDetectionRule:rule createReportSchedule updateReportSchedule:schedule
       deleteReportSchedule:schedule runReportSchedule:schedule`,
    ),
    ...rules(
      "admin",
      "ONE",
      `setClusterCredentials rotateClusterCredentials deleteClusterCredentials importFromHub updateCluster:cluster
       deleteCluster:cluster restoreCluster:cluster purgeCluster:cluster setGpuExec createAlertWebhook
       revokeAlertWebhook:webhook`,
    ),
    ...rules("admin", "LIST", "importKubeconfig registerCluster"),
    ...rules("admin", "ALL", "rotateEncryptionKeys closeSubscription:subscription"),
  },
  subscription: {
    ...rules(
      "viewer",
      "LIST",
      `clusterHealth activeAlerts gpuFleet events clusterStatusChanged alertChanged metricUpdated traceReceived gpuUpdated
       gpuHealthChanged anomalyDetected rootCauseCompleted reportGenerated logTail metricStream`,
    ),
    ...rules("viewer", "ONE", "rootCauseProgress:analysis"),
    ...rules("viewer", "OWN", "chatMessage reportProgress:report"),
  },
};

/** What arguments name, wherever they are. */
const NAMED: Record<string, Named> = {
  clusterId: "cluster",
  clusterIds: "cluster",
  requiredClusterIds: "cluster",
  clusterContext: "cluster",
  ids: "cluster",
  clusterName: "clusterName",
  nameContains: "clusterName",
  alertId: "alert",
  anomalyId: "anomaly",
  ruleIds: "rule",
  analysisId: "analysis",
  scheduleId: "schedule",
  sessionId: "session",
  messageId: "message",
  personaId: "persona",
  uuid: "gpu",
  gpuUuids: "gpu",
  device: "gpu",
  node: "node",
  nodes: "node",
  nodeName: "node",
  traceId: "trace",
  labelSelector: "labelSelector",
  regions: "region",
};

/** What an argument at this path of the field names; undefined where it names nothing that could be somebody's. */
export function namedAt(field: string, rule: Rule, path: readonly string[]): Named | undefined {
  const name = path.at(-1) ?? "";
  if (name === "id") return rule.id;
  if (field === "cluster" && name === "name") return "clusterName";
  if (field === "node" && name === "name") return "node";
  if (field === "sendChatMessage" && name === "after") return "message";
  // What an import selects at a hub is not of the fleet yet.
  if (field === "importFromHub" && name === "labelSelector") return undefined;
  const what = NAMED[name];
  // What is kept with a selector of one's own says nothing yet of the clusters that fit.
  return rule.reach === "OWN" && (what === "labelSelector" || what === "region") ? undefined : what;
}
