import type { Target } from "../../shared/fleet/directory.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import type { AnomalyJudge, Judgement } from "./anomaly-judge.service.ts";
import type { AnomalyRelationRepository } from "./anomaly-relation.repository.ts";
import type { JudgedFinding } from "./samples.mapper.ts";

export interface Found {
  target: Target;
  labels: Record<string, string>;
  finding: JudgedFinding;
}

export interface Judged extends Found {
  judgement: Judgement;
}

/** Shown to the model at once: what is more is left out, the rarest first. */
const MOST_JUDGED = 20;
const ALERTS_SHOWN = 5;

/** Has the configured model judge what statistics found. */
export class JudgingService {
  readonly #judge: AnomalyJudge | null;
  readonly #relations: AnomalyRelationRepository;

  constructor(judge: AnomalyJudge | null, relations: AnomalyRelationRepository) {
    this.#judge = judge;
    this.#relations = relations;
  }

  /** To be asked before any work is done. @throws MODEL_NOT_CONFIGURED */
  require(): AnomalyJudge {
    if (this.#judge) return this.#judge;
    throw new CodedError(
      "MODEL_NOT_CONFIGURED",
      "LLM_ASSISTED needs a language model, and none is configured. Configure one, or use STATISTICAL or ML_BASED.",
    );
  }

  /** Those that the model takes for anomalies. @throws MODEL_NOT_CONFIGURED, and what asking the model does */
  async judged(
    found: readonly Found[],
    about: { query: string; metricName: string; stepSeconds: number },
    signal: AbortSignal,
  ): Promise<Judged[]> {
    const judge = this.require();
    const shown = found.toSorted((a, b) => b.finding.score - a.finding.score).slice(0, MOST_JUDGED);
    if (shown.length === 0) return [];
    const alerts = await this.#relations.alertsNear(
      shown.map(({ target, labels, finding }) => ({
        clusterId: target.id,
        labels,
        start: new Date(finding.since * 1000),
        end: new Date(finding.time * 1000),
      })),
      ALERTS_SHOWN,
      // All are of one asker.
      shown[0]?.target.namespaces,
    );
    const candidates = shown.map(({ target, labels, finding }, index) => ({
      clusterName: target.name,
      metricName: labels["__name__"] ?? about.metricName,
      labels,
      detectedAt: new Date(finding.time * 1000),
      kind: finding.kind,
      expected: finding.expected,
      actual: finding.actual,
      explanation: finding.explanation,
      before: finding.before,
      alerts: (alerts[index] ?? []).map(({ alertname }) => alertname),
    }));
    const judgements = await judge.judge(candidates, about, signal);
    return shown.flatMap((each, index) => {
      const judgement = judgements[index];
      return judgement?.anomalous ? [{ ...each, judgement }] : [];
    });
  }
}
