import type { Platform } from "../../platform.ts";
import { Schedule } from "../../shared/fleet/schedule.ts";
import type { SubgraphModule } from "../../shared/kernel/subgraph-module.ts";
import { GPU, gpuReference } from "../gpu.type.ts";
import { nodeReference } from "../node.type.ts";
import { podReference } from "../pod.type.ts";
import { AcknowledgementService } from "./acknowledgement.service.ts";
import { alertLoaders } from "./alert.loader.ts";
import { toAlert } from "./alert.mapper.ts";
import { AlertRepository } from "./alert.repository.ts";
import { AlertResolver } from "./alert.resolver.ts";
import { AlertCountRepository } from "./alert-count.repository.ts";
import { AlertDeedResolver } from "./alert-deed.resolver.ts";
import {
  ClusterAlertsResolver,
  GpuAlertsResolver,
  NodeAlertsResolver,
  PodAlertsResolver,
} from "./alert-owner.resolver.ts";
import { ALERT_POLL, pollAlerts } from "./alert-poll.job.ts";
import { AlertRelationRepository } from "./alert-relation.repository.ts";
import { pruneAlerts } from "./alert-retention.job.ts";
import { AlertSignalsResolver } from "./alert-signals.resolver.ts";
import { AlertSourceRepository } from "./alert-source.repository.ts";
import { alertmanagerWebhook, MAX_NOTIFICATION_BYTES } from "./alertmanager.webhook.ts";
import type { AlertsContext } from "./alerts.context.ts";
import { AlertsService } from "./alerts.service.ts";
import { DeliveryService } from "./delivery.service.ts";
import { IngestService } from "./ingest.service.ts";
import { PollService } from "./poll.service.ts";
import { WebhookTokenRepository } from "./webhook-token.repository.ts";
import { WebhookTokenService } from "./webhook-token.service.ts";

/** Of notifications that wait: one storm of a cluster and something beside it, and three clusters with one each. */
const DELIVERIES = { clusterBytes: 1.5 * MAX_NOTIFICATION_BYTES, bytes: 4 * MAX_NOTIFICATION_BYTES, writers: 4 };

/** What the fleet's Alertmanagers tell. */
export const alerts: SubgraphModule<Platform> = {
  resolvers: [
    AlertResolver,
    ClusterAlertsResolver,
    PodAlertsResolver,
    NodeAlertsResolver,
    GpuAlertsResolver,
    AlertSignalsResolver,
    AlertDeedResolver,
  ],
  // No field leads to it here: it comes from the GPUs' own subgraph.
  orphanedTypes: [GPU],
  references: {
    Pod: podReference,
    Node: nodeReference,
    GPU: gpuReference,
    Alert: async ({ id }: { id: string }, { alerts: { loaders, now } }: AlertsContext) => {
      const row = await loaders.byId.load(id);
      return row && toAlert(row, now);
    },
  },
  byNamespace: `
    Query.alert Query.alerts Query.alertGroups Query.alertHistory Mutation.acknowledgeAlert
    Mutation.unacknowledgeAlert Alert Alert.logs Alert.occurrences Alert.relatedAlerts Alert.traces
    Cluster.alertCounts Cluster.alerts Pod Pod.alerts`,

  start: async ({ config, log, clock, database: { prisma }, fleet, changes }) => {
    const repositories = {
      alerts: new AlertRepository(prisma),
      counts: new AlertCountRepository(prisma),
      relations: new AlertRelationRepository(prisma),
      sources: new AlertSourceRepository(prisma),
    };
    const onError = (error: unknown): void => log.error({ err: error }, "reading a cluster's alerts failed here");
    const ingest = new IngestService({ changes, clock, unheardMs: config.AIOPS_ALERT_UNHEARD_HOURS * 3_600_000 });
    const tokens = new WebhookTokenService({
      tokens: new WebhookTokenRepository(prisma),
      directory: fleet.directory,
      changes,
      clock,
    });
    const schedule = new Schedule(prisma, ALERT_POLL);
    const polls = new PollService({ clients: fleet.clients, ingest, clock, onInternalError: onError });
    return {
      context: (operation): AlertsContext => {
        const loaders = alertLoaders(operation, fleet.directory, repositories);
        return {
          alerts: new AlertsService(operation, fleet.directory, repositories, loaders),
          acknowledgements: new AcknowledgementService(operation, loaders, { changes, clock }),
          webhookTokens: tokens,
        };
      },
      routes: [
        alertmanagerWebhook({ tokens, deliveries: new DeliveryService(ingest, DELIVERIES), schedule, clock, log }),
      ],
      jobs: [
        pollAlerts({
          schedule,
          sources: repositories.sources,
          polls,
          clock,
          everyMs: config.AIOPS_ALERT_POLL_MS,
          onError,
        }),
        pruneAlerts({ prisma, clock, keepDays: config.AIOPS_ALERT_RETENTION_DAYS }),
      ],
    };
  },
};
