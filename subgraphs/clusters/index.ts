import { Outbox } from "../../prisma/outbox.ts";
import type { Platform } from "../platform.ts";
import { federatedSchema } from "../shared/kernel/federate.ts";
import type { Subgraph } from "../shared/kernel/subgraph.ts";
import { AuditRepository } from "./audit/audit.repository.ts";
import { AuditResolver } from "./audit/audit.resolver.ts";
import { CapabilitiesService } from "./capabilities/capabilities.service.ts";
import { Changes } from "./changes.ts";
import type { ClustersContext } from "./context.ts";
import { CredentialsService } from "./credentials/credentials.service.ts";
import { healthSweep } from "./health/health.job.ts";
import { HealthRepository } from "./health/health.repository.ts";
import { HealthService } from "./health/health.service.ts";
import { publishOutbox } from "./outbox.job.ts";
import { clusterById, credentialsByCluster } from "./registry/cluster.loader.ts";
import { toCluster } from "./registry/cluster.mapper.ts";
import { ClusterRepository } from "./registry/cluster.repository.ts";
import { ClusterResolver } from "./registry/cluster.resolver.ts";
import { ClusterService } from "./registry/cluster.service.ts";
import { FleetSummaryResolver } from "./registry/fleet-summary.resolver.ts";
import { purgeDeleted } from "./retention/retention.job.ts";

/** The cluster registry: what clusters there are, how they are, and how to sign in to them. */
export const clusters: Subgraph<Platform> = {
  name: "clusters",

  schema: () =>
    federatedSchema({
      resolvers: [ClusterResolver, FleetSummaryResolver, AuditResolver],
      references: {
        Cluster: async ({ id }: { id: string }, { clusterById }: ClustersContext) => {
          const row = await clusterById.load(id);
          return row && toCluster(row);
        },
      },
    }),

  start: async ({ config, log, clock, database, bus, vault, fleet }) => {
    const repository = new ClusterRepository(database.prisma);
    const audit = new AuditRepository(database.prisma);
    const healthRepository = new HealthRepository(database.prisma);
    const outbox = new Outbox(database.prisma, (topic, event, id) => bus.publish(topic, event, id));
    const changes = new Changes({ prisma: database.prisma, outbox, clock, log });
    const capabilities = new CapabilitiesService(fleet.clients);
    const health = new HealthService({
      repository: healthRepository,
      clients: fleet.clients,
      capabilities,
      changes,
      clock,
    });
    const service = new ClusterService({
      repository,
      credentials: new CredentialsService(vault),
      health,
      changes,
      clock,
    });
    return {
      context: (operation): ClustersContext => ({
        operation,
        clusters: service,
        repository,
        audit,
        clusterById: clusterById(repository, operation.identity),
        credentialsByCluster: credentialsByCluster(repository),
      }),
      jobs: [
        healthSweep({
          repository: healthRepository,
          health,
          clock,
          everyMs: config.AIOPS_HEALTH_SWEEP_MS,
          onError: (error) => log.error({ err: error }, "a health check failed here"),
        }),
        publishOutbox(outbox),
        purgeDeleted({ prisma: database.prisma, changes, clock, keepDays: config.AIOPS_DELETED_RETENTION_DAYS }),
      ],
    };
  },
};
