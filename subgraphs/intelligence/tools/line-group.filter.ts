import { levelOf } from "../root-cause/core/log-level.ts";
import { TemplateMiner } from "../root-cause/core/template-miner.ts";
import { clipped, type Row } from "./row.filter.ts";

export interface ToldLine {
  cluster: string;
  /** RFC 3339. */
  at: string;
  message: string;
  level: string | null;
  pod: string | null;
  namespace: string | null;
  container: string | null;
  traceId: string | null;
}

const TEMPLATE_CHARACTERS = 240;
const EXAMPLE_CHARACTERS = 300;
const MOST_PLACES = 3;

interface Group {
  id: number;
  level: string;
  lines: ToldLine[];
}

/** Lines that say the same but for what differs from time to time, the most frequent first. */
export function lineGroups(lines: readonly ToldLine[]): Row[] {
  const miner = new TemplateMiner();
  const groups = new Map<number, Group>();
  for (const line of lines) {
    const level = levelOf(line);
    const id = miner.add(line.message, level);
    const group = groups.get(id) ?? { id, level, lines: [] };
    group.lines.push(line);
    groups.set(id, group);
  }
  return [...groups.values()]
    .sort((a, b) => b.lines.length - a.lines.length || a.id - b.id)
    .map(({ id, level, lines: own }) => {
      const times = own.map(({ at }) => at).sort();
      const newest = own.find(({ at }) => at === times.at(-1));
      return {
        count: own.length,
        level,
        template: clipped(miner.get(id)?.tokens.join(" ") ?? "", TEMPLATE_CHARACTERS),
        clusters: places(own.map(({ cluster }) => cluster)),
        pods: places(own.flatMap(({ namespace, pod }) => (pod === null ? [] : [`${namespace ?? "?"}/${pod}`]))),
        first: times[0] ?? null,
        last: times.at(-1) ?? null,
        example: clipped(newest?.message ?? "", EXAMPLE_CHARACTERS),
        traceId: newest?.traceId ?? null,
      };
    });
}

/** The most frequent ones, and how many others there are. */
function places(names: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  const sorted = [...counts].sort(([, a], [, b]) => b - a).map(([name]) => name);
  const more = sorted.length - MOST_PLACES;
  return more > 0 ? [...sorted.slice(0, MOST_PLACES), `and ${more} more`] : sorted;
}
