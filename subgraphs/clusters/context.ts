import type { Operation } from "../shared/kernel/subgraph.ts";
import type { ApiTokenService } from "./access/api-token.service.ts";
import type { AuditRepository } from "./audit/audit.repository.ts";
import type { CapabilitiesRepository } from "./capabilities/capabilities.repository.ts";
import type { CredentialsService } from "./credentials/credentials.service.ts";
import type { KeyRotationService } from "./credentials/key-rotation.service.ts";
import type { HealthReader } from "./health/health-history.loader.ts";
import type { HubImportService } from "./import/hub-import.service.ts";
import type { KubeconfigImportService } from "./import/kubeconfig-import.service.ts";
import type { InventoryService } from "./inventory/inventory.service.ts";
import type { ClusterById, CredentialsByCluster } from "./registry/cluster.loader.ts";
import type { ClusterRepository } from "./registry/cluster.repository.ts";
import type { ClusterService } from "./registry/cluster.service.ts";

/** What one operation's resolvers work with. */
export interface ClustersContext {
  operation: Operation;
  clusters: ClusterService;
  kubeconfigImport: KubeconfigImportService;
  hubImport: HubImportService;
  repository: ClusterRepository;
  apiTokens: ApiTokenService;
  audit: AuditRepository;
  capabilities: CapabilitiesRepository;
  clusterById: ClusterById;
  credentialsByCluster: CredentialsByCluster;
  credentials: CredentialsService;
  keyRotation: KeyRotationService;
  health: HealthReader;
  inventory: InventoryService;
}
