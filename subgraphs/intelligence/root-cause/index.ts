import type { Platform } from "../../platform.ts";
import type { SubgraphModule } from "../../shared/kernel/subgraph-module.ts";
import { analysisLoaders } from "./analysis.loader.ts";
import { toAnalysis } from "./analysis.mapper.ts";
import { AnalysisRepository } from "./analysis.repository.ts";
import { AnalysisResolver } from "./analysis.resolver.ts";
import { AnalysisService } from "./analysis.service.ts";
import { AlertRootCauseResolver, AnomalyRootCauseResolver } from "./analysis-owner.resolver.ts";
import { interruptAnalyses, pruneAnalyses } from "./analysis-upkeep.job.ts";
import { IncidentsService } from "./incidents.service.ts";
import { Investigations } from "./investigation.service.ts";
import { RootCauseProgressResolver } from "./progress.resolver.ts";
import { rankBeside } from "./ranking.service.ts";
import type { RootCauseContext } from "./root-cause.context.ts";
import { RunService } from "./run.service.ts";
import { SubjectService } from "./subject.service.ts";

/** What is at the root of an alert, an anomaly, or a bad stretch of time. */
export const rootCauses: SubgraphModule<Platform> = {
  resolvers: [AnalysisResolver, AlertRootCauseResolver, AnomalyRootCauseResolver, RootCauseProgressResolver],
  references: {
    RootCauseAnalysis: async ({ id }: { id: string }, { rootCauseLoaders }: RootCauseContext) => {
      const row = await rootCauseLoaders.byId.load(id);
      return row && toAnalysis(row);
    },
  },
  byNamespace: `
    Query.incidents Query.rootCauseAnalyses Query.rootCauseAnalysis Subscription.rootCauseProgress
    Mutation.cancelRootCauseAnalysis Mutation.findRootCause Alert.rootCause AnomalyDetection.rootCause
    RootCauseAnalysis RootCauseAnalysis.anomaly`,

  start: async ({ config, log, clock, database: { prisma }, fleet: { directory }, changes, bus, graph }) => {
    const repository = new AnalysisRepository(prisma);
    const investigations = new Investigations({ graph, clock, rank: rankBeside });
    const runs = new RunService({ repository, investigations, changes, bus, clock, log });
    const subjects = new SubjectService({ graph, directory, repository });
    const service = new AnalysisService({ repository, directory, subjects, runs, changes, bus, clock });
    const incidents = new IncidentsService(graph);
    return {
      context: (operation): RootCauseContext => ({
        rootCauses: service,
        rootCauseLoaders: analysisLoaders(operation, repository, (ids) => directory.byIds(operation.identity, ids)),
        incidents,
      }),
      jobs: [
        interruptAnalyses({ repository, bus, clock }),
        pruneAnalyses({ repository, clock, keepDays: config.AIOPS_ANALYSIS_RETENTION_DAYS }),
      ],
      close: () => runs.close(),
    };
  },
};
