import type { Prisma } from "../../../prisma/generated/client.ts";
import type { Changes } from "../../shared/fleet/changes.ts";
import { isComplete } from "../../shared/fleet/cluster-outcome.ts";
import type { FleetDirectory, Target } from "../../shared/fleet/directory.ts";
import type { ClusterSelector } from "../../shared/fleet/selector.ts";
import { unattended } from "../../shared/kernel/auth-context.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import type { ClusterOutcomeRow } from "../../shared/kernel/outcome.type.ts";
import { subjectOf } from "../../shared/upstreams/promql/subject.ts";
import type { NewAnomaly } from "./anomaly.repository.ts";
import { toNewAnomaly } from "./anomaly-finding.mapper.ts";
import type { Detected, DetectionService } from "./detection.service.ts";
import { refractorySeconds } from "./discovery.filter.ts";
import type { Found, Judged, JudgingService } from "./judging.service.ts";
import type { RecordingService } from "./recording.service.ts";
import type { ClusterState, RuleRepository, RuleRow } from "./rule.repository.ts";
import { ruleWindow } from "./rule.window.ts";
import { seriesKey } from "./samples.mapper.ts";
import { isToldAloud, type SeriesState, stillMeaning, worthRecording } from "./series-state.filter.ts";

export interface RuleRunParts {
  repository: RuleRepository;
  directory: Pick<FleetDirectory, "select">;
  detection: DetectionService;
  judging: JudgingService;
  recording: RecordingService;
  changes: Changes;
  clock: Clock;
  /** Told how each run ended: partial where clusters did not answer or were cut. */
  onRun?: (outcome: "complete" | "partial" | "failed") => void;
}

const PATIENCE_SECONDS = 30;
/** Anomalies of one run that are recorded: the rarest. */
const MOST_RECORDED = 1000;
/** Clusters whose outcome is kept with the rule. */
const MOST_OUTCOMES = 1000;

type Result = Found & Partial<Pick<Judged, "judgement">>;

/** One run of a rule: everything since the last one is judged by what was before, in every cluster that it names. */
export class RuleRunService {
  readonly #parts: RuleRunParts;

  constructor(parts: RuleRunParts) {
    this.#parts = parts;
  }

  async run(rule: RuleRow, signal: AbortSignal): Promise<void> {
    const { repository, clock, onRun } = this.#parts;
    const now = clock.now();
    const start = performance.now();
    try {
      const { detected, ...told } = await this.#judge(rule, now, signal);
      const lastError = troubleOf(detected.outcomes);
      onRun?.(lastError === null ? "complete" : "partial");
      await repository.ran(rule.id, now, {
        lastError,
        lastRun: { ...told, ...runOf(detected), durationMs: Math.round(performance.now() - start) },
      });
    } catch (error) {
      if (!signal.aborted) onRun?.("failed");
      // Whoever stops says nothing of the rule.
      if (!(error instanceof CodedError) || signal.aborted) throw error;
      await repository.ran(rule.id, now, { lastError: error.message });
    }
  }

  async #judge(rule: RuleRow, now: Date, signal: AbortSignal) {
    const { repository, directory, detection } = this.#parts;
    // A cluster that it names may be gone, or no longer its owner's to see.
    const all = await directory.select(unattended(rule.identity), rule.selector as ClusterSelector);
    const window = ruleWindow(rule, now);
    const states = await repository.states(rule.id);
    const targets = all.filter(({ id }) => (states.get(id)?.judgedUntil ?? 0) < window.end);
    const subject = subjectOf(rule.expression);
    const detected = await detection.detect({
      targets,
      query: rule.expression,
      window,
      method: rule.method === "LLM_ASSISTED" ? "STATISTICAL" : rule.method,
      sensitivity: rule.sensitivity,
      above: rule.above,
      below: rule.below,
      counter: subject.counter,
      judgedUntil: new Map([...states.values()].map(({ clusterId, judgedUntil }) => [clusterId, judgedUntil])),
      timeoutSeconds: PATIENCE_SECONDS,
      requestId: `detection-${rule.id}`,
      signal,
    });
    const results = await this.#assisted(rule, subject.metricName, states, detected, now, signal);
    const judged = targets.filter((_, index) => isAnswered(detected.outcomes[index]));
    return { detected, ...(await this.#record(rule, { judged, states, results, subject, until: window.end, now })) };
  }

  /** What would be recorded is shown to the model first, if there is one to ask. */
  async #assisted(
    rule: RuleRow,
    metricName: string,
    states: ReadonlyMap<string, ClusterState>,
    { found }: Detected,
    now: Date,
    signal: AbortSignal,
  ): Promise<Result[]> {
    const single = found.flatMap(({ findings, ...where }) => findings.map((finding) => ({ ...where, finding })));
    if (rule.method !== "LLM_ASSISTED") return single;
    const { results } = recordable(rule, single, states, now);
    const about = { query: rule.expression, metricName, stepSeconds: rule.stepSeconds };
    return await this.#parts.judging.judged(
      results.map(({ result }) => result),
      about,
      signal,
    );
  }

  async #record(
    rule: RuleRow,
    run: {
      judged: readonly Target[];
      states: ReadonlyMap<string, ClusterState>;
      results: readonly Result[];
      subject: { metricName: string };
      until: number;
      now: Date;
    },
  ): Promise<{ recorded: number; notified: number }> {
    const { judged, states, subject, until, now } = run;
    const { repository, recording, changes } = this.#parts;
    if (judged.length === 0) return { recorded: 0, notified: 0 };
    return await changes.commit(async (tx, recorder) => {
      const locked = await repository.lockedStates(
        tx,
        rule.id,
        judged.map(({ id }) => id),
        now,
      );
      // What another run has judged meanwhile is its to tell.
      const own = new Map(
        [...locked].filter(([id, { judgedUntil }]) => judgedUntil === (states.get(id)?.judgedUntil ?? 0)),
      );
      const mine = run.results.filter(({ target }) => own.has(target.id));
      const { results, remembered } = recordable(rule, mine, own, now);
      const looked = {
        tenantId: rule.tenantId,
        ruleId: rule.id,
        query: rule.expression,
        metricName: subject.metricName,
        stepSeconds: rule.stepSeconds,
        detectionType: rule.method,
      };
      const aloud = new Set<string>();
      const found = results
        .toSorted((a, b) => b.result.finding.score - a.result.finding.score)
        .slice(0, MOST_RECORDED)
        .map(({ result: { target, labels, finding, judgement }, state }): NewAnomaly => {
          const anomaly = toNewAnomaly(looked, target.id, labels, finding, judgement);
          const muted = rule.mutedUntil !== null && rule.mutedUntil > now;
          const when = { now: now.getTime() / 1000, notifyScore: rule.notifyScore };
          if (!muted && isToldAloud(finding, state, when)) aloud.add(anomaly.id);
          return anomaly;
        });
      const kept = [...own.values()].map(({ clusterId }) => ({
        clusterId,
        judgedUntil: until,
        series: stillMeaning(remembered.get(clusterId) ?? {}, bounds(rule, now)),
      }));
      await repository.saveStates(tx, rule.id, kept, now);
      return await recording.record(tx, recorder, found, { now, worthTelling: ({ id }) => aloud.has(id) });
    });
  }
}

const bounds = ({ stepSeconds }: Pick<RuleRow, "stepSeconds">, now: Date) => ({
  now: now.getTime() / 1000,
  refractory: refractorySeconds(stepSeconds),
});

/** What is to be recorded by what is remembered of each series, and what is remembered then. */
function recordable(
  rule: RuleRow,
  found: readonly Result[],
  states: ReadonlyMap<string, Pick<ClusterState, "series">>,
  now: Date,
): { results: { result: Result; state: SeriesState }[]; remembered: Map<string, Record<string, SeriesState>> } {
  const remembered = new Map([...states].map(([clusterId, { series }]) => [clusterId, { ...series }]));
  const bySeries = Map.groupBy(found, ({ target, labels }) => `${target.id} ${seriesKey(labels)}`);
  const results = [...bySeries.values()].flatMap((own) => {
    const [{ target, labels }] = own as [Result];
    const key = seriesKey(labels);
    const before = remembered.get(target.id)?.[key] ?? {};
    const findings = own.map((result) => ({ ...result.finding, result }));
    const { kept, state } = worthRecording(findings, before, bounds(rule, now));
    const ofCluster = remembered.get(target.id) ?? {};
    ofCluster[key] = state;
    remembered.set(target.id, ofCluster);
    return kept.map(({ result }) => ({ result, state: before }));
  });
  return { results, remembered };
}

const isAnswered = (row: ClusterOutcomeRow<unknown> | undefined): boolean =>
  row?.status === "SUCCESS" || row?.status === "PARTIAL";

const runOf = ({ series, points, outcomes }: Detected): Prisma.InputJsonObject => ({
  seriesScanned: series,
  pointsScanned: points,
  complete: isComplete(outcomes),
  outcomes: outcomes.slice(0, MOST_OUTCOMES).map(({ cluster: _cluster, error, startedAt, ...row }) => ({
    ...row,
    startedAt: startedAt.toISOString(),
    error: error && { ...error },
  })),
});

function troubleOf(outcomes: Detected["outcomes"]): string | null {
  const failed = outcomes.filter((row) => !isAnswered(row));
  const cut = outcomes.filter(({ truncated }) => truncated).length;
  const parts = [
    failed.length > 0
      ? `${failed.length} of ${outcomes.length} clusters did not answer: ${failed[0]?.error?.message}`
      : "",
    cut > 0 ? `${cut} clusters have more series than a scan looks at: only the first are.` : "",
  ];
  return parts.filter(Boolean).join(" ") || null;
}
