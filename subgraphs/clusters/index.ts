import type { Platform } from "../platform.ts";
import { API_TOKENS_REVOKED } from "../shared/kernel/api-tokens.ts";
import { federatedSchema } from "../shared/kernel/federate.ts";
import type { Subgraph } from "../shared/kernel/subgraph.ts";
import { check } from "../shared/kernel/validation.ts";
import { ApiTokenRepository } from "./access/api-token.repository.ts";
import { ApiTokenResolver } from "./access/api-token.resolver.ts";
import { ApiTokenService } from "./access/api-token.service.ts";
import { AuditRepository } from "./audit/audit.repository.ts";
import { AuditResolver } from "./audit/audit.resolver.ts";
import { auditExport } from "./audit/audit-export.route.ts";
import { CapabilitiesRepository } from "./capabilities/capabilities.repository.ts";
import { CapabilitiesService } from "./capabilities/capabilities.service.ts";
import { DetectionService } from "./capabilities/detection.service.ts";
import { FleetCapabilitiesResolver } from "./capabilities/fleet-capabilities.resolver.ts";
import type { ClustersContext } from "./context.ts";
import { CredentialsRepository } from "./credentials/credentials.repository.ts";
import { CredentialsResolver } from "./credentials/credentials.resolver.ts";
import { CredentialsService } from "./credentials/credentials.service.ts";
import { EndpointProbe } from "./credentials/endpoint-probe.service.ts";
import { warnOfExpiry } from "./credentials/expiry.job.ts";
import { CredentialsIntake } from "./credentials/intake.service.ts";
import { KeyRotationService } from "./credentials/key-rotation.service.ts";
import { FleetHealthResolver } from "./health/fleet-health.resolver.ts";
import { healthSweep } from "./health/health.job.ts";
import { HealthRepository } from "./health/health.repository.ts";
import { HealthService } from "./health/health.service.ts";
import { healthReader } from "./health/health-history.loader.ts";
import { HealthHistoryRepository } from "./health/health-history.repository.ts";
import { HealthHistoryResolver } from "./health/health-history.resolver.ts";
import { pruneHealthHistory } from "./health/health-retention.job.ts";
import { HubImportService } from "./import/hub-import.service.ts";
import { ImportResolver } from "./import/import.resolver.ts";
import { ImportService } from "./import/import.service.ts";
import { KubeconfigImportService } from "./import/kubeconfig-import.service.ts";
import { ClusterInventoryResolver } from "./inventory/cluster-inventory.resolver.ts";
import { inventoryLoaders } from "./inventory/inventory.loader.ts";
import { toNode, toPod } from "./inventory/inventory.mapper.ts";
import { InventoryService } from "./inventory/inventory.service.ts";
import { InventoryWatches } from "./inventory/inventory.watch.ts";
import { KubernetesEventResolver } from "./inventory/kubernetes-event.resolver.ts";
import { NodeResolver } from "./inventory/node.resolver.ts";
import { PodResolver } from "./inventory/pod.resolver.ts";
import { publishOutbox } from "./outbox/outbox.job.ts";
import { RegisterClusterInput } from "./registry/cluster.input.ts";
import { clusterById, credentialsByCluster } from "./registry/cluster.loader.ts";
import { toCluster } from "./registry/cluster.mapper.ts";
import { ClusterRepository } from "./registry/cluster.repository.ts";
import { ClusterResolver } from "./registry/cluster.resolver.ts";
import { ClusterService } from "./registry/cluster.service.ts";
import { FleetSummaryResolver } from "./registry/fleet-summary.resolver.ts";
import { purgeDeleted } from "./retention/retention.job.ts";

/** A cluster itself is seen by whoever sees some of its namespaces; nodes, of which there are none for them, are not told apart. */
const BY_NAMESPACE = `
  Query.cluster Query.clusters Query.fleetHealth Query.pod Query.apiTokens Query.apiTokenOwner
  Mutation.createApiToken Mutation.revokeApiToken Cluster Cluster.healthHistory Cluster.namespaces Cluster.pods
  Cluster.kubernetesEvents ClusterHealth.cluster KubernetesEvent.node KubernetesEvent.pod Pod Pod.cluster Pod.node
  Node`;

/** The cluster registry: what clusters there are, how they are, and how to sign in to them. */
export const clusters: Subgraph<Platform> = {
  name: "clusters",

  schema: () =>
    federatedSchema({
      resolvers: [
        ClusterResolver,
        FleetSummaryResolver,
        FleetHealthResolver,
        HealthHistoryResolver,
        FleetCapabilitiesResolver,
        AuditResolver,
        ApiTokenResolver,
        CredentialsResolver,
        ClusterInventoryResolver,
        NodeResolver,
        PodResolver,
        KubernetesEventResolver,
        ImportResolver,
      ],
      references: {
        Cluster: async ({ id }: { id: string }, { clusterById }: ClustersContext) => {
          const row = await clusterById.load(id);
          return row && toCluster(row);
        },
        Node: async ({ clusterId, name }: { clusterId: string; name: string }, { inventory }: ClustersContext) => {
          const found = await inventory.node(clusterId, name);
          return found && toNode(found);
        },
        Pod: async (
          { clusterId, namespace, name }: { clusterId: string; namespace: string; name: string },
          { inventory }: ClustersContext,
        ) => {
          const found = await inventory.pod(clusterId, namespace, name);
          return found && toPod(found);
        },
      },
      byNamespace: BY_NAMESPACE,
    }),

  start: async ({ config, log, clock, database, bus, vault, fleet, guard, outbox, changes, registry }) => {
    const repository = new ClusterRepository(database.prisma);
    const audit = new AuditRepository(database.prisma);
    const apiTokens = new ApiTokenService({
      repository: new ApiTokenRepository(database.prisma),
      directory: fleet.directory,
      changes,
      clock,
      tell: async (token_id) => {
        await bus
          .publish(API_TOKENS_REVOKED, { token_id })
          .catch((error: unknown) => log.warn({ err: error }, "gateways notice a revoked token some seconds later"));
      },
    });
    const healthRepository = new HealthRepository(database.prisma);
    const healthHistory = new HealthHistoryRepository(database.prisma);
    const onHealthError = (error: unknown): void => log.error({ err: error }, "a health check failed here");
    const capabilitiesRepository = new CapabilitiesRepository(database.prisma);
    const capabilities = new CapabilitiesService({
      repository: capabilitiesRepository,
      detection: new DetectionService(fleet.clients, log),
      changes,
    });
    const health = new HealthService({
      repository: healthRepository,
      clients: fleet.clients,
      capabilities,
      changes,
      clock,
      onInternalError: onHealthError,
    });
    const intake = new CredentialsIntake({ vault, secrets: fleet.secrets, guard });
    const service = new ClusterService({
      repository,
      guard,
      intake,
      health,
      changes,
      clock,
    });
    const credentialsRepository = new CredentialsRepository(database.prisma);
    const credentials = new CredentialsService({
      clusters: repository,
      credentials: credentialsRepository,
      intake,
      source: fleet.credentials,
      probe: new EndpointProbe(fleet.clients, (error) => log.error({ err: error }, "asking an endpoint failed here")),
      changes,
      clock,
    });
    const keyRotation = new KeyRotationService({ credentials: credentialsRepository, vault, changes, log });
    const watches = new InventoryWatches({ clients: fleet.clients, clock });
    const onInternalError = (error: unknown): void => log.error({ err: error }, "reading a cluster failed here");
    const imports = new ImportService({
      clusters: service,
      repository,
      guard,
      validate: (registration) => {
        check(RegisterClusterInput.rules, registration);
      },
      onInternalError,
    });
    const kubeconfigImport = new KubeconfigImportService(imports);
    const hubImport = new HubImportService({ imports, fleet, onInternalError });
    return {
      context: (operation): ClustersContext => ({
        operation,
        clusters: service,
        kubeconfigImport,
        hubImport,
        repository,
        audit,
        apiTokens,
        capabilities: capabilitiesRepository,
        clusterById: clusterById(repository, operation.identity),
        credentialsByCluster: credentialsByCluster(repository),
        credentials,
        keyRotation,
        health: healthReader(healthHistory, operation),
        inventory: new InventoryService(inventoryLoaders(operation, fleet.directory, watches, onInternalError)),
      }),
      jobs: [
        healthSweep({
          repository: healthRepository,
          health,
          clock,
          everyMs: config.AIOPS_HEALTH_SWEEP_MS,
          onError: onHealthError,
        }),
        pruneHealthHistory({ repository: healthHistory, clock }),
        publishOutbox(outbox, registry),
        warnOfExpiry({ credentials: credentialsRepository, secrets: fleet.secrets, changes, clock, log }),
        purgeDeleted({ prisma: database.prisma, changes, clock, keepDays: config.AIOPS_DELETED_RETENTION_DAYS }),
      ],
      webRoutes: [auditExport(audit)],
      close: async () => watches.close(),
    };
  },
};
