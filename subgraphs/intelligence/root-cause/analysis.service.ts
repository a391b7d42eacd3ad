import { randomUUID } from "node:crypto";
import type { Prisma } from "../../../prisma/generated/client.ts";
import type { Changes } from "../../shared/fleet/changes.ts";
import type { FleetDirectory } from "../../shared/fleet/directory.ts";
import type { ClusterSelector } from "../../shared/fleet/selector.ts";
import type { EventBus } from "../../shared/kernel/bus/event-bus.ts";
import { tellWork, WorkProgress, workHead } from "../../shared/kernel/bus/work.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import { type Page, type PageRequest, pageOf } from "../../shared/kernel/page.ts";
import { requireRole } from "../../shared/kernel/permissions.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import { type AnalysisFilter, type AnalysisRepository, type AnalysisRow, toRow } from "./analysis.repository.ts";
import { STEPS } from "./investigation.service.ts";
import type { RunService } from "./run.service.ts";
import type { AskedSubject, Subject, SubjectService } from "./subject.service.ts";

export interface AnalysisServiceOptions {
  repository: AnalysisRepository;
  directory: FleetDirectory;
  subjects: SubjectService;
  runs: RunService;
  changes: Changes;
  bus: EventBus;
  clock: Clock;
}

export interface AskedAnalyses extends AnalysisFilter {
  clusterIds?: readonly string[] | null;
  selector?: ClusterSelector | null;
}

/** Searches for root causes: who may ask for one, and who may see it. */
export class AnalysisService {
  readonly #options: AnalysisServiceOptions;

  constructor(options: AnalysisServiceOptions) {
    this.#options = options;
  }

  /** Everybody may: it only reads, as who asks. @throws what the subject is refused with, RATE_LIMITED */
  async start(operation: Operation, asked: AskedSubject): Promise<AnalysisRow> {
    const { runs, subjects, changes, clock } = this.#options;
    const { identity, requestId } = operation;
    runs.requireRoom(identity);
    const subject = await subjects.find(operation, asked);
    // Others may have begun meanwhile.
    runs.requireRoom(identity);
    const data = newAnalysis(operation, subject, clock.now());
    const row = await changes.commit(async (tx, record) => {
      const created = await tx.rootCauseAnalysis.create({ data });
      await record.deed(operation, deedOf("FIND_ROOT_CAUSE", operation, toRow(created), subject.title));
      return toRow(created);
    });
    runs.start(row, subject, { identity, requestId });
    return row;
  }

  /** As it is when it is over, or when the time is. */
  async wait(operation: Operation, row: AnalysisRow, seconds: number): Promise<AnalysisRow> {
    if (seconds === 0) return row;
    const stream = await this.follow(operation, row.id);
    const timer = setTimeout(() => void stream.return(), seconds * 1000);
    const leave = (): void => void stream.return();
    operation.signal.addEventListener("abort", leave, { once: true });
    try {
      let latest = row;
      for await (const each of stream) latest = each;
      return latest;
    } finally {
      clearTimeout(timer);
      operation.signal.removeEventListener("abort", leave);
    }
  }

  /** @throws ANALYSIS_NOT_FOUND also for one of a cluster that is not to be seen. */
  async one({ identity }: Operation, id: string): Promise<AnalysisRow> {
    const [row] = await this.#options.repository.byIds(identity.tenant, [id], identity.scope?.namespaces);
    const [cluster] = row ? await this.#options.directory.byIds(identity, [row.clusterId]) : [];
    if (row && cluster) return row;
    throw new CodedError("ANALYSIS_NOT_FOUND", `No root cause analysis ${JSON.stringify(id)}.`, { id });
  }

  /** @throws CLUSTER_NOT_FOUND */
  async page({ identity }: Operation, asked: AskedAnalyses, page: PageRequest): Promise<Page<AnalysisRow>> {
    const { directory, repository } = this.#options;
    const clusters = await directory.selectNamed(identity, asked);
    const { rows, total } = await repository.page(
      identity,
      clusters.map(({ id }) => id),
      asked,
      { skip: (page.page - 1) * page.pageSize, take: page.pageSize },
    );
    return pageOf(rows, total, page);
  }

  /** One's own, or as operator anybody's. @throws ANALYSIS_NOT_FOUND, FORBIDDEN, CONFLICT where it is over */
  async cancel(operation: Operation, id: string): Promise<AnalysisRow> {
    const { changes, repository, clock, runs, bus } = this.#options;
    const row = await this.one(operation, id);
    if (row.createdBy !== operation.identity.user) requireRole(operation.identity, "operator");
    await changes.commit(async (tx, record) => {
      if (!(await repository.end(tx, id, { status: "CANCELLED" }, clock.now()))) {
        throw new CodedError("CONFLICT", "The analysis is over already.", { id });
      }
      await record.deed(operation, deedOf("CANCEL_ROOT_CAUSE", operation, row, id));
    });
    runs.cancel(id);
    await tellWork(bus, id, {});
    return await this.one(operation, id);
  }

  /** @throws ANALYSIS_NOT_FOUND, also later, when its cluster is no longer to be seen. */
  async follow(operation: Operation, id: string): Promise<WorkProgress<AnalysisRow>> {
    const { bus } = this.#options;
    const after = await workHead(bus, id);
    const first = await this.one(operation, id);
    const isOver = ({ status }: AnalysisRow): boolean => status !== "RUNNING";
    return new WorkProgress({ bus, after, first, load: () => this.one(operation, id), isOver });
  }
}

const newAnalysis = ({ identity }: Operation, subject: Subject, now: Date) => ({
  id: randomUUID(),
  tenantId: identity.tenant,
  createdBy: identity.user,
  clusterId: subject.cluster.id,
  alertId: subject.alertId,
  anomalyId: subject.anomalyId,
  namespace: subject.namespace,
  namespaces: identity.scope?.namespaces ?? [],
  onset: new Date(subject.latest),
  windowStart: new Date(subject.earliest),
  windowEnd: new Date(subject.end),
  status: "RUNNING" as const,
  progress: { step: STEPS[0], done: 0, total: STEPS.length },
  beatAt: now,
  createdAt: now,
});

function deedOf(action: string, { identity }: Operation, row: AnalysisRow, subject: string) {
  const { id, clusterId, alertId, anomalyId, namespace, windowStart, windowEnd } = row;
  const window = { start: windowStart.toISOString(), end: windowEnd.toISOString() };
  const after: Prisma.InputJsonObject = { id, subject, alertId, anomalyId, namespace, window };
  return { action, cluster: { id: clusterId, tenantId: identity.tenant, name: subject }, before: null, after };
}
