import type { Platform } from "../../platform.ts";
import { counter } from "../../shared/kernel/instruments.ts";
import { Limits } from "../../shared/kernel/limits.ts";
import type { SubgraphModule } from "../../shared/kernel/subgraph-module.ts";
import type { AnomaliesContext } from "./anomalies.context.ts";
import { AnomaliesService } from "./anomalies.service.ts";
import { anomalyLoaders } from "./anomaly.loader.ts";
import { toAnomaly } from "./anomaly.mapper.ts";
import { AnomalyRepository } from "./anomaly.repository.ts";
import { AlertAnomaliesResolver, AnomalyResolver, ClusterAnomaliesResolver } from "./anomaly.resolver.ts";
import { AnomalyDeedResolver } from "./anomaly-deed.resolver.ts";
import { AnomalyDeedService } from "./anomaly-deed.service.ts";
import { AnomalyRelationRepository } from "./anomaly-relation.repository.ts";
import { pruneAnomalies } from "./anomaly-retention.job.ts";
import { DetectionService } from "./detection.service.ts";
import { DetectionPool } from "./detection-pool.service.ts";
import { FleetSeries } from "./fleet-series.loader.ts";
import { JudgingService } from "./judging.service.ts";
import { ModelJudge } from "./model-judge.service.ts";
import { RecordingService } from "./recording.service.ts";
import { runRules } from "./rule.job.ts";
import { RuleRepository } from "./rule.repository.ts";
import { RuleResolver } from "./rule.resolver.ts";
import { RuleService } from "./rule.service.ts";
import { RuleRunService } from "./rule-run.service.ts";
import { ScanResolver } from "./scan.resolver.ts";
import { ScanService } from "./scan.service.ts";

/** Scans that wait for their turn: few, since somebody waits for each. */
const WAITING = { total: 16, perTarget: 16, perCaller: 4 };

/** Metrics that behave as they do not otherwise: looked for at once, and by standing rules. */
export const anomalies: SubgraphModule<Platform> = {
  resolvers: [
    AnomalyResolver,
    ClusterAnomaliesResolver,
    AlertAnomaliesResolver,
    AnomalyDeedResolver,
    ScanResolver,
    RuleResolver,
  ],
  references: {
    AnomalyDetection: async ({ id }: { id: string }, { anomalies: { loaders } }: AnomaliesContext) => {
      const row = await loaders.byId.load(id);
      return row && toAnomaly(row);
    },
  },
  byNamespace: `
    Query.anomalies Query.anomaly Query.detectionRule Query.detectionRules Mutation.acknowledgeAnomaly
    Mutation.createDetectionRule Mutation.deleteDetectionRule Mutation.detectAnomalies Mutation.markAnomalyExpected
    Mutation.muteAnomalySeries Mutation.muteDetectionRule Mutation.unacknowledgeAnomaly Mutation.updateDetectionRule
    Alert.relatedAnomalies AnomalyDetection AnomalyDetection.relatedAlerts AnomalyDetection.rule Cluster.anomalies`,

  start: async ({
    config,
    log,
    clock,
    database: { prisma },
    fleet: { directory, clients },
    changes,
    models,
    registry,
  }) => {
    const onError = (error: unknown): void => log.error({ err: error }, "looking for anomalies failed here");
    const repositories = { anomalies: new AnomalyRepository(prisma), relations: new AnomalyRelationRepository(prisma) };
    const rules = new RuleRepository(prisma);
    const pool = new DetectionPool();
    const limits = { series: config.AIOPS_ANOMALY_MAX_SERIES, samples: config.AIOPS_ANOMALY_MAX_SAMPLES };
    const series = new FleetSeries({ clients, reader: pool, limits, onInternalError: onError });
    const detection = new DetectionService(series, pool);
    const judging = new JudgingService(models.isConfigured ? new ModelJudge(models) : null, repositories.relations);
    const recording = new RecordingService(repositories.anomalies);
    const most = config.AIOPS_ANOMALY_SCANS;
    const running = { total: most, perTarget: most, perCaller: most };
    const ruleRuns = counter(
      registry,
      "aiops_detection_rule_runs_total",
      "Runs of detection rules: complete, partial (clusters did not answer, or had more series than are looked at), failed. None for long means that no rule is due, or that the job stands still.",
      ["outcome"],
    );
    const parts = { directory, detection, judging, recording, changes };
    const scans = { ...parts, limits: new Limits({ running, waiting: WAITING }) };
    const runs = new RuleRunService({
      ...parts,
      repository: rules,
      clock,
      onRun: (outcome) => ruleRuns.inc({ outcome }),
    });
    return {
      context: (operation): AnomaliesContext => {
        const loaders = anomalyLoaders(operation, directory, repositories);
        return {
          anomalies: new AnomaliesService(operation, directory, repositories.anomalies, loaders),
          anomalyDeeds: new AnomalyDeedService(operation, loaders, { rules, changes, clock }),
          scans: new ScanService(operation, loaders, scans),
          detectionRules: new RuleService(operation, { ...parts, repository: rules, clock }),
        };
      },
      jobs: [
        runRules({ repository: rules, runs, clock, onError }),
        pruneAnomalies({ prisma, clock, keepDays: config.AIOPS_ANOMALY_RETENTION_DAYS }),
      ],
      close: () => pool.close(),
    };
  },
};
