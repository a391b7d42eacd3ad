import { counterRate } from "./counter-rate.ts";
import type { Detection, DetectorOptions, Finding, Points } from "./finding.ts";
import { lastingChange } from "./lasting-change.ts";
import { LiveDetector } from "./live-detector.ts";
import { asTrendChange } from "./verdict-finding.ts";

const AROUND_POINTS = 128;

/**
 * A whole series at once. Points are judged as if they came one by one, each by its past alone; only then does what comes after a
 * finding tell whether it was there to stay. `counter`: of a counter that only grows, the rate is looked at.
 */
export function detect(points: Points, options: DetectorOptions & { counter?: boolean }): Detection {
  const { times } = points;
  const values = options.counter ? counterRate(times, points.values) : points.values;
  const detector = new LiveDetector(options);
  const scores = new Float64Array(values.length);
  const findings: Finding[] = [];
  for (const [index, value] of values.entries()) {
    const finding = detector.push(times[index] ?? Number.NaN, value);
    scores[index] = detector.score;
    if (finding) findings.push(finding);
  }
  return { findings: findings.map((finding) => inHindsight(finding, times, values)), scores };
}

function inHindsight(finding: Finding, times: Float64Array, values: Float64Array): Finding {
  if (finding.kind !== "SPIKE" && finding.kind !== "DROP") return finding;
  const from = Math.max(0, finding.index - AROUND_POINTS);
  const known = Array.from(values.subarray(from, finding.index + AROUND_POINTS), (_, shift) => from + shift).filter(
    (index) => Number.isFinite(values[index]),
  );
  const around = Float64Array.from(known, (index) => values[index] ?? 0);
  const change = lastingChange(around, known.indexOf(finding.index));
  return change
    ? asTrendChange(finding, change, times[known[change.start] ?? finding.index] ?? finding.since)
    : finding;
}
