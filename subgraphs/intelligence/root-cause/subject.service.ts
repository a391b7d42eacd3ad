import type { FleetDirectory, Target } from "../../shared/fleet/directory.ts";
import { CodedError, clusterNotFound } from "../../shared/kernel/errors.ts";
import type { Graph } from "../../shared/kernel/graph.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import { type AskedRange, timeRange } from "../../shared/kernel/time-range.ts";
import { AlertQuestions } from "./alert-question.service.ts";
import type { AnalysisRepository } from "./analysis.repository.ts";
import { namespaceOf } from "./anomaly-place.service.ts";
import { Questions } from "./question.service.ts";

export interface AskedSubject {
  alertId?: string | null;
  anomalyId?: string | null;
  clusterId?: string | null;
  clusterName?: string | null;
  namespace?: string | null;
  window?: AskedRange | null;
}

/** What is to be explained, and when it may have begun. Milliseconds. */
export interface Subject {
  cluster: Target;
  /** For people and for the audit log. */
  title: string;
  alertId: string | null;
  anomalyId: string | null;
  namespace: string | null;
  node: string | null;
  /** It did not begin before. */
  earliest: number;
  /** By then it showed. */
  latest: number;
  /** Nothing after it is of interest. */
  end: number;
}

const MINUTE = 60_000;
/** An alert shows some time after what it is about began: its rule looks back over minutes. */
const ALERT_LAG_MS = 10 * MINUTE;
const ANOMALY_LAG_MS = 5 * MINUTE;
const LONGEST_WINDOW_MS = 6 * 60 * MINUTE;
/** How long after it showed there is something to be learned. */
const AFTER_MS = 15 * MINUTE;

/** From what somebody asks about to where and when to look. */
export class SubjectService {
  readonly #graph: Graph;
  readonly #directory: FleetDirectory;
  readonly #repository: AnalysisRepository;

  constructor(options: { graph: Graph; directory: FleetDirectory; repository: AnalysisRepository }) {
    this.#graph = options.graph;
    this.#directory = options.directory;
    this.#repository = options.repository;
  }

  /** @throws ALERT_NOT_FOUND, ANOMALY_NOT_FOUND, CLUSTER_NOT_FOUND, INVALID_TIME_RANGE, INVALID_DURATION */
  async find(operation: Operation, asked: AskedSubject): Promise<Subject> {
    if (asked.alertId) return await this.#ofAlert(operation, asked.alertId);
    if (asked.anomalyId) return await this.#ofAnomaly(operation, asked.anomalyId);
    return await this.#ofWindow(operation, asked);
  }

  async #ofAlert(operation: Operation, id: string): Promise<Subject> {
    const questions = new AlertQuestions(new Questions(this.#graph, operation));
    const { alert, problems } = await questions.one(id);
    if (!alert) {
      const [problem] = problems;
      if (problem)
        throw new CodedError("SUBGRAPH_UNAVAILABLE", `The alert could not be read: ${problem.message}`, { id });
      throw new CodedError("ALERT_NOT_FOUND", `No alert ${JSON.stringify(id)}.`, { id });
    }
    const [cluster, rule] = await Promise.all([
      this.#cluster(operation, alert.clusterId),
      questions.rule(alert.clusterId, alert.alertname),
    ]);
    const { startsAt, endsAt } = alert;
    const now = operation.startedAt.getTime();
    return {
      cluster,
      title: `alert ${alert.alertname} in ${cluster.name}`,
      alertId: id,
      anomalyId: null,
      namespace: alert.pod?.namespace ?? alert.namespace,
      node: alert.node?.name ?? null,
      earliest: startsAt - (rule?.forSeconds ?? 0) * 1000 - ALERT_LAG_MS,
      latest: Math.max(startsAt - (rule?.forSeconds ?? 0) * 1000, startsAt - 5 * ALERT_LAG_MS),
      end: Math.min(now, Math.max(endsAt ?? now, startsAt + MINUTE), startsAt + AFTER_MS),
    };
  }

  async #ofAnomaly(operation: Operation, id: string): Promise<Subject> {
    const { identity, startedAt } = operation;
    const anomaly = await this.#repository.anomaly(identity, id);
    const [cluster] = anomaly ? await this.#directory.byIds(identity, [anomaly.clusterId]) : [];
    if (!anomaly || !cluster) throw new CodedError("ANOMALY_NOT_FOUND", `No anomaly ${JSON.stringify(id)}.`, { id });
    return {
      cluster,
      title: `anomaly of ${anomaly.metricName} in ${cluster.name}`,
      alertId: null,
      anomalyId: id,
      namespace: await namespaceOf(new Questions(this.#graph, operation), anomaly),
      node: anomaly.labels["node"] ?? null,
      earliest: anomaly.startedAt.getTime() - ANOMALY_LAG_MS,
      latest: anomaly.startedAt.getTime(),
      end: Math.min(startedAt.getTime(), anomaly.detectedAt.getTime() + AFTER_MS),
    };
  }

  async #ofWindow(operation: Operation, asked: AskedSubject): Promise<Subject> {
    const { clusterId, clusterName } = asked;
    const named = clusterId ?? (await this.#repository.clusterNamed(operation.identity, clusterName ?? ""));
    if (!named) throw clusterNotFound(clusterName ?? "");
    const cluster = await this.#cluster(operation, named);
    const now = operation.startedAt.getTime();
    const { start, end } = timeRange(asked.window, operation.startedAt);
    if (start.getTime() >= now) {
      throw new CodedError("INVALID_TIME_RANGE", "window must begin in the past.", { field: "window" });
    }
    if (end.getTime() - start.getTime() > LONGEST_WINDOW_MS) {
      throw new CodedError("INVALID_TIME_RANGE", "window must be 6h at most: name the time in which it went wrong.", {
        field: "window",
        rule: "at most 6h",
      });
    }
    const namespace = asked.namespace ?? null;
    return {
      cluster,
      title: `${namespace === null ? cluster.name : `namespace ${namespace} of ${cluster.name}`}`,
      alertId: null,
      anomalyId: null,
      namespace,
      node: null,
      earliest: start.getTime(),
      latest: Math.min(now, end.getTime()),
      end: Math.min(now, end.getTime()),
    };
  }

  async #cluster({ identity }: Operation, id: string): Promise<Target> {
    const [cluster] = await this.#directory.byIds(identity, [id]);
    if (!cluster) throw clusterNotFound(id);
    return cluster;
  }
}
