import type { Operation } from "../shared/kernel/subgraph.ts";
import type { AuditRepository } from "./audit/audit.repository.ts";
import type { ClusterById, CredentialsByCluster } from "./registry/cluster.loader.ts";
import type { ClusterRepository } from "./registry/cluster.repository.ts";
import type { ClusterService } from "./registry/cluster.service.ts";

/** What one operation's resolvers work with. */
export interface ClustersContext {
  operation: Operation;
  clusters: ClusterService;
  repository: ClusterRepository;
  audit: AuditRepository;
  clusterById: ClusterById;
  credentialsByCluster: CredentialsByCluster;
}
