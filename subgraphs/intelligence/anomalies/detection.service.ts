import { clusterOutcome } from "../../shared/fleet/cluster-outcome.ts";
import type { Target } from "../../shared/fleet/directory.ts";
import type { ClusterOutcomeRow } from "../../shared/kernel/outcome.type.ts";
import type { DetectionPool } from "./detection-pool.service.ts";
import type { DetectorMethod, DetectorOptions } from "./detector/index.ts";
import { discoveries, discoveryLevel } from "./discovery.filter.ts";
import { type FleetSeries, type SeriesQuestion, sizeOf } from "./fleet-series.loader.ts";
import type { JudgedFinding, Samples } from "./samples.mapper.ts";

export interface DetectionQuestion extends SeriesQuestion {
  method: DetectorMethod;
  sensitivity: number;
  above: number | null;
  below: number | null;
  counter: boolean;
  /** By cluster, the unix second up to which points were judged before: they lead to findings, and are none. */
  judgedUntil?: ReadonlyMap<string, number>;
}

/** A series in which something was found. */
export interface FoundSeries {
  target: Target;
  labels: Record<string, string>;
  findings: JudgedFinding[];
}

export interface Detected {
  found: FoundSeries[];
  outcomes: ClusterOutcomeRow<{ id: string }>[];
  series: number;
  points: number;
  /** Findings before it was counted how many there had to be by chance. */
  candidates: number;
  falseDiscoveryRate: number | null;
}

interface Looking extends Omit<FoundSeries, "findings"> {
  samples: Samples;
}

/** Samples that a worker is handed at once: few enough that a cancelled one is soon stopped, and others get their turn. */
const BATCH_SAMPLES = 20_000;
/** Values that lead to a finding, for who is to judge it. */
const CONTEXT_POINTS = 24;

/** Looks for anomalies in all series that a query has on many clusters. */
export class DetectionService {
  readonly #series: FleetSeries;
  readonly #pool: DetectionPool;

  constructor(series: FleetSeries, pool: DetectionPool) {
    this.#series = series;
    this.#pool = pool;
  }

  /** A cluster that fails is a row with a status. @throws only what ends the whole, such as the signal */
  async detect(question: DetectionQuestion): Promise<Detected> {
    const { targets, judgedUntil, signal } = question;
    const answers = await this.#series.read(question);
    signal.throwIfAborted();
    const looking = targets.flatMap((target, index): Looking[] =>
      (answers[index]?.value?.series ?? []).map((samples) => ({ target, labels: samples.labels, samples })),
    );
    const outcomes = targets.flatMap((target, index) => {
      const answer = answers[index];
      return answer ? [clusterOutcome(target, answer, sizeOf)] : [];
    });
    const points = looking.map(({ target, samples }) => counted(samples, judgedUntil?.get(target.id)));
    const all = await this.#findings(looking, question);
    const looked = looking.map(({ target }, index) => {
      const after = judgedUntil?.get(target.id) ?? Number.NEGATIVE_INFINITY;
      const findings = (all[index] ?? []).filter(({ time }) => time > after);
      return { ...(points[index] ?? { points: 0, seen: 0 }), findings };
    });
    const { kept, falseDiscoveryRate } = discoveries(looked, discoveryLevel(question.sensitivity));
    return {
      found: looking.flatMap(({ target, labels }, index) => {
        const findings = kept[index] ?? [];
        return findings.length > 0 ? [{ target, labels, findings }] : [];
      }),
      outcomes,
      series: looking.length,
      points: points.reduce((sum, each) => sum + each.points, 0),
      candidates: looked.reduce((sum, { findings }) => sum + findings.length, 0),
      falseDiscoveryRate,
    };
  }

  /** As many batches are out as there are workers, and one more that waits for each. */
  async #findings(looking: readonly Looking[], question: DetectionQuestion): Promise<JudgedFinding[][]> {
    const { counter } = question;
    const options = optionsOf(question);
    // One that fails stops the others.
    const failed = new AbortController();
    const signal = AbortSignal.any([question.signal, failed.signal]);
    const batches = batchesOf(looking);
    const found: JudgedFinding[][][] = [];
    let next = 0;
    const work = async (): Promise<void> => {
      for (let index = next++; index < batches.length; index = next++) {
        const series = (batches[index] ?? []).map(({ samples: { times, values } }) => ({ times, values, counter }));
        found[index] = await this.#pool.judge({ series, options, contextPoints: CONTEXT_POINTS }, signal);
      }
    };
    try {
      await Promise.all(Array.from({ length: 2 * this.#pool.size }, work));
    } finally {
      failed.abort();
    }
    return found.flat();
  }
}

function optionsOf({ method, sensitivity, above, below, window }: DetectionQuestion): DetectorOptions {
  const bounds = { ...(above === null ? {} : { above }), ...(below === null ? {} : { below }) };
  return { method, sensitivity, stepSeconds: window.step, ...(above === null && below === null ? {} : { bounds }) };
}

function batchesOf(looking: readonly Looking[]): Looking[][] {
  const batches: Looking[][] = [];
  let room = 0;
  for (const each of looking) {
    const { length } = each.samples.values;
    const batch = batches.at(-1);
    if (batch && length <= room) {
      batch.push(each);
      room -= length;
    } else {
      batches.push([each]);
      room = BATCH_SAMPLES - length;
    }
  }
  return batches;
}

/** Values that are numbers: all of them, and those after a time. To be counted before the samples are a worker's. */
function counted({ times, values }: Samples, after = Number.NEGATIVE_INFINITY): { points: number; seen: number } {
  let [points, seen] = [0, 0];
  for (const [index, value] of values.entries()) {
    if (Number.isNaN(value)) continue;
    seen += 1;
    if ((times[index] ?? 0) > after) points += 1;
  }
  return { points, seen };
}
