import type { Point } from "../../model/chart.ts";

/** At most so many points: of each stretch its lowest and its highest, so that no spike is lost, and a hole where nothing is known. */
export function downsampled(points: readonly Point[], most = 300): readonly Point[] {
  if (points.length <= most) return points;
  const stretches = Math.floor(most / 2);
  return Array.from({ length: stretches }, (_, turn) => {
    const from = Math.floor((turn * points.length) / stretches);
    return extremes(points.slice(from, Math.floor(((turn + 1) * points.length) / stretches)));
  }).flat();
}

function extremes(stretch: readonly Point[]): readonly Point[] {
  const known = stretch.filter((point): point is readonly [number, number] => point[1] !== null);
  const [first] = known;
  if (!first) return stretch.slice(0, 1);
  let low = first;
  let high = first;
  for (const point of known) {
    if (point[1] < low[1]) low = point;
    if (point[1] > high[1]) high = point;
  }
  if (low === high) return [low];
  return low[0] < high[0] ? [low, high] : [high, low];
}
