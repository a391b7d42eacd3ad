import type { Platform } from "../../platform.ts";
import { Schedule } from "../../shared/fleet/schedule.ts";
import type { SubgraphModule } from "../../shared/kernel/subgraph-module.ts";
import { tellErrorTraces } from "./error-traces.job.ts";
import { ErrorTracesRepository } from "./error-traces.repository.ts";
import { ErrorTracesService } from "./error-traces.service.ts";
import { LogTraceResolver } from "./log-trace.resolver.ts";
import { TraceResolver } from "./trace.resolver.ts";
import { traceReference } from "./trace.type.ts";
import { TraceLookupService } from "./trace-lookup.service.ts";
import { traceRace } from "./trace-race.loader.ts";
import { TraceTagsResolver } from "./trace-tags.resolver.ts";
import { TraceTagsService } from "./trace-tags.service.ts";
import type { TracesContext } from "./traces.context.ts";
import { traceLoaders } from "./traces.loader.ts";
import { TracesResolver } from "./traces.resolver.ts";
import { TracesService } from "./traces.service.ts";

/** What the clusters' Tempo answer. */
export const traces: SubgraphModule<Platform> = {
  resolvers: [TracesResolver, TraceResolver, TraceTagsResolver, LogTraceResolver],
  references: { Trace: traceReference },
  // Not the tags: a Tempo lists them for all spans.
  byNamespace: `
    Query.trace Query.traces Cluster.traces LogEntry.trace Trace Trace.criticalPath Trace.hasErrors Trace.outcomes
    Trace.serviceCount Trace.serviceGraph Trace.spanCount Trace.spans Trace.truncated`,

  start: async ({ config, clock, database: { prisma }, changes, fleet, log }) => {
    const { directory, clients } = fleet;
    const repository = new ErrorTracesRepository(prisma);
    const everyMs = config.AIOPS_TRACE_POLL_MS;
    return {
      context: (operation): TracesContext => {
        const onInternalError = (error: unknown): void => {
          log.error({ err: error, requestId: operation.requestId }, "a question about traces failed here");
        };
        const loaders = traceLoaders(operation, clients, onInternalError);
        const race = traceRace(operation, clients, onInternalError);
        return {
          traces: new TracesService(operation, directory, loaders, race),
          traceLookup: new TraceLookupService(operation, directory, race),
          traceTags: new TraceTagsService(operation, directory, loaders),
        };
      },
      jobs: [
        tellErrorTraces({
          schedule: new Schedule(prisma, "observability.error-traces"),
          repository,
          errorTraces: new ErrorTracesService({ repository, clients, changes, clock, everyMs }),
          clock,
          everyMs,
          onFailure: ({ name }, { code, message }, rest) =>
            log.warn({ cluster: name, code, rest }, `its traces with an error could not be read: ${message}`),
          onError: (error) => log.error({ err: error }, "reading a cluster's traces with an error failed here"),
        }),
      ],
    };
  },
};
