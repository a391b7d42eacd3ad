import { formatValue } from "../../promql/literals.ts";

/** Two clusters' samples as each stores them, and as one Prometheus would that has both, each series labelled `cluster`. */
export interface FleetSamples {
  clusters: Readonly<Record<"alpha" | "beta", string>>;
  union: string;
}

export const END = Date.UTC(2026, 2, 10, 18) / 1000;
const START = END - 2 * 3600;
const BOUNDS = ["0.1", "0.5", "1", "5", "+Inf"];

type Labels = Readonly<Record<string, string>>;
interface StoredSeries {
  name: string;
  labels: Labels;
  /** Undefined where it has no sample. */
  at: (t: number) => number | undefined;
}

/** The same numbers at each run, different in each place. */
function noise(...place: (string | number)[]): number {
  let hash = 2166136261;
  for (const character of place.join("|")) hash = Math.imul(hash ^ character.charCodeAt(0), 16777619);
  hash = Math.imul(hash ^ (hash >>> 15), 2246822507);
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
}

/** A counter that restarts at zero every so often. */
const counter = (rate: number, life: number, since: number) => (t: number) =>
  Math.floor(rate * ((t - START + since) % life) * 10) / 10;

function series(cluster: string, more: number): StoredSeries[] {
  const all: StoredSeries[] = [];
  const add = (name: string, labels: Labels, at: StoredSeries["at"]) => all.push({ name, labels, at });
  const seed = (...place: (string | number)[]) => noise(cluster, ...place);
  for (let i = 0; i < 3 + more; i++) {
    const instance = `node-${i}`;
    const room = ["hall", "lab", "attic"][i % 3] ?? "";
    for (const code of ["200", "404", "500"]) {
      const labels = { job: i % 2 === 0 ? "api" : "web", instance, code };
      add("requests_total", labels, counter(1 + seed(instance, code) * 9, 1000 + 700 * i, 100 * i));
    }
    add("temperature", { room, instance }, (t) => {
      const value = 15 + 10 * seed(instance) + Math.sin(t / 500 + i) + seed(t, instance);
      return i === 1 && t % 900 < 120 ? Number.NaN : value;
    });
    add("memory_bytes", { instance, job: i % 2 === 0 ? "api" : "web" }, (t) => Math.floor(4e15 * seed(instance, t)));
    add("build_info", { instance, version: `1.${i % 2}` }, () => 1);
    add("replicas", { job: i % 2 === 0 ? "api" : "web", instance }, (t) => Math.floor(t / 600 + i) % 3);
    // Half an hour here, half an hour not; longer than anybody looks back.
    add("sometimes", { instance }, (t) => (Math.floor((t - START) / 1800 + i) % 2 === 0 ? seed(t, "some") : undefined));
  }
  for (const path of ["/a", "/b"]) {
    for (const [i, le] of BOUNDS.entries()) {
      add("latency_bucket", { path, le }, counter((i + 1) * (1 + seed(path)) + i * i, 4000, 0));
    }
    add("latency_count", { path }, counter(BOUNDS.length * (1 + seed(path)) + 16, 4000, 0));
  }
  add("extreme", { kind: "plus" }, () => Number.POSITIVE_INFINITY);
  add("extreme", { kind: "minus" }, () => (cluster === "alpha" ? Number.NEGATIVE_INFINITY : 7));
  add("extreme", { kind: "zero" }, () => (cluster === "alpha" ? -0 : 0));
  add("extreme", { kind: "nan" }, (t) => (cluster === "alpha" || t % 600 < 300 ? Number.NaN : 3));
  add("limits", { job: "api" }, () => 100 + 100 * more);
  // Has a cluster label of its own, which gives way.
  add("owned", { cluster: cluster === "alpha" ? "east" : "west", shard: "1" }, (t) => seed("owned", t));
  add("owned", { cluster: "east", original_cluster: "older", shard: "2" }, (t) => seed("older", t));
  if (cluster === "alpha") add("only_alpha", { instance: "node-0" }, (t) => seed("only", t));
  return all;
}

function text(stored: readonly StoredSeries[], interval: number, relabel: (labels: Labels) => Labels): string {
  return stored
    .map(({ name, labels, at }) => {
      const pairs = Object.entries(relabel(labels)).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
      let lines = "";
      for (let t = START; t <= END; t += interval) {
        const value = at(t);
        if (value !== undefined) lines += `${name}{${pairs.join(",")}} ${formatValue(value)} ${t}\n`;
      }
      return lines;
    })
    .join("");
}

export function fleetSamples(): FleetSamples {
  const parts = {
    alpha: { stored: series("alpha", 0), interval: 15 },
    beta: { stored: series("beta", 2), interval: 30 },
  };
  const labelled = (cluster: string) => (labels: Labels) => ({
    ...Object.fromEntries(
      Object.entries(labels).map(([key, value]) => [
        /^(original_)?cluster$/.test(key) ? `original_${key}` : key,
        value,
      ]),
    ),
    cluster,
  });
  const end = "# EOF\n";
  const of = ({ stored, interval }: (typeof parts)["alpha"], relabel = (labels: Labels) => labels) =>
    text(stored, interval, relabel);
  return {
    clusters: { alpha: of(parts.alpha) + end, beta: of(parts.beta) + end },
    union: of(parts.alpha, labelled("alpha")) + of(parts.beta, labelled("beta")) + end,
  };
}
