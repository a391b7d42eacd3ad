import DataLoader from "dataloader";
import type { FleetClients } from "../../shared/fleet/clients.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import { fanOut } from "../../shared/kernel/fan-out.ts";
import { type Outcome, Skip } from "../../shared/kernel/outcome.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import type { Window } from "../../shared/kernel/time-range.ts";
import type { GpuTarget } from "../readings/gpu-cluster.repository.ts";
import { pointsOf } from "./range.window.ts";
import { type Track, tracksOf } from "./track.mapper.ts";

/** A range query of one cluster. Two that are alike are one. */
export interface RangeQuery {
  target: GpuTarget;
  query: string;
  window: Window;
}

export interface RangeAnswer {
  tracks: readonly Track[];
  series: number;
  bytes: number;
  warnings: string[];
  /** Whether series were left out at a limit. */
  truncated: boolean;
}

export type RangeLoader = DataLoader<RangeQuery, Outcome<RangeAnswer>, string>;

const PATIENCE_MS = 20_000;
/** Of one answer: devices, their instances, and the pods that had them. */
const MOST_SERIES = 10_000;
/** Of all answers of an operation together: what is read is held until it is answered. */
const MOST_VALUES = 10_000_000;
/** What has come as text and is not read yet is held, too. */
const AT_ONCE = 32;

/** What was measured over a time, within one operation: one request per cluster and distinct query. */
export const rangeLoader = (
  { requestId, signal }: Pick<Operation, "requestId" | "signal">,
  clients: Pick<FleetClients, "prometheus">,
  onInternalError: (error: unknown) => void,
): RangeLoader => {
  let held = 0;
  return new DataLoader(
    (queries) =>
      fanOut(
        queries,
        async ({ target, query, window }, own) => {
          if (target.hasGpuNodes === false) throw new Skip("NO_CAPABILITY", "The cluster has no GPUs.");
          const client = await clients.prometheus(target);
          const options = { signal: own, requestId, limit: MOST_SERIES + 1 };
          const { series, bytes, warnings } = await client.query(query, window, PATIENCE_MS / 1000, options);
          const truncated = series.length > MOST_SERIES;
          held += Math.min(series.length, MOST_SERIES) * pointsOf(window);
          if (held > MOST_VALUES) throw tooMuch();
          const tracks = tracksOf(truncated ? series.slice(0, MOST_SERIES) : series, window);
          return { tracks, series: series.length, bytes, warnings, truncated };
        },
        { signal, patienceMs: () => PATIENCE_MS, concurrency: AT_ONCE, onInternalError },
      ),
    {
      cacheKeyFn: ({ target, query, window: { start, end, step } }) => `${target.id} ${start} ${end} ${step} ${query}`,
    },
  );
};

const tooMuch = (): CodedError =>
  new CodedError(
    "LIMIT_EXCEEDED",
    `More than ${MOST_VALUES} values were measured. Ask for fewer clusters, a shorter range or a larger step.`,
    { field: "selector", rule: `at most ${MOST_VALUES} values` },
  );
