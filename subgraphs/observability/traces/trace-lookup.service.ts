import pLimit from "p-limit";
import { isComplete } from "../../shared/fleet/cluster-outcome.ts";
import type { FleetDirectory } from "../../shared/fleet/directory.ts";
import type { ClusterSelector } from "../../shared/fleet/selector.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import type { ClusterOutcome } from "../cluster.type.ts";
import type { Trace } from "./trace.type.ts";
import { normalTraceId } from "./trace-id.filter.ts";
import type { TraceRace } from "./trace-race.loader.ts";
import { fromAnswers, outcomesOf } from "./traces.mapper.ts";
import { boundsAround } from "./traces.plan.ts";
import type { TraceLookup, TraceMode } from "./traces.type.ts";

export interface AskedLookup {
  traceId: string;
  mode: TraceMode;
  /** When it happened, if somebody knows. */
  around?: Date | null;
  timeout: number;
  clusterIds?: string[] | null;
  selector?: ClusterSelector | null;
}

/** How long a cluster may take where nobody says. */
const TIMEOUT_SECONDS = 30;
/** Each asks the whole fleet: of a page of them, so many at once. */
const LOOKUPS_AT_ONCE = 4;

/** Finds one trace, wherever in the fleet it is. */
export class TraceLookupService {
  readonly #operation: Operation;
  readonly #directory: FleetDirectory;
  readonly #race: TraceRace;
  readonly #limit = pLimit(LOOKUPS_AT_ONCE);

  constructor(operation: Operation, directory: FleetDirectory, race: TraceRace) {
    this.#operation = operation;
    this.#directory = directory;
    this.#race = race;
  }

  /** @throws INVALID_TRACE_ID, CLUSTER_NOT_FOUND. That clusters fail makes it inconclusive, and no error. */
  async find(asked: AskedLookup): Promise<TraceLookup> {
    const traceId = normalTraceId(asked.traceId);
    const targets = await this.#directory.selectNamed(this.#operation.identity, asked);
    const { mode, around, timeout } = asked;
    const bounds = around ? boundsAround({ start: around, end: around }) : null;
    const answers = await this.#limit(() => this.#race({ traceId, targets, mode, bounds, timeoutSeconds: timeout }));
    const trace = fromAnswers(traceId, answers);
    const outcomes = outcomesOf(answers);
    return {
      status: trace ? "FOUND" : outcomes.every(saysNo) ? "NOT_FOUND" : "INCONCLUSIVE",
      trace,
      clusters: trace?.clusters ?? [],
      complete: isComplete(outcomes),
      outcomes,
    };
  }

  /** For what names a trace: the trace, or null where there is none. @throws INCOMPLETE where nobody can tell. */
  async one(traceId: string, around: Date | null): Promise<Trace | null> {
    const { status, trace } = await this.find({ traceId, mode: "MERGE", around, timeout: TIMEOUT_SECONDS });
    if (status !== "INCONCLUSIVE") return trace;
    throw new CodedError("INCOMPLETE", "No cluster that answered has the trace, and not every cluster answered.");
  }
}

/** A cluster that keeps no traces has not this one either. */
const saysNo = ({ status, skipReason }: ClusterOutcome): boolean =>
  status === "SUCCESS" || skipReason === "NO_ENDPOINT";
