import type { DetectionType } from "../../../prisma/generated/enums.ts";
import type { Changes } from "../../shared/fleet/changes.ts";
import { type Completeness, isComplete, requireAnswers, requireInScope } from "../../shared/fleet/cluster-outcome.ts";
import type { FleetDirectory } from "../../shared/fleet/directory.ts";
import type { ClusterSelector } from "../../shared/fleet/selector.ts";
import { authorisationKey } from "../../shared/kernel/auth-context.ts";
import type { Limits } from "../../shared/kernel/limits.ts";
import type { ClusterOutcomeRow } from "../../shared/kernel/outcome.type.ts";
import { requireRole } from "../../shared/kernel/permissions.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import type { AskedRange, Window } from "../../shared/kernel/time-range.ts";
import { subjectOf } from "../../shared/upstreams/promql/subject.ts";
import type { AnomalyLoaders } from "./anomaly.loader.ts";
import type { AnomalyRow, NewAnomaly } from "./anomaly.repository.ts";
import { toNewAnomaly } from "./anomaly-finding.mapper.ts";
import type { Detected, DetectionService } from "./detection.service.ts";
import { refractorySeconds, withoutRepeats } from "./discovery.filter.ts";
import type { Found, Judged, JudgingService } from "./judging.service.ts";
import type { RecordingService } from "./recording.service.ts";
import { scanWindow } from "./scan.window.ts";

export interface AskedScan {
  query: string;
  clusterIds?: readonly string[] | null;
  selector?: ClusterSelector | null;
  range?: AskedRange | null;
  step: string;
  method: DetectionType;
  sensitivity: number;
  above?: number | null;
  below?: number | null;
  timeout: number;
  limit: number;
  completeness?: Completeness | null;
  keep: boolean;
}

export interface Scan extends Pick<Detected, "candidates" | "falseDiscoveryRate"> {
  rows: AnomalyRow[];
  total: number;
  window: Window;
  seriesScanned: number;
  pointsScanned: number;
  complete: boolean;
  outcomes: ClusterOutcomeRow<{ id: string }>[];
  tookMs: number;
}

/** Of a scan that is kept, these are told as events. */
const NOTIFY_SCORE = 4;
/** Anomalies of one scan that are kept: the rarest. */
const MOST_KEPT = 1000;

/** What all operations' scans work with. */
export interface ScanParts {
  directory: FleetDirectory;
  detection: DetectionService;
  judging: JudgingService;
  recording: RecordingService;
  changes: Changes;
  /** Of scans in this process. */
  limits: Limits;
}

/** Anomalies of any query, asked for at once. */
export class ScanService {
  readonly #operation: Operation;
  readonly #loaders: Pick<AnomalyLoaders, "byId">;
  readonly #parts: ScanParts;

  constructor(operation: Operation, loaders: Pick<AnomalyLoaders, "byId">, parts: ScanParts) {
    this.#operation = operation;
    this.#loaders = loaders;
    this.#parts = parts;
  }

  /**
   * @throws FORBIDDEN where it is to be kept and the identity may not, MODEL_NOT_CONFIGURED, NO_CLUSTER_SUCCEEDED, INCOMPLETE, and a
   * coded error for bad input before any call.
   */
  async scan(asked: AskedScan): Promise<Scan> {
    const { identity, signal, startedAt } = this.#operation;
    const { directory, judging, limits } = this.#parts;
    if (asked.keep) requireRole(identity, "operator");
    if (asked.method === "LLM_ASSISTED") judging.require();
    const window = scanWindow(asked.range, asked.step, startedAt);
    const targets = await directory.selectNamed(identity, asked);
    requireInScope(targets, asked.completeness);
    const call = { target: "scans", caller: authorisationKey(identity), signal };
    return await limits.run(call, () => this.#run(asked, targets, window));
  }

  async #run(asked: AskedScan, targets: Parameters<DetectionService["detect"]>[0]["targets"], window: Window) {
    const start = performance.now();
    const { identity, requestId, signal } = this.#operation;
    const { query, method, sensitivity, above = null, below = null, timeout: timeoutSeconds } = asked;
    const subject = subjectOf(query);
    const { found, outcomes, series, points, ...detected } = await this.#parts.detection.detect({
      targets,
      query,
      window,
      method: method === "LLM_ASSISTED" ? "STATISTICAL" : method,
      sensitivity,
      above,
      below,
      counter: subject.counter,
      timeoutSeconds,
      requestId,
      signal,
    });
    requireAnswers(outcomes, asked.completeness);
    const single = found.flatMap(({ findings, ...where }) =>
      withoutRepeats(findings, refractorySeconds(window.step)).map((finding): Found => ({ ...where, finding })),
    );
    const about = { query, metricName: subject.metricName, stepSeconds: window.step };
    const judged: (Found & Partial<Pick<Judged, "judgement">>)[] =
      method === "LLM_ASSISTED" ? await this.#parts.judging.judged(single, about, signal) : single;
    const looked = { ...about, tenantId: identity.tenant, ruleId: null, detectionType: method };
    const names = new Map(targets.map(({ id, name }) => [id, name]));
    const rarest = judged
      .map(({ target, labels, finding, judgement }) => toNewAnomaly(looked, target.id, labels, finding, judgement))
      .sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1));
    if (asked.keep) await this.#keep(rarest.slice(0, MOST_KEPT), about);
    const shown = rarest.slice(0, asked.limit).map((anomaly) => unsaid(anomaly, names.get(anomaly.clusterId) ?? ""));
    return {
      ...detected,
      rows: asked.keep ? await this.#asKept(shown) : shown,
      total: rarest.length,
      window,
      seriesScanned: series,
      pointsScanned: points,
      complete: isComplete(outcomes),
      outcomes,
      tookMs: Math.round(performance.now() - start),
    };
  }

  async #keep(anomalies: readonly NewAnomaly[], { query, metricName }: { query: string; metricName: string }) {
    const { identity, startedAt: now } = this.#operation;
    await this.#parts.changes.commit(async (tx, record) => {
      const { recorded } = await this.#parts.recording.record(tx, record, anomalies, {
        now,
        worthTelling: ({ score, anomalyType }) => score >= NOTIFY_SCORE || anomalyType === "THRESHOLD_BREACH",
      });
      await record.deed(this.#operation, {
        action: "KEEP_ANOMALIES",
        cluster: { id: null, tenantId: identity.tenant, name: metricName },
        before: null,
        after: { query, found: anomalies.length, recorded },
      });
    });
  }

  /** Somebody may have said something of one that was found before. */
  async #asKept(shown: readonly AnomalyRow[]): Promise<AnomalyRow[]> {
    const kept = await this.#loaders.byId.loadMany(shown.map(({ id }) => id));
    return shown.map((row, index) => {
      const own = kept[index];
      return own && !(own instanceof Error) ? own : row;
    });
  }
}

/** As it was found, and nobody has said anything of it. */
const unsaid = ({ tenantId: _tenantId, ...anomaly }: NewAnomaly, clusterName: string): AnomalyRow => ({
  ...anomaly,
  clusterName,
  ackOwner: null,
  ackNote: null,
  ackAt: null,
  expectedBy: null,
  expectedNote: null,
  expectedAt: null,
  mutedUntil: null,
  createdAt: null,
});
