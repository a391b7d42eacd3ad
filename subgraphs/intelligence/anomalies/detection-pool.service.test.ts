import { performance } from "node:perf_hooks";
import { setImmediate as turn } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { until } from "../../../test/support/until.ts";
import { DetectionPool } from "./detection-pool.service.ts";

const STEP = 300;
const OPTIONS = { method: "STATISTICAL", sensitivity: 0.5, stepSeconds: STEP } as const;

const seriesOf = (points: number, value: (index: number) => number) => ({
  times: Float64Array.from({ length: points }, (_, index) => index * STEP),
  values: Float64Array.from({ length: points }, (_, index) => value(index)),
  counter: false,
});
/** The same each time, and as good as random. */
const noise = (index: number): number => {
  const x = Math.sin(index * 12.9898) * 43_758.5453;
  return x - Math.floor(x);
};
const noisy = (points: number) => seriesOf(points, noise);

const answerOf = (body: string) => ({
  status: 200,
  body,
  bytes: body.length,
  contentType: "",
  retryAfterSeconds: null,
});
const matrix = (count: number, points: number): string =>
  JSON.stringify({
    status: "success",
    data: {
      resultType: "matrix",
      result: Array.from({ length: count }, (_, series) => ({
        metric: { __name__: "load", pod: `p${String(series).padStart(5, "0")}` },
        values: Array.from({ length: points }, (_, index) => [index * STEP, String(noise(index + series))]),
      })),
    },
  });

describe("DetectionPool", () => {
  let pool: DetectionPool;
  afterEach(() => pool.close());
  const { signal } = new AbortController();

  it("starts no thread until there is something to do, and no more than it may", async () => {
    pool = new DetectionPool(2);
    expect(pool.workers).toBe(0);
    const task = { series: [noisy(50)], options: OPTIONS, contextPoints: 0 };
    await Promise.all(Array.from({ length: 5 }, () => pool.judge(structuredClone(task), signal)));
    expect(pool.workers).toBe(2);
  });

  it("reads an answer: numbers, gaps, and always the same series where there are too many", async () => {
    pool = new DetectionPool(1);
    const result = [
      { metric: { pod: "b" }, values: [[0, "1"], [STEP, "NaN"], [2 * STEP, "+Inf"], [3 * STEP, "-2.5e3"]] }, // biome-ignore format: a table
      { metric: { pod: "a" }, values: [[0, "7"]] },
    ];
    for (const shuffled of [result, result.toReversed()]) {
      const body = JSON.stringify({
        status: "success",
        data: { resultType: "matrix", result: shuffled },
        warnings: ["w"],
      });
      const all = await pool.read({ answer: answerOf(body), most: 2 }, signal);
      expect(all).toMatchObject({ total: 2, samples: 5, warnings: ["w"] });
      const { values } = all.series.find(({ labels }) => labels["pod"] === "b") ?? {};
      expect([...(values ?? [])]).toEqual([1, Number.NaN, Number.NaN, -2500]);
      const one = await pool.read({ answer: answerOf(body), most: 1 }, signal);
      expect([one.total, one.series.length]).toEqual([2, 1]);
      expect(one.series[0]?.labels).toEqual(
        (await pool.read({ answer: answerOf(body), most: 1 }, signal)).series[0]?.labels,
      );
    }
  });

  it("says why an answer cannot be read, as if it had been read here", async () => {
    pool = new DetectionPool(1);
    const refused = JSON.stringify({ status: "error", errorType: "bad_data", error: "no such function" });
    await expect(pool.read({ answer: { ...answerOf(refused), status: 400 }, most: 1 }, signal)).rejects.toMatchObject({
      code: "UPSTREAM_QUERY_FAILED",
      message: "no such function",
    });
    await expect(pool.read({ answer: answerOf("<html>"), most: 1 }, signal)).rejects.toMatchObject({
      code: "UPSTREAM_INVALID_ANSWER",
    });
    expect(pool.workers).toBe(1);
  });

  it("stops a worker whose caller goes away, and works on for the others", async () => {
    pool = new DetectionPool(1);
    const caller = new AbortController();
    // Minutes of work.
    const endless = pool.judge(
      { series: Array.from({ length: 400 }, () => noisy(5000)), options: OPTIONS, contextPoints: 0 },
      caller.signal,
    );
    const waiting = pool.judge({ series: [noisy(100)], options: OPTIONS, contextPoints: 0 }, signal);
    const gaveUp = pool.judge({ series: [noisy(100)], options: OPTIONS, contextPoints: 0 }, caller.signal);
    caller.abort(new Error("gone"));
    await expect(endless).rejects.toThrow("gone");
    await expect(gaveUp).rejects.toThrow("gone");
    expect(await waiting).toHaveLength(1);
  });

  it("leaves the event loop free while it works on 1,000 series of 2,016 points", async () => {
    pool = new DetectionPool(1);
    const caller = new AbortController();
    const body = matrix(1000, 2016);
    const before = performance.eventLoopUtilization();
    const { series } = await pool.read({ answer: answerOf(body), most: 1000 }, signal);
    // Reading it here would take all of it.
    expect(performance.eventLoopUtilization(before).utilization).toBeLessThan(0.5);
    const judging = pool.judge(
      { series: series.map((each) => ({ ...each, counter: false })), options: OPTIONS, contextPoints: 0 },
      caller.signal,
    );
    for (let count = 0; count < 20; count += 1) await turn();
    caller.abort(new Error("enough"));
    await Promise.allSettled([judging]);
  });

  it("is closed with what it is working on", async () => {
    pool = new DetectionPool(1);
    const ended = Promise.allSettled(
      [1, 2].map(() => pool.judge({ series: [noisy(5000)], options: OPTIONS, contextPoints: 0 }, signal)),
    );
    await pool.close();
    const refused = { status: "rejected", reason: expect.objectContaining({ code: "SHUTTING_DOWN" }) };
    expect(await ended).toEqual([refused, refused]);
    await until("no thread is left", () => pool.workers === 0);
    await expect(pool.judge({ series: [], options: OPTIONS, contextPoints: 0 }, signal)).rejects.toMatchObject({
      code: "SHUTTING_DOWN",
    });
  });
});
