import type { Prisma, Cluster as Row } from "../../../prisma/generated/client.ts";
import { toFindings, toProposals } from "../capabilities/capability.mapper.ts";
import type { Cluster } from "./cluster.type.ts";

/** A row as the graph shows it. */
export const toCluster = (row: Row): Cluster => ({
  id: row.id,
  name: row.name,
  displayName: row.displayName,
  apiServerUrl: row.apiServerUrl,
  clusterType: row.clusterType,
  platform: row.platform,
  platformVersion: row.platformVersion,
  region: row.region,
  environment: row.environment,
  status: {
    state: row.state,
    since: row.stateSince,
    checkedAt: row.checkedAt,
    healthScore: row.healthScore,
    lastError: row.lastError,
    connectivity: row.connectivity,
    apiServerHealthy: row.apiServerHealthy,
    prometheusHealthy: row.prometheusHealthy,
    tempoHealthy: row.tempoHealthy,
    lokiHealthy: row.lokiHealthy,
    alertmanagerHealthy: row.alertmanagerHealthy,
  },
  capabilities: row.capabilitiesAt && {
    hasGpuNodes: row.hasGpuNodes,
    gpuCount: row.gpuCount,
    gpuTypes: row.gpuTypes,
    hasPrometheus: row.hasPrometheus,
    hasThanos: row.hasThanos,
    hasTempo: row.hasTempo,
    hasLoki: row.hasLoki,
    hasServiceMesh: row.hasServiceMesh,
    hasCnfWorkloads: row.hasCnfWorkloads,
    cnfTypes: row.cnfTypes,
    findings: toFindings(row),
    detectedAt: row.capabilitiesAt,
  },
  endpoints: {
    prometheusUrl: row.prometheusUrl,
    tempoUrl: row.tempoUrl,
    tempoTenant: row.tempoTenant,
    lokiUrl: row.lokiUrl,
    lokiTenant: row.lokiTenant,
    alertmanagerUrl: row.alertmanagerUrl,
  },
  proposedEndpoints: toProposals(row),
  labels: row.labels as Record<string, string>,
  createdAt: row.createdAt,
  updatedAt: row.updatedAt,
  lastSeenAt: row.lastSeenAt,
});

/** What the audit log keeps of a cluster: what its owner gave, and never a secret. */
export const auditView = (row: Row): Prisma.InputJsonObject => ({
  name: row.name,
  displayName: row.displayName,
  apiServerUrl: row.apiServerUrl,
  clusterType: row.clusterType,
  platform: row.platform,
  region: row.region,
  environment: row.environment,
  labels: row.labels,
  prometheusUrl: row.prometheusUrl,
  tempoUrl: row.tempoUrl,
  tempoTenant: row.tempoTenant,
  lokiUrl: row.lokiUrl,
  lokiTenant: row.lokiTenant,
  alertmanagerUrl: row.alertmanagerUrl,
});
