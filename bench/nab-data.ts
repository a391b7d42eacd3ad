import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Points } from "../subgraphs/intelligence/anomalies/detector/index.ts";
import { ConfigError } from "../subgraphs/shared/kernel/config.ts";
import type { Labelled } from "./nab-score.ts";

export interface LabelledSeries extends Labelled, Points {
  name: string;
  stepSeconds: number;
}

/** By the file's path under data/: the first and the last time of each window. */
const Windows = z.record(z.string(), z.array(z.tuple([z.string(), z.string()])));
/** Where the labels are: as we keep them, and as Numenta's repository does. */
const LABELS = ["windows.json", "labels/combined_windows.json"];

/** The labelled series of a folder in the benchmark's shape: data/<group>/<name>.csv with "timestamp,value", and the windows. */
export function readSeries(folder: string): LabelledSeries[] {
  const labels = LABELS.map((path) => join(folder, path)).find((path) => existsSync(path));
  if (labels === undefined) {
    throw new ConfigError(
      `No labelled series are in ${folder}: it has neither ${LABELS.join(" nor ")}. Name a folder in the shape of the Numenta benchmark: npm run bench -- nab --data <folder>`,
    );
  }
  const windows = new Map(Object.entries(Windows.parse(JSON.parse(readFileSync(labels, "utf8")))));
  const files = globSync("**/*.csv", { cwd: join(folder, "data") }).sort();
  // Without labels nobody knows what should be found.
  const series = files.flatMap((name) => {
    const labelled = windows.get(name);
    return labelled ? [seriesOf(name, readFileSync(join(folder, "data", name), "utf8"), labelled)] : [];
  });
  if (series.length === 0)
    throw new ConfigError(`None of the series that ${labels} labels is in ${join(folder, "data")}.`);
  return series;
}

export function seriesOf(name: string, csv: string, windows: readonly (readonly [string, string])[]): LabelledSeries {
  const rows = csv
    .split("\n")
    .slice(1)
    .filter((line) => line.trim() !== "")
    .map((line) => line.split(","));
  const times = Float64Array.from(rows, ([time = ""]) => secondsOf(time));
  const steps = times.subarray(1).map((time, index) => time - (times[index] ?? time));
  return {
    name,
    times,
    // An empty cell is a gap, and not 0.
    values: Float64Array.from(rows, ([, value = ""]) => (value.trim() === "" ? Number.NaN : Number(value))),
    length: times.length,
    stepSeconds: steps.sort()[steps.length >>> 1] || 1,
    windows: windows.map(([first, last]) => [
      times.findIndex((time) => time >= secondsOf(first)),
      times.findLastIndex((time) => time <= secondsOf(last)),
    ]),
  };
}

/** "2014-04-01 00:00:00", with or without fractions: UTC. */
const secondsOf = (text: string): number => Date.parse(`${text.trim().replace(" ", "T").slice(0, 19)}Z`) / 1000;
