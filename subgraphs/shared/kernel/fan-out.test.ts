import { describe, expect, it, vi } from "vitest";
import { callScope, setCallScope } from "./call-scope.ts";
import { CodedError } from "./errors.ts";
import { type FanOutOptions, fanOut } from "./fan-out.ts";
import { Skip } from "./outcome.ts";

const never = () => new Promise<never>(() => {});
const options = (more: Partial<FanOutOptions<unknown>> = {}): FanOutOptions<unknown> => ({
  signal: new AbortController().signal,
  patienceMs: () => 60_000,
  ...more,
});

describe("fanOut", () => {
  it("answers in the order asked, whatever the order of arrival", async () => {
    const arrived: number[] = [];
    const { promise: second, resolve: release } = Promise.withResolvers<void>();
    const outcomes = await fanOut(
      [1, 2],
      async (key) => {
        if (key === 1) await second;
        arrived.push(key);
        release();
        return key * 10;
      },
      options(),
    );
    expect(arrived).toEqual([2, 1]);
    expect(outcomes.map(({ status, value }) => [status, value])).toEqual([
      ["SUCCESS", 10],
      ["SUCCESS", 20],
    ]);
  });

  it("has no more tasks under way than its concurrency, and reaches it", async () => {
    let running = 0;
    let most = 0;
    const outcomes = await fanOut(
      Array.from({ length: 20 }, (_, i) => i),
      async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise(setImmediate);
        running -= 1;
      },
      options({ concurrency: 3 }),
    );
    expect(outcomes).toHaveLength(20);
    expect(most).toBe(3);
  });

  it("gives each target its own patience, tells the task by its signal, and lets a deaf one hold nobody", async () => {
    const signals = new Map<string, AbortSignal>();
    const outcomes = await fanOut(
      ["deaf", "quick", "obedient"],
      (key, signal) => {
        signals.set(key, signal);
        if (key === "quick") return Promise.resolve(key);
        if (key === "deaf") return never();
        return new Promise<string>((_, reject) =>
          signal.addEventListener("abort", () => reject(new Error("a fetch failed"))),
        );
      },
      options({ patienceMs: (key) => (key === "quick" ? 60_000 : 20), concurrency: 1 }),
    );
    const timeout = { code: "UPSTREAM_TIMEOUT", message: "No complete answer within 0.02 s.", retryable: true };
    expect(outcomes.map(({ status, failure }) => [status, failure])).toEqual([
      ["TIMEOUT", timeout],
      ["SUCCESS", undefined],
      ["TIMEOUT", timeout],
    ]);
    expect(outcomes[0]?.durationMs).toBeGreaterThanOrEqual(19);
    expect([...signals].map(([key, { aborted }]) => [key, aborted])).toEqual([
      ["deaf", true],
      ["quick", false],
      ["obedient", true],
    ]);
  });

  it("ends everything when the caller goes away, and starts nothing more", async () => {
    const caller = new AbortController();
    const started: number[] = [];
    const { promise: bothRun, resolve } = Promise.withResolvers<void>();
    const outcomes = fanOut(
      [1, 2, 3],
      (key) => {
        if (started.push(key) === 2) resolve();
        return never();
      },
      options({ signal: caller.signal, concurrency: 2 }),
    );
    await bothRun;
    caller.abort();
    expect((await outcomes).map(({ status, failure }) => [status, failure?.code])).toEqual(
      Array.from({ length: 3 }, () => ["CANCELLED", "CANCELLED"]),
    );
    expect(started).toEqual([1, 2]);
  });

  it("tells each task by its signal who asks, and how long it may take; a task's own fan-out no longer than the task", async () => {
    const { signal } = new AbortController();
    setCallScope(signal, { caller: "default ann" });
    const began = performance.now();
    const patienceMs = (ms: number) => ms;
    const [outcome] = await fanOut(
      [1000],
      async (_, own) => {
        const inner = { signal: own, patienceMs };
        const within = await fanOut([100, 5000], async (_, deeper) => callScope(deeper), inner);
        return [callScope(own), ...within.map(({ value }) => value)];
      },
      { signal, patienceMs },
    );
    const until = (ms: number) => ({ caller: "default ann", deadline: expect.closeTo(began + ms, -2) });
    expect(outcome?.value).toEqual([until(1000), until(100), until(1000)]);
  });

  it("leaves no listener on the caller's signal", async () => {
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, "addEventListener");
    const removed = vi.spyOn(signal, "removeEventListener");
    await fanOut(
      [1, 2, 3],
      (key) => (key === 2 ? Promise.reject(new Error()) : Promise.resolve()),
      options({ signal }),
    );
    expect(added).toHaveBeenCalledTimes(3);
    expect(removed.mock.calls.map(([, listener]) => listener)).toEqual(
      added.mock.calls.map(([, listener]) => listener),
    );
  });

  it.each<[string, unknown, object]>([
    [
      "a skipped target with its reason",
      new Skip("NO_ENDPOINT", "There is none."),
      {
        status: "SKIPPED",
        skipReason: "NO_ENDPOINT",
        failure: { code: "NO_ENDPOINT", message: "There is none.", retryable: false },
      },
    ],
    [
      "a target that rests as one to ask again later",
      new Skip("CIRCUIT_OPEN", "It failed."),
      {
        status: "SKIPPED",
        skipReason: "CIRCUIT_OPEN",
        failure: { code: "CIRCUIT_OPEN", message: "It failed.", retryable: true },
      },
    ],
    [
      "one that is asked too often as that",
      new CodedError("RATE_LIMITED", "Too often."),
      { status: "ERROR", failure: { code: "RATE_LIMITED", message: "Too often.", retryable: true } },
    ],
    [
      "an upstream's failure as it says",
      new CodedError("UPSTREAM_UNREACHABLE", "The connection was refused."),
      {
        status: "ERROR",
        failure: { code: "UPSTREAM_UNREACHABLE", message: "The connection was refused.", retryable: true },
      },
    ],
    [
      "a refusal as one that no repetition helps",
      new CodedError("UPSTREAM_REFUSED", "No."),
      { status: "ERROR", failure: { code: "UPSTREAM_REFUSED", message: "No.", retryable: false } },
    ],
    [
      "the upstream's own timeout as one",
      new CodedError("UPSTREAM_TIMEOUT", "It gave up."),
      { status: "TIMEOUT", failure: { code: "UPSTREAM_TIMEOUT", message: "It gave up.", retryable: true } },
    ],
  ])("shows %s", async (_, thrown, expected) => {
    const onInternalError = vi.fn();
    const [outcome] = await fanOut([1], () => Promise.reject(thrown), options({ onInternalError }));
    expect(outcome).toMatchObject(expected);
    expect(outcome).not.toHaveProperty("value");
    expect(onInternalError).not.toHaveBeenCalled();
  });

  it.each<[string, () => Promise<never>]>([
    ["rejects", () => Promise.reject(new Error("secret 10.0.0.1"))],
    [
      "throws",
      () => {
        throw new Error("secret 10.0.0.1");
      },
    ],
  ])("says nothing of an error of ours outside, and all of it inside, when a task %s", async (_, task) => {
    const onInternalError = vi.fn();
    const [outcome] = await fanOut([1], task, options({ onInternalError }));
    expect(outcome).toMatchObject({
      status: "ERROR",
      failure: { code: "INTERNAL_SERVER_ERROR", message: "The request to this cluster failed here.", retryable: false },
    });
    expect(onInternalError).toHaveBeenCalledWith(expect.objectContaining({ message: "secret 10.0.0.1" }));
  });

  it("answers nothing for nothing", async () => {
    expect(await fanOut([], never, options())).toEqual([]);
  });
});
