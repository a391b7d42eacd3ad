import type { Platform } from "../../platform.ts";
import { Schedule } from "../../shared/fleet/schedule.ts";
import type { SubgraphModule } from "../../shared/kernel/subgraph-module.ts";
import { AlertCountRepository } from "../alerts/alert-count.repository.ts";
import { ALERT_POLL } from "../alerts/alert-poll.job.ts";
import { AlertSourceRepository } from "../alerts/alert-source.repository.ts";
import { silenceLoaders } from "./silence.loader.ts";
import { AlertSilencesResolver, SilenceResolver } from "./silence.resolver.ts";
import { SilenceDeedService } from "./silence-deed.service.ts";
import type { SilencesContext } from "./silences.context.ts";
import { SilencesService } from "./silences.service.ts";

/** What keeps notifications of the fleet's alerts back. */
export const silences: SubgraphModule<Platform> = {
  resolvers: [SilenceResolver, AlertSilencesResolver],
  byNamespace: `
    Query.previewSilence Query.silences Alert.silences Silence.matchingAlerts Mutation.createSilence
    Mutation.expireSilence Mutation.updateSilence`,

  start: async ({ fleet: { clients, directory }, database: { prisma }, changes, clock, log }) => {
    const counts = new AlertCountRepository(prisma);
    const sources = new AlertSourceRepository(prisma);
    const schedule = new Schedule(prisma, ALERT_POLL);
    return {
      context: (operation): SilencesContext => {
        const onInternalError = (error: unknown): void => {
          log.error({ err: error, requestId: operation.requestId }, "asking an Alertmanager failed here");
        };
        const loaders = silenceLoaders(operation, { clients, counts, onInternalError });
        const service = new SilencesService(operation, { directory, sources, loaders });
        const dependencies = { silences: service, clients, changes, schedule, clock, onInternalError };
        return { silences: service, silenceDeeds: new SilenceDeedService(operation, dependencies) };
      },
    };
  },
};
