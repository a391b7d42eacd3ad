import DataLoader from "dataloader";
import { describe, expect, it } from "vitest";
import type { Target } from "../../shared/fleet/directory.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import { failed, type Outcome } from "../../shared/kernel/outcome.ts";
import type { Lines } from "../../shared/upstreams/loki/client.ts";
import { type Direction, type LogRow, type LogStream, toStreams } from "../../shared/upstreams/loki/schema.ts";
import type { AskedLines, ComingLines } from "./loki.loader.ts";
import { positionOf } from "./page.merge.ts";
import type { PagePlan, Position } from "./page.plan.ts";
import { PageReader, type ReadPage } from "./page.service.ts";

const target = (index: number): Target => ({
  id: `${String(index).padStart(8, "0")}-0000-4000-8000-000000000000`,
  name: `c-${index}`,
  apiServerUrl: "https://api.example",
  prometheusUrl: null,
  tempoUrl: null,
  lokiUrl: "https://loki.example",
  alertmanagerUrl: null,
  lokiTenant: null,
  tempoTenant: null,
  credentialsAt: null,
});

/** Numbers below `most`, the same for the same seed. */
function random(seed: number): (most: number) => number {
  let state = seed;
  return (most) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * most);
  };
}

interface Cluster {
  target: Target;
  /** Each in the order of time. */
  streams: LogStream[];
  /** What the server gives at once at most. */
  allowed?: number;
  fails?: (asked: AskedLines) => boolean;
}

/**
 * Lokis of these clusters: the first lines of a range in a direction, cut at the limit. Which of several lines of one nanosecond they
 * leave out there is anybody's guess, but that each stream keeps its order.
 */
function readerOf(clusters: readonly Cluster[]) {
  const asked: AskedLines[] = [];
  const pick = random(7);
  const answer = (question: AskedLines): Outcome<Lines> => {
    asked.push(question);
    const { streams, allowed = 5000, fails } = clusters.find((each) => each.target === question.target) as Cluster;
    const outcome = { startedAt: new Date(), durationMs: 1 };
    if (fails?.(question)) return { ...outcome, ...failed(new CodedError("UPSTREAM_ERROR", "It failed.")) };
    const { start, end, direction } = question;
    const limit = Math.min(question.limit, allowed);
    const sign = direction === "FORWARD" ? 1 : -1;
    const within = streams.flatMap((stream) => {
      const chance = pick(1000);
      const rows = stream.rows.filter(([nanos]) => BigInt(nanos) >= start && BigInt(nanos) < end);
      return (sign > 0 ? rows : rows.toReversed()).map((row) => ({ stream: stream.labels, row, chance }));
    });
    within.sort((a, b) => Number(BigInt(a.row[0]) - BigInt(b.row[0])) * sign || a.chance - b.chance);
    const result = within.slice(0, limit).map(({ stream, row }) => ({ stream, values: [row] }));
    return {
      ...outcome,
      status: "SUCCESS",
      value: { streams: toStreams(result, direction), limit, bytes: 10, warnings: [] },
    };
  };
  const coming = async (question: AskedLines): Promise<Outcome<Lines>> => {
    // In whatever order.
    for (let turns = pick(5); turns > 0; turns -= 1) await Promise.resolve();
    return answer(question);
  };
  const load = (all: readonly AskedLines[]) => Promise.resolve(all.map((question) => ({ outcome: coming(question) })));
  const lines = new DataLoader<AskedLines, ComingLines, string>(load, {
    cacheKeyFn: ({ target: { id }, ...rest }) => `${id} ${Object.values(rest).map(String).join()}`,
  });
  return { reader: new PageReader({ lines }), asked };
}

const BASE = 1_795_385_000_000_000_000n;

function clusterOf(index: number, next: (most: number) => number, size: number, instants: number): Cluster {
  const names = ["a", "b", "c"].slice(0, 1 + next(3));
  const rows = names.map((): LogRow[] =>
    Array.from({ length: next(size) }, (_, line): LogRow => [String(BASE + BigInt(next(instants))), `line ${line}`]),
  );
  const result = names.map((name, at) => ({ stream: { app: name }, values: rows[at] ?? [] }));
  return { target: target(index), streams: toStreams(result, "FORWARD") };
}

const textOf = ({ target: { id }, stream, row: [nanos, line] }: ReadPage["lines"][number]): string =>
  [nanos, id, stream, line].join(" ");

/** Every line of the clusters in the order that is promised. */
const ordered = (clusters: readonly Cluster[], direction: Direction): string[] => {
  const all = clusters.flatMap(({ target: { id }, streams }) =>
    streams.flatMap(({ hash, rows }) =>
      rows.map(([nanos, line], index) => ({
        key: [nanos, id, hash].join(" "),
        index,
        text: [nanos, id, hash, line].join(" "),
      })),
    ),
  );
  all.sort((a, b) => (a.key === b.key ? a.index - b.index : a.key < b.key ? -1 : 1));
  const texts = all.map(({ text }) => text);
  return direction === "FORWARD" ? texts : texts.reverse();
};

const PLAN: PagePlan & { query: string; timeoutSeconds: number; isKept: boolean } = {
  query: "{}",
  timeoutSeconds: 1,
  isKept: true,
  start: BASE,
  end: BASE + 1_000_000n,
  direction: "BACKWARD",
  after: null,
};

/** All pages, one after the other. */
async function paged(clusters: readonly Cluster[], direction: Direction, limitOf: () => number) {
  const { reader, asked } = readerOf(clusters);
  const pages: { page: ReadPage; limit: number }[] = [];
  let after: Position | null = null;
  do {
    const limit = limitOf();
    const page: ReadPage = await reader.read(
      clusters.map((each) => each.target),
      { ...PLAN, direction, after, limit },
    );
    pages.push({ page, limit });
    const last = page.more ? page.lines.at(-1) : undefined;
    if (page.more && !last) throw new Error("A page without a line says that lines follow.");
    after = last ? positionOf(last) : null;
  } while (after);
  return { pages, asked, lines: pages.flatMap(({ page }) => page.lines.map(textOf)) };
}

describe.each<Direction>(["BACKWARD", "FORWARD"])("Pages, %s", (direction) => {
  it.each(Array.from({ length: 40 }, (_, seed) => seed))(
    "give each line once and in order, whatever the lines (%d)",
    async (seed) => {
      const next = random(seed + 1);
      const instants = [1, 3, 50, 100_000][seed % 4] ?? 1;
      const clusters = Array.from({ length: 1 + next(5) }, (_, index) => clusterOf(index, next, 60, instants));
      const { pages, lines } = await paged(clusters, direction, () => 1 + next(40));
      expect(lines).toEqual(ordered(clusters, direction));
      for (const { page, limit } of pages) expect(page.lines.length).toBe(page.more ? limit : page.lines.length);
    },
  );

  it("go through thousands of lines of one nanosecond in each of several clusters", async () => {
    const next = random(3);
    const clusters = [0, 1, 2].map((index) => {
      const one = clusterOf(index, next, 500, 100);
      const same = Array.from({ length: 2500 }, (_, line): LogRow => [String(BASE + 50n), `same ${line}`]);
      const result = [
        ...one.streams.map(({ labels, rows }) => ({ stream: labels, values: rows })),
        { stream: { app: "a" }, values: same },
      ];
      return { ...one, streams: toStreams(result, "FORWARD") };
    });
    const { lines, pages } = await paged(clusters, direction, () => 700);
    expect(lines).toEqual(ordered(clusters, direction));
    expect(
      pages.every(({ page }) => [...page.outcomes.values()].every(({ value }) => value?.truncated === false)),
    ).toBe(true);
  });

  it("ask each cluster once, for one line more than they hold, where no instant is cut", async () => {
    const clusters = [0, 1, 2].map((index) => {
      const rows = Array.from(
        { length: 30 },
        (_, line): LogRow => [String(BASE + BigInt(line * 3 + index)), `line ${line}`],
      );
      return { target: target(index), streams: toStreams([{ stream: { app: "a" }, values: rows }], "FORWARD") };
    });
    const { reader, asked } = readerOf(clusters);
    const page = await reader.read(
      clusters.map((each) => each.target),
      { ...PLAN, direction, limit: 10 },
    );
    expect([page.lines.length, page.more]).toEqual([10, true]);
    expect(asked.map(({ limit }) => limit)).toEqual([11, 11, 11]);
    const last = page.lines.at(-1);
    asked.length = 0;
    await reader.read(
      clusters.map((each) => each.target),
      { ...PLAN, direction, limit: 10, after: last ? positionOf(last) : null },
    );
    // And the one whose line was the last, for what else is of its instant.
    expect(asked).toHaveLength(4);
  });

  it("end early where a server gives fewer lines than a page holds, and go on", async () => {
    const next = random(5);
    const clusters = [0, 1].map((index) => ({
      ...clusterOf(index, next, 200, 100_000),
      ...(index === 0 ? { allowed: 20 } : {}),
    }));
    const { lines, pages } = await paged(clusters, direction, () => 100);
    expect(lines).toEqual(ordered(clusters, direction));
    expect(pages.some(({ page }) => page.more && page.lines.length < 100)).toBe(true);
  });

  it("say so where one nanosecond has more lines than a server gives, and go on behind it", async () => {
    const rows = Array.from(
      { length: 90 },
      (_, line): LogRow => [String(BASE + BigInt(line < 80 ? 5 : line)), `line ${line}`],
    );
    const result = [{ stream: { app: "a" }, values: rows }];
    const only = target(0);
    const clusters = [{ target: only, streams: toStreams(result, "FORWARD"), allowed: 50 }];
    const { lines, pages } = await paged(clusters, direction, () => 30);
    expect(lines.length).toBe(10 + 50);
    expect(new Set(lines).size).toBe(60);
    const told = pages.filter(({ page }) => page.outcomes.get(only)?.value?.truncated);
    expect(told.length).toBeGreaterThan(0);
    expect(told[0]?.page.outcomes.get(only)?.value?.warnings).toEqual([
      expect.stringContaining("50 lines or more share one nanosecond"),
    ]);
  });

  it("leave out a cluster that fails, be it at the last question", async () => {
    const next = random(9);
    const sound = clusterOf(0, next, 100, 1000);
    const rows = Array.from(
      { length: 50 },
      (_, line): LogRow => [String(BASE + (direction === "FORWARD" ? 0n : 999n)), `line ${line}`],
    );
    const broken = { target: target(1), streams: toStreams([{ stream: { app: "a" }, values: rows }], "FORWARD") };
    const { reader } = readerOf([sound, { ...broken, fails: ({ limit }) => limit === 5000 }]);
    const page = await reader.read([sound.target, broken.target], { ...PLAN, direction, limit: 20 });
    expect([sound, broken].map((each) => page.outcomes.get(each.target)?.status)).toEqual(["SUCCESS", "ERROR"]);
    expect(page.lines.map(textOf)).toEqual(ordered([sound], direction).slice(0, 20));
  });

  it("are empty where nothing is", async () => {
    const none = { target: target(0), streams: [] };
    const { lines, pages } = await paged([none], direction, () => 10);
    expect([lines, pages.length, pages[0]?.page.more]).toEqual([[], 1, false]);
  });
});
