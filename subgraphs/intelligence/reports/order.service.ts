import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { Prisma } from "../../../prisma/generated/client.ts";
import type { Recorder } from "../../shared/fleet/changes.ts";
import type { FleetDirectory, Target } from "../../shared/fleet/directory.ts";
import type { ClusterSelector } from "../../shared/fleet/selector.ts";
import { type Identity, unattended } from "../../shared/kernel/auth-context.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import { firstProblem, type Graph } from "../../shared/kernel/graph.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import type { ReportParameters } from "./compose/index.ts";
import type { ReportFormat, ReportType } from "./model/report.ts";
import { type ReportRepository, type ReportRow, toRow } from "./report.repository.ts";

/** A report as it is asked for, with everything that follows from when. */
export interface Order {
  reportType: ReportType;
  format: ReportFormat;
  title: string | null;
  clusterIds: readonly string[] | null;
  selector: ClusterSelector | null;
  range: { start: Date; end: Date };
  parameters: ReportParameters;
  keptSeconds: number;
  /** Who asked: a user, or "system". */
  generatedBy: string;
  scheduleId: string | null;
}

/** Who a report is made for, and as whom. */
export type By = Pick<Operation, "identity" | "requestId" | "signal">;

const MOST_CLUSTERS = 500;
/** Of one user. */
const MOST = { waiting: 20, kept: 5000 };

const TITLES: Readonly<Record<ReportType, string>> = {
  EXECUTIVE_SUMMARY: "Executive summary",
  DETAILED_ANALYSIS: "Detailed analysis",
  INCIDENT_REPORT: "Incident report",
  CAPACITY_PLAN: "Capacity plan",
};

const SUBJECTS = {
  alert: `query ReportSubject($id: UUID!) { subject: alert(id: $id) { cluster { id } } }`,
  analysis: `query ReportSubject($id: UUID!) { subject: rootCauseAnalysis(id: $id) { cluster { id } } }`,
} as const;
const Subject = z.object({ subject: z.object({ cluster: z.object({ id: z.uuid() }) }).nullable() });

/** From what is asked for to a report that waits to be made. */
export class OrderService {
  readonly #repository: ReportRepository;
  readonly #directory: FleetDirectory;
  readonly #graph: Graph;

  constructor(options: { repository: ReportRepository; directory: FleetDirectory; graph: Graph }) {
    this.#repository = options.repository;
    this.#directory = options.directory;
    this.#graph = options.graph;
  }

  /** @throws LIMIT_EXCEEDED, CLUSTER_NOT_FOUND, ALERT_NOT_FOUND, ANALYSIS_NOT_FOUND, what the selector is refused with */
  async prepare(by: By, order: Order, now: Date): Promise<Prisma.ReportUncheckedCreateInput> {
    const { identity } = by;
    await this.#requireRoom(identity);
    const clusters = await this.#clusters(by, order);
    const { reportType, format, range, generatedBy, scheduleId } = order;
    return {
      id: randomUUID(),
      tenantId: identity.tenant,
      title: order.title?.trim() || titleOf(reportType, clusters, range),
      reportType,
      format,
      clusterScope: clusters.map(({ id }) => id),
      rangeStart: range.start,
      rangeEnd: range.end,
      parameters: order.parameters as Prisma.InputJsonObject,
      generatedBy,
      owner: identity.user,
      // What it reads, a viewer may: it is never to do more.
      identity: unattended({ ...identity, roles: ["viewer"] }),
      scheduleId,
      status: "QUEUED",
      beatAt: now,
      createdAt: now,
      expiresAt: new Date(now.getTime() + order.keptSeconds * 1000),
    };
  }

  /** In the transaction that it belongs to. */
  async place(
    tx: Prisma.TransactionClient,
    record: Recorder,
    by: Pick<By, "identity" | "requestId">,
    data: Prisma.ReportUncheckedCreateInput,
  ): Promise<ReportRow> {
    const row = toRow(await tx.report.create({ data }));
    await reportDeed(record, by, "GENERATE_REPORT", row);
    return row;
  }

  /** Of an incident, where it was; or else all that are meant. */
  async #clusters(by: By, { clusterIds, selector, parameters }: Order): Promise<Target[]> {
    const { alertId, analysisId } = parameters;
    const named = (clusterIds?.length ?? 0) > 0 || selector !== null;
    // Asked for in any case: what is not there is told now, and not by an empty report.
    const places = [
      ...(alertId ? [await this.#place(by, "alert", alertId)] : []),
      ...(analysisId ? [await this.#place(by, "analysis", analysisId)] : []),
    ];
    const asked = !named && places.length > 0 ? { clusterIds: places } : { clusterIds, selector };
    const clusters = await this.#directory.selectNamed(by.identity, asked);
    if (clusters.length === 0) {
      throw new CodedError("BAD_USER_INPUT", "There is no such cluster to report on.", { field: "selector" });
    }
    if (clusters.length <= MOST_CLUSTERS) return clusters;
    throw new CodedError(
      "LIMIT_EXCEEDED",
      `A report is about ${MOST_CLUSTERS} clusters at most, and these are ${clusters.length}: name fewer by clusterIds or selector.`,
      { limit: MOST_CLUSTERS },
    );
  }

  async #place({ identity, requestId, signal }: By, what: keyof typeof SUBJECTS, id: string): Promise<string> {
    const answer = await this.#graph.ask({ document: SUBJECTS[what], variables: { id }, identity, requestId, signal });
    const cluster = Subject.safeParse(answer.data).data?.subject?.cluster.id;
    if (cluster !== undefined) return cluster;
    const code = what === "alert" ? "ALERT_NOT_FOUND" : "ANALYSIS_NOT_FOUND";
    throw firstProblem(answer) ?? new CodedError(code, `No ${what} ${JSON.stringify(id)}.`, { id });
  }

  async #requireRoom(identity: Identity): Promise<void> {
    const { kept, waiting } = await this.#repository.countOf(identity);
    if (waiting >= MOST.waiting) {
      throw new CodedError("LIMIT_EXCEEDED", `${waiting} of your reports are not made yet: wait, or cancel some.`, {
        limit: MOST.waiting,
      });
    }
    if (kept < MOST.kept) return;
    throw new CodedError("LIMIT_EXCEEDED", `You have ${kept} reports: delete some, or keep them for less time.`, {
      limit: MOST.kept,
    });
  }
}

const minute = (date: Date): string => date.toISOString().slice(0, 16).replace("T", " ");

function titleOf(type: ReportType, clusters: readonly Target[], { start, end }: Order["range"]): string {
  const [first] = clusters;
  const scope = clusters.length === 1 && first ? first.name : `${clusters.length} clusters`;
  return `${TITLES[type]} of ${scope}, ${minute(start)} to ${minute(end)} UTC`;
}

/** What it was about, and not what it says. */
export const reportDeed = (
  record: Recorder,
  by: Pick<Operation, "identity" | "requestId">,
  action: string,
  row: ReportRow,
): Promise<void> =>
  record.deed(by, {
    action,
    cluster: { id: null, tenantId: row.tenantId, name: row.title },
    before: null,
    after: {
      id: row.id,
      reportType: row.reportType,
      format: row.format,
      owner: row.owner,
      scheduleId: row.scheduleId,
      clusters: row.clusterScope.length,
      range: { start: row.rangeStart.toISOString(), end: row.rangeEnd.toISOString() },
      expiresAt: row.expiresAt.toISOString(),
      sha256: row.sha256,
    },
  });
