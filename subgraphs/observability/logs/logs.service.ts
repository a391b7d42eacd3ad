import {
  type Completeness,
  clusterOutcome,
  isComplete,
  requireAnswers,
  requireInScope,
} from "../../shared/fleet/cluster-outcome.ts";
import type { FleetDirectory, Target } from "../../shared/fleet/directory.ts";
import type { ClusterSelector } from "../../shared/fleet/selector.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import { dateOfNanos } from "../../shared/kernel/nano-time.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import { type AskedRange, timeRange } from "../../shared/kernel/time-range.ts";
import { selectorOf } from "../../shared/upstreams/logql/syntax.ts";
import type { NanoRange } from "../../shared/upstreams/loki/client.ts";
import type { Direction } from "../../shared/upstreams/loki/schema.ts";
import type { ClusterOutcome } from "../cluster.type.ts";
import { type LogSubject, labelsOf } from "./label-style.filter.ts";
import type { LabelStyles } from "./label-style.loader.ts";
import { toEntry } from "./logs.mapper.ts";
import type { FederatedLogs, LogEntry, LogLines, LogPage } from "./logs.type.ts";
import { askedHours, nanoRange } from "./logs.window.ts";
import { positionOf } from "./page.merge.ts";
import { cursorOf, readCursor } from "./page.plan.ts";
import type { PageReader, ReadPage } from "./page.service.ts";

export interface LogQuery {
  query: string;
  clusterIds?: string[] | null;
  selector?: ClusterSelector | null;
  startTime?: Date | null;
  endTime?: Date | null;
  limit: number;
  direction: Direction;
  timeout: number;
  completeness?: Completeness | null;
  after?: string | null;
}

/** How long a cluster may take where nobody says. */
const TIMEOUT_SECONDS = 30;

/** Log lines of one cluster or of many, within one operation. */
export class LogsService {
  readonly #operation: Operation;
  readonly #directory: FleetDirectory;
  readonly #pages: PageReader;
  readonly #styles: LabelStyles;
  readonly #ofFleet = new Map<string, Promise<FederatedLogs>>();

  constructor(operation: Operation, directory: FleetDirectory, pages: PageReader, styles: LabelStyles) {
    this.#operation = operation;
    this.#directory = directory;
    this.#pages = pages;
    this.#styles = styles;
  }

  /**
   * The page is kept until the operation ends, and not what the clusters gave for it, which is a hundred times as much.
   * @throws NO_CLUSTER_SUCCEEDED, INCOMPLETE, INVALID_CURSOR; a coded error for bad input before any call.
   */
  overFleet(query: LogQuery): Promise<FederatedLogs> {
    const key = JSON.stringify(query);
    const page = this.#ofFleet.get(key) ?? this.#overFleet(query);
    this.#ofFleet.set(key, page);
    return page;
  }

  async #overFleet(query: LogQuery): Promise<FederatedLogs> {
    const targets = await this.#directory.selectNamed(this.#operation.identity, query);
    requireInScope(targets, query.completeness);
    const { outcomes, ...page } = await this.#page(targets, query, false);
    requireAnswers(outcomes, query.completeness);
    return { ...page, outcomes, complete: isComplete(outcomes) };
  }

  /** A failure is data here too: the field is asked of a whole page of clusters. */
  async ofCluster(target: Target, query: LogQuery): Promise<LogPage> {
    if (query.clusterIds?.length || query.selector || query.completeness) {
      const fields = ["clusterIds", "selector", "completeness"];
      throw new CodedError("BAD_USER_INPUT", `On a cluster's own field, leave out ${fields.join(", ")}.`, { fields });
    }
    const { outcomes, ...page } = await this.#page([target], { ...query, clusterIds: [target.id] }, true);
    return { ...page, outcome: outcomes[0] as ClusterOutcome };
  }

  /**
   * The newest lines of a subject, newest first; none where nothing is named.
   * @param pipeline stands behind the selector, and was checked.
   * @throws what asking the cluster fails with; UPSTREAM_QUERY_FAILED where its Loki has no label for a part of the subject.
   */
  async around(
    { target, ...subject }: LogSubject & { target: Target },
    time: { start: Date; end: Date },
    limit: number,
    pipeline = "",
  ): Promise<LogEntry[]> {
    const range = nanoRange(time);
    const style = await this.#styles.of(target, range);
    const labels = style ? labelsOf(subject, style) : {};
    if (Object.keys(labels).length === 0) return [];
    const { lines, outcomes } = await this.#pages.read([target], {
      ...range,
      query: `${selectorOf(labels)} ${pipeline}`.trim(),
      direction: "BACKWARD",
      limit,
      after: null,
      timeoutSeconds: TIMEOUT_SECONDS,
      isKept: true,
    });
    const { failure } = outcomes.get(target) ?? {};
    if (failure) throw new CodedError(failure.code, failure.message);
    return lines.map((line) => toEntry(line));
  }

  /** The newest lines of a pod, newest first. */
  async ofPod(
    target: Target,
    { namespace, name }: { namespace: string; name: string },
    { query, range, limit }: { query?: string | null; range?: AskedRange | null; limit: number },
  ): Promise<LogEntry[]> {
    const time = timeRange(range, this.#operation.startedAt);
    return await this.around({ target, namespace, pod: name }, time, limit, query ?? "");
  }

  async #page(
    targets: readonly Target[],
    query: LogQuery,
    isKept: boolean,
  ): Promise<LogLines & { outcomes: ClusterOutcome[] }> {
    const { direction, limit, timeout } = query;
    const question = [query.query, direction, query.startTime, query.endTime, query.clusterIds, query.selector];
    const { after, ...range } = query.after
      ? readCursor(question, query.after)
      : { after: null, ...askedHours(query, this.#operation.startedAt) };
    const asked = { query: query.query, ...range, direction, limit, after, timeoutSeconds: timeout, isKept };
    const read = await this.#pages.read(targets, asked);
    const last = read.more ? read.lines.at(-1) : undefined;
    return {
      entries: read.lines.map((line) => toEntry(line)),
      direction,
      startTime: dateOfNanos(String(range.start)),
      endTime: dateOfNanos(String(range.end)),
      completeDownTo: last ? last.row[0] : String(farEnd(range, direction)),
      nextCursor: last ? cursorOf(question, range, positionOf(last)) : null,
      outcomes: outcomesOf(targets, read),
    };
  }
}

const farEnd = ({ start, end }: NanoRange, direction: Direction): bigint => (direction === "BACKWARD" ? start : end);

function outcomesOf(targets: readonly Target[], { lines, outcomes }: ReadPage): ClusterOutcome[] {
  const rows = new Map<Target, number>();
  for (const { target } of lines) rows.set(target, (rows.get(target) ?? 0) + 1);
  return targets.map((target) => {
    const outcome = outcomes.get(target);
    if (!outcome) throw new Error("A cluster was asked and has no outcome.");
    return clusterOutcome(target, outcome, (answer) => ({ rows: rows.get(target) ?? 0, ...answer }));
  });
}
