import type { Target } from "../../shared/fleet/directory.ts";
import type { Outcome } from "../../shared/kernel/outcome.ts";
import type { Lines, NanoRange } from "../../shared/upstreams/loki/client.ts";
import type { LokiLoaders } from "./loki.loader.ts";
import { type Line, PageMerge } from "./page.merge.ts";
import { instantAt, MOST_LINES, type PagePlan, windowsOf } from "./page.plan.ts";

export interface PageQuestion extends PagePlan {
  query: string;
  limit: number;
  timeoutSeconds: number;
  /** Whether each cluster's lines are kept until the operation ends, should they be asked for again. */
  isKept: boolean;
}

/** What one cluster's answers were like, beside their lines. */
export interface ClusterAnswer {
  bytes: number;
  warnings: string[];
  /** Whether it has lines that cannot be read. */
  truncated: boolean;
}

export interface ReadPage {
  lines: Line[];
  /** Whether lines follow. */
  more: boolean;
  outcomes: Map<Target, Outcome<ClusterAnswer>>;
}

/** Pages of the lines of many clusters as of one. */
export class PageReader {
  readonly #lines: LokiLoaders["lines"];

  constructor({ lines }: Pick<LokiLoaders, "lines">) {
    this.#lines = lines;
  }

  /**
   * Each cluster is asked for one line more than the page holds. So the page is whole, unless it ends in an instant at which a cluster
   * was cut: that instant is then asked for by itself.
   */
  async read(targets: readonly Target[], question: PageQuestion): Promise<ReadPage> {
    const merge = new PageMerge(question);
    const outcomes = new Map<Target, Outcome<ClusterAnswer>>();
    await Promise.all(targets.map(async (target) => outcomes.set(target, await this.#begin(target, question, merge))));
    for (;;) {
      const { unsettled, ...page } = merge.page();
      if (!unsettled) return { ...page, outcomes };
      const failed = await this.#settle(unsettled.targets, unsettled.nanos, question, merge, outcomes);
      if (failed.size > 0) return await this.#without(failed, targets, question);
    }
  }

  /** The first question to one cluster: for the rest of the stretch, and for what remains of the instant that the last page ended in. */
  async #begin(target: Target, question: PageQuestion, merge: PageMerge): Promise<Outcome<ClusterAnswer>> {
    const { instant, rest } = windowsOf(target.id, question);
    const [first, then] = await Promise.all([
      instant && this.#ask(target, question, instant, MOST_LINES),
      rest && this.#ask(target, question, rest, Math.min(question.limit + 1, MOST_LINES)),
    ]);
    const outcome = together(first && answerOf(first, true), then && answerOf(then, false));
    if (!outcome.value) return outcome;
    if (first?.value) merge.add(target, first.value.streams, false);
    if (then?.value) merge.add(target, then.value.streams, isFull(then.value));
    return outcome;
  }

  /** @returns those that failed at it. */
  async #settle(
    targets: readonly Target[],
    nanos: string,
    question: PageQuestion,
    merge: PageMerge,
    outcomes: ReadPage["outcomes"],
  ): Promise<ReadPage["outcomes"]> {
    const failed = new Map<Target, Outcome<ClusterAnswer>>();
    await Promise.all(
      targets.map(async (target) => {
        const answer = await this.#ask(target, question, instantAt(nanos), MOST_LINES);
        const outcome = together(outcomes.get(target) ?? null, answerOf(answer, true));
        if (!answer.value) failed.set(target, outcome);
        else merge.settle(target, answer.value.streams);
        outcomes.set(target, outcome);
      }),
    );
    return failed;
  }

  /** Its lines may have displaced others', which are gone: so the others are asked again. */
  async #without(failed: ReadPage["outcomes"], targets: readonly Target[], question: PageQuestion): Promise<ReadPage> {
    const page = await this.read(
      targets.filter((target) => !failed.has(target)),
      question,
    );
    return { ...page, outcomes: new Map([...page.outcomes, ...failed]) };
  }

  async #ask(
    target: Target,
    { query, direction, timeoutSeconds, isKept }: PageQuestion,
    { start, end }: NanoRange,
    limit: number,
  ): Promise<Outcome<Lines>> {
    const asked = { target, timeoutSeconds, query, start, end, limit, direction };
    const { outcome } = await this.#lines.load(asked);
    const answer = await outcome;
    if (!isKept) this.#lines.clear(asked);
    return answer;
  }
}

const isFull = ({ streams, limit }: Lines): boolean => streams.reduce((sum, { rows }) => sum + rows.length, 0) >= limit;

/** @param isInstant of one nanosecond: more than its limit cannot be had. */
function answerOf({ value, ...outcome }: Outcome<Lines>, isInstant: boolean): Outcome<ClusterAnswer> {
  if (!value) return outcome;
  const { bytes, limit } = value;
  const truncated = isInstant && isFull(value);
  const warnings = [...value.warnings, ...(truncated ? [tooMany(limit)] : [])];
  return { ...outcome, value: { bytes, warnings, truncated } };
}

const tooMany = (limit: number): string =>
  `${limit} lines or more share one nanosecond, and Loki gives no more of them: make the query narrower to see the others.`;

/** Several answers of one cluster as one; the first that failed where one did. */
function together(...outcomes: (Outcome<ClusterAnswer> | null)[]): Outcome<ClusterAnswer> {
  const given = outcomes.filter((outcome) => outcome !== null);
  const [first] = given;
  // Nothing remained to be asked.
  if (!first) return { status: "SUCCESS", startedAt: new Date(), durationMs: 0, value: NOTHING };
  const failed = given.find(({ value }) => !value);
  if (failed) return failed;
  const answers = given.flatMap(({ value }) => value ?? []);
  return {
    ...first,
    durationMs: given.reduce((sum, { durationMs }) => sum + durationMs, 0),
    value: {
      bytes: answers.reduce((sum, { bytes }) => sum + bytes, 0),
      warnings: [...new Set(answers.flatMap(({ warnings }) => warnings))],
      truncated: answers.some(({ truncated }) => truncated),
    },
  };
}

const NOTHING: ClusterAnswer = { bytes: 0, warnings: [], truncated: false };
