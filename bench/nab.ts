import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Alarms } from "../subgraphs/intelligence/anomalies/detector/alarms.ts";
import { createDetector, type DetectorMethod, detect } from "../subgraphs/intelligence/anomalies/detector/index.ts";
import { thresholdOf } from "../subgraphs/intelligence/anomalies/detector/live-detector.ts";
import type { Benchmark } from "./main.ts";
import { type LabelledSeries, readSeries } from "./nab-data.ts";
import { type Score, scoreOf } from "./nab-score.ts";
import { round } from "./statistics.ts";

const DATA = "../shared/benchmarks/nab";
const METHODS = ["STATISTICAL", "ML_BASED"] as const satisfies DetectorMethod[];
const DEFAULT_SENSITIVITY = 0.5;
/** One threshold for all series is looked for among those that a user can choose. */
const SENSITIVITIES = Array.from({ length: 51 }, (_, index) => index / 50);
const LIVE = 20;
const KIB = 1024;
const PER_POINTS = 10_000;

/** The detectors of anomalies on series that people labelled, scored as the Numenta benchmark does. */
export const nab: Benchmark = {
  run({ data = DATA }) {
    const series = readSeries(data);
    return Promise.resolve(METHODS.flatMap((method) => rowsOf(method, series)));
  },
};

function rowsOf(method: DetectorMethod, series: readonly LabelledSeries[]): Record<string, unknown>[] {
  // Of the processor: what else the machine does is not the detector's.
  const before = process.cpuUsage();
  const detections = series.map((each) =>
    detect(each, { method, stepSeconds: each.stepSeconds, sensitivity: DEFAULT_SENSITIVITY }),
  );
  const points = series.reduce((sum, { length }) => sum + length, 0);
  const ms = (process.cpuUsage(before).user / 1000 / points) * PER_POINTS;
  const shipped = detections.map(({ findings }) => findings.map(({ index }) => index));
  const best = SENSITIVITIES.map((sensitivity) => {
    const alarms = detections.map(({ scores }) => alarmsAt(scores, sensitivity));
    return { sensitivity, score: scoreOf(series, alarms) };
  }).reduce((a, b) => (b.score.standard > a.score.standard ? b : a));
  const cost = { [`CPU ms / ${PER_POINTS} points`]: round(ms), "KiB / live series": memoryOf(method, series) };
  return [
    { ...rowOf(method, DEFAULT_SENSITIVITY, "default", scoreOf(series, shipped)), ...cost },
    rowOf(method, best.sensitivity, "best for all", best.score),
  ];
}

function alarmsAt(scores: Float64Array, sensitivity: number): number[] {
  const alarms = new Alarms(thresholdOf(sensitivity));
  return Array.from(scores.keys()).filter((index) => alarms.tells(scores[index] ?? 0, index + 1));
}

const rowOf = (method: DetectorMethod, sensitivity: number, choice: string, score: Score) => ({
  method,
  sensitivity: `${sensitivity} (${choice})`,
  standard: round(score.standard),
  "low FP": round(score.lowFalsePositives),
  "low FN": round(score.lowFalseNegatives),
  "windows found": `${score.detected} of ${score.windows}`,
  "false alarms": score.falseAlarms,
});

/** What a detector keeps once it has seen the longest of the series. */
function memoryOf(method: DetectorMethod, series: readonly LabelledSeries[]): number {
  const longest = series.reduce((a, b) => (b.length > a.length ? b : a));
  const before = used();
  const detectors = Array.from({ length: LIVE }, () => {
    const detector = createDetector({ method, stepSeconds: longest.stepSeconds, sensitivity: DEFAULT_SENSITIVITY });
    for (const [index, time] of longest.times.entries()) detector.push(time, longest.values[index] ?? Number.NaN);
    return detector;
  });
  const kept = used() - before;
  if (detectors.some(({ seen }) => seen === 0)) throw new Error("A detector has seen nothing.");
  return round(kept / LIVE / KIB, 0);
}

function used(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  // Twice: what held a buffer is gone after the first time, the buffer after the second.
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
