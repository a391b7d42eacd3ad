import DataLoader from "dataloader";
import { clusterOutcome, isComplete, requireAnswers } from "../../shared/fleet/cluster-outcome.ts";
import type { ClusterSelector } from "../../shared/fleet/selector.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import type { Outcome } from "../../shared/kernel/outcome.ts";
import type { Window } from "../../shared/kernel/time-range.ts";
import type { GpuTarget } from "../readings/gpu-cluster.repository.ts";
import type { ClaimsLoader } from "../readings/readings.loader.ts";
import type { GpuTargets } from "../readings/targets.loader.ts";
import { silentNodes, withClaims } from "./claimed-track.mapper.ts";
import { FIELDS, type HistoryMetric, historyQuery } from "./metric.plan.ts";
import type { RangeAnswer, RangeLoader, RangeQuery } from "./range.loader.ts";
import { pointsOf } from "./range.window.ts";
import type { Track } from "./track.mapper.ts";

/** One value of one device over a window. */
export interface DeviceHistory {
  target: GpuTarget;
  uuid: string;
  metric: HistoryMetric;
  window: Window;
}

export interface DeviceValues {
  /** Of each column; null where nothing was measured. */
  values: readonly (number | null)[];
  /** What makes them incomplete, or unknown. */
  warnings: string[];
}

/** Of more devices than these, all are read: a query has its limits, too. */
const MOST_NAMED = 200;

export interface ReadTracks {
  target: GpuTarget;
  tracks: readonly Track[];
}

/** What GPUs did over a time, within one operation. */
export class HistoryService {
  readonly #targets: GpuTargets;
  readonly #ranges: RangeLoader;
  readonly #claims: ClaimsLoader;
  readonly #devices: DataLoader<DeviceHistory, DeviceValues | Error, string>;

  constructor(targets: GpuTargets, ranges: RangeLoader, claims: ClaimsLoader) {
    this.#targets = targets;
    this.#ranges = ranges;
    this.#claims = claims;
    this.#devices = new DataLoader((asked) => this.#ofDevices(asked), {
      cacheKeyFn: ({ target, uuid, metric, window }) => `${askingKey({ target, metric, window })} ${uuid}`,
    });
  }

  /** @throws why the device's cluster cannot be asked */
  async ofDevice(asked: DeviceHistory): Promise<DeviceValues> {
    const values = await this.#devices.load(asked);
    if (values instanceof Error) throw values;
    return values;
  }

  /**
   * Of every cluster that may have GPUs, by one query.
   * @throws NO_CLUSTER_SUCCEEDED when there were clusters to ask and none answered; CLUSTER_NOT_FOUND
   */
  async overFleet(selector: ClusterSelector | null | undefined, query: string, window: Window) {
    const targets = await this.#targets.select({ selector: selector ?? null });
    const outcomes = await Promise.all(targets.map((target) => this.#claimed({ target, query, window })));
    const rows = targets.flatMap((target, index) => {
      const outcome = outcomes[index];
      return outcome ? [clusterOutcome(target, outcome, sizeOf)] : [];
    });
    requireAnswers(rows);
    const clusters = targets.flatMap((target, index): ReadTracks[] => {
      const value = outcomes[index]?.value;
      return value ? [{ target, tracks: value.tracks }] : [];
    });
    return { clusters, outcomes: rows, complete: isComplete(rows) };
  }

  /** With the pods that only resource claims tell of. Whoever cannot be asked for them makes the answer partial. */
  async #claimed(asked: RangeQuery): Promise<Outcome<RangeAnswer>> {
    const outcome = await this.#ranges.load(asked);
    if (!outcome.value || silentNodes(outcome.value.tracks).size === 0) return outcome;
    const { claims, gap } = await this.#claims.load(asked.target);
    const { tracks, warnings } = outcome.value;
    const value = {
      ...outcome.value,
      tracks: withClaims(tracks, claims, asked.window),
      warnings: gap === null ? warnings : [...warnings, gap],
    };
    return { ...outcome, value };
  }

  /** Devices of one cluster that are asked about alike are one query. */
  async #ofDevices(asked: readonly DeviceHistory[]): Promise<(DeviceValues | Error)[]> {
    const byQuestion = Map.groupBy(asked, askingKey);
    const outcomes = new Map(
      await Promise.all(
        [...byQuestion].map(async ([key, all]) => {
          const [{ target, metric, window }] = all as [DeviceHistory];
          const uuids = [...new Set(all.map(({ uuid }) => uuid))].sort();
          const query = historyQuery(metric, uuids.length > MOST_NAMED ? null : uuids);
          return [key, await this.#ranges.load({ target, query, window })] as const;
        }),
      ),
    );
    return asked.map((device) => valuesOf(device, outcomes.get(askingKey(device))));
  }
}

function valuesOf(
  { target, uuid, metric, window }: DeviceHistory,
  outcome: Outcome<RangeAnswer> | undefined,
): DeviceValues | Error {
  if (!outcome?.value) {
    const { code = "NO_ENDPOINT", message = "It cannot be asked." } = outcome?.failure ?? {};
    return new CodedError(code, `${target.name}: ${message}`, { clusterId: target.id });
  }
  const { tracks, warnings, truncated } = outcome.value;
  const track = tracks.find((each) => each.uuid === uuid);
  const values = track?.values[FIELDS[metric]];
  return {
    values: values ?? Array.from({ length: pointsOf(window) }, () => null),
    warnings: [
      ...warnings,
      ...(truncated ? ["Series were left out at a limit."] : []),
      ...(values ? [] : ["No exporter told it in this time."]),
    ],
  };
}

const askingKey = ({ target, metric, window: { start, end, step } }: Omit<DeviceHistory, "uuid">): string =>
  `${target.id} ${metric} ${start} ${end} ${step}`;

const sizeOf = ({ series, bytes, warnings, truncated }: RangeAnswer) => ({ rows: series, bytes, warnings, truncated });
