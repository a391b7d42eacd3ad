import { describe, expect, it } from "vitest";
import { until } from "../../../test/support/until.ts";
import { callScope } from "../../shared/kernel/call-scope.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import { metricStream, type Round } from "./metrics.stream.ts";

/** Questions that are answered by hand, in rounds. */
function asked(clusters: number) {
  const rounds: { answer: ((text: string) => void)[]; signals: AbortSignal[] }[] = [];
  const round = (): Round<string> => {
    const { answer, signals } = { answer: [] as ((text: string) => void)[], signals: [] as AbortSignal[] };
    rounds.push({ answer, signals });
    return Array.from({ length: clusters }, (_, index) => async (signal: AbortSignal) => {
      signals.push(signal);
      const { promise, resolve, reject } = Promise.withResolvers<string>();
      answer[index] = resolve;
      signal.addEventListener("abort", () => reject(signal.reason));
      return await promise;
    });
  };
  const started = (count: number) =>
    until(
      `${count} rounds are under way`,
      () => rounds.filter(({ answer }) => answer.length === clusters).length >= count,
    );
  return { rounds, round, started };
}

const stream = (
  { round }: { round: () => Round<string> },
  given: {
    everyMs?: number;
    signal?: AbortSignal;
    next?: () => Promise<Round<string>>;
    watch?: Parameters<typeof metricStream>[0]["watch"];
  } = {},
) =>
  metricStream<string>({
    first: round(),
    next: async () => round(),
    everyMs: 1,
    caller: "ann",
    signal: new AbortController().signal,
    ...given,
  });
const value = async (items: AsyncIterableIterator<unknown>): Promise<unknown> => (await items.next()).value;

describe("metricStream", () => {
  it("has the parts in the order they come in, and says how many are still to come", async () => {
    const questions = asked(2);
    const items = stream(questions, { everyMs: 60_000 });
    await questions.started(1);
    questions.rounds[0]?.answer[1]?.("b");
    expect(await value(items)).toEqual({ round: 1, completed: 1, total: 2, result: "b", done: false });
    questions.rounds[0]?.answer[0]?.("a");
    expect(await value(items)).toEqual({ round: 1, completed: 2, total: 2, result: "a", done: true });
    await items.return?.();
  });

  it("ends between rounds too, with what it is told, and stops watching", async () => {
    const questions = asked(1);
    let lose: (error: CodedError) => void = () => {};
    let watching = 0;
    const watch = (lost: (error: CodedError) => void) => {
      lose = lost;
      watching += 1;
      return () => {
        watching -= 1;
      };
    };
    const items = stream(questions, { everyMs: 60_000, watch });
    await questions.started(1);
    questions.rounds[0]?.answer[0]?.("a");
    await value(items);
    const pending = items.next();
    expect(watching).toBe(1);
    lose(new CodedError("CLUSTER_NOT_FOUND", "Gone."));
    await expect(pending).rejects.toMatchObject({ code: "CLUSTER_NOT_FOUND" });
    expect(watching).toBe(0);
  });

  it("begins no round before the last is over, and then at once if it is late", async () => {
    const questions = asked(2);
    const items = stream(questions);
    await questions.started(1);
    questions.rounds[0]?.answer[0]?.("a");
    await value(items);
    expect(questions.rounds).toHaveLength(1);
    questions.rounds[0]?.answer[1]?.("b");
    await questions.started(2);
    await items.return?.();
  });

  it("keeps no more than one round for a slow reader: the latest", async () => {
    const questions = asked(1);
    const items = stream(questions);
    for (const [index, text] of ["old", "new"].entries()) {
      await questions.started(index + 1);
      questions.rounds[index]?.answer[0]?.(text);
    }
    await questions.started(3);
    const waiting = value(items);
    questions.rounds[2]?.answer[0]?.("latest");
    expect(await waiting).toMatchObject({ round: 3, result: "latest" });
    await items.return?.();
  });

  it("says of a round without clusters that it is over", async () => {
    const items = stream(asked(0), { everyMs: 60_000 });
    expect(await value(items)).toEqual({ round: 1, completed: 0, total: 0, result: null, done: true });
    await items.return?.();
  });

  it("ends its questions when its reader leaves, and when the operation ends", async () => {
    const operation = new AbortController();
    for (const leave of [
      (items: AsyncIterableIterator<unknown>) => items.return?.(),
      () => operation.abort(new Error("gone")),
    ]) {
      const questions = asked(2);
      const items = stream(questions, { signal: operation.signal });
      await questions.started(1);
      const pending = items.next();
      await leave(items);
      expect(questions.rounds[0]?.signals.map(({ aborted }) => aborted)).toEqual([true, true]);
      expect(await pending).toEqual({ value: undefined, done: true });
      expect(await items.next()).toEqual({ value: undefined, done: true });
      expect(questions.rounds).toHaveLength(1);
    }
  });

  it("ends with the error of a round that cannot be asked", async () => {
    const questions = asked(1);
    const items = stream(questions, { next: () => Promise.reject(new Error("no more rights")) });
    await questions.started(1);
    questions.rounds[0]?.answer[0]?.("a");
    await value(items);
    await expect(items.next()).rejects.toThrow("no more rights");
  });

  it("asks in its caller's name", async () => {
    const questions = asked(1);
    const items = stream(questions);
    await questions.started(1);
    expect(questions.rounds[0]?.signals.map(callScope)).toEqual([{ caller: "ann" }]);
    await items.return?.();
  });
});
