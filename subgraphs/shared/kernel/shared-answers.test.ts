import { describe, expect, it } from "vitest";
import { SharedAnswers, type SharedAnswersOptions } from "./shared-answers.ts";

interface Answer {
  text: string;
}

const answers = (given: Partial<SharedAnswersOptions<Answer>> = {}) =>
  new SharedAnswers<Answer>({
    maxBytes: 100,
    ttlMs: 60_000,
    bytesOf: ({ text }) => text.length,
    keeps: ({ text }) => text !== "partial",
    ...given,
  });
const signal = () => new AbortController().signal;

/** A question whose answer is given by hand. */
function question() {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const signals: AbortSignal[] = [];
  return {
    signals,
    answer: (text: string) => resolve({ text }),
    fail: reject,
    ask: (given: AbortSignal) => {
      signals.push(given);
      given.addEventListener("abort", () => reject(given.reason));
      return promise;
    },
  };
}
const never = () => Promise.reject(new Error("It was asked."));
const says = (text: string) => () => Promise.resolve({ text });

describe("a question under way", () => {
  it("is asked once for all who have its key", async () => {
    const shared = answers();
    const asked = question();
    const both = [shared.get("k", "", signal(), asked.ask), shared.get("k", "", signal(), never)];
    asked.answer("yes");
    expect(await Promise.all(both)).toEqual([
      { answer: { text: "yes" }, kept: false },
      { answer: { text: "yes" }, kept: false },
    ]);
    await expect(shared.get("other", "", signal(), never)).rejects.toThrow("It was asked.");
  });

  it("is asked apart where it may fail apart", async () => {
    const shared = answers();
    const asked = question();
    const waiting = shared.get("k", "patiently", signal(), asked.ask);
    await expect(shared.get("k", "hastily", signal(), never)).rejects.toThrow("It was asked.");
    asked.answer("yes");
    await waiting;
    expect(await shared.get("k", "hastily", signal(), never)).toMatchObject({ kept: true });
  });

  it("goes on when one of them leaves, and ends when the last does", async () => {
    const shared = answers();
    const asked = question();
    const [first, second] = [new AbortController(), new AbortController()];
    const waiting = [shared.get("k", "", first.signal, asked.ask), shared.get("k", "", second.signal, never)];
    first.abort(new Error("gone"));
    expect(asked.signals[0]?.aborted).toBe(false);
    second.abort(new Error("gone too"));
    expect(asked.signals[0]?.aborted).toBe(true);
    await Promise.all(waiting.map((each) => expect(each).rejects.toThrow("gone too")));
  });

  it("is not joined once it was left", async () => {
    const shared = answers();
    const left = question();
    const client = new AbortController();
    const waiting = shared.get("k", "", client.signal, left.ask);
    client.abort(new Error("gone"));
    expect(await shared.get("k", "", signal(), says("new"))).toMatchObject({ answer: { text: "new" }, kept: false });
    await expect(waiting).rejects.toThrow("gone");
  });

  it("is not asked for somebody who has left already", async () => {
    await expect(answers().get("k", "", AbortSignal.abort(new Error("gone")), never)).rejects.toThrow("gone");
  });

  it("fails for all who wait, and is asked anew by the next", async () => {
    const shared = answers();
    const asked = question();
    const both = [shared.get("k", "", signal(), asked.ask), shared.get("k", "", signal(), never)];
    asked.fail(new Error("no"));
    for (const each of both) await expect(each).rejects.toThrow("no");
    expect(await shared.get("k", "", signal(), says("yes"))).toMatchObject({ kept: false });
  });
});

describe("an answer", () => {
  it("is kept, and nobody is asked again", async () => {
    const shared = answers();
    await shared.get("k", "", signal(), says("yes"));
    expect(shared.peek("k")).toEqual({ text: "yes" });
    expect(await shared.get("k", "", signal(), never)).toEqual({ answer: { text: "yes" }, kept: true });
  });

  it.each([
    ["the next one may not have it", "partial", {}],
    ["it is too large", "x".repeat(101), {}],
    ["nothing is to be kept", "yes", { maxBytes: 0 }],
  ])("is not kept where %s", async (_, text, given) => {
    const shared = answers(given);
    await shared.get("k", "", signal(), says(text));
    expect(shared.peek("k")).toBeUndefined();
  });

  it("gives way to newer ones where they weigh too much together, the least used first", async () => {
    const shared = answers();
    for (const key of ["a", "b"]) await shared.get(key, "", signal(), says("x".repeat(40)));
    shared.peek("a");
    await shared.get("c", "", signal(), says("x".repeat(40)));
    expect(["a", "b", "c"].filter((key) => shared.peek(key))).toEqual(["a", "c"]);
  });

  it("is forgotten after its time", async () => {
    const shared = answers({ ttlMs: 1 });
    await shared.get("k", "", signal(), says("yes"));
    await expect.poll(() => shared.peek("k"), { interval: 1 }).toBeUndefined();
  });
});
