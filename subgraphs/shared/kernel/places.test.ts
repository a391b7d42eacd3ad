import { expect, it, onTestFinished, vi } from "vitest";
import { Places } from "./places.ts";

const LONG = 3_600_000;
const never = new AbortController().signal;

/** Whether a promise is settled once everything that is under way has run. */
async function settled(promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  void promise.finally(() => {
    done = true;
  });
  await new Promise(setImmediate);
  return done;
}

it("has as many as it was given, and each again when its task ends", () => {
  const places = new Places({ count: 3, heldMs: LONG, most: 10 });
  const [first, second] = [places.take(), places.take()];
  expect(places.free).toBe(1);
  first();
  expect(places.free).toBe(2);
  second();
  expect(places.free).toBe(3);
});

it("has one again from a task that waits long, and not twice when that ends", () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const places = new Places({ count: 2, heldMs: 100, most: 10 });
  const [slow, slower] = [places.take(), places.take()];
  expect(places.free).toBe(0);
  vi.advanceTimersByTime(100);
  expect(places.free).toBe(2);
  slow();
  slower();
  expect(places.free).toBe(2);
});

it("bounds those that wait, too", () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const places = new Places({ count: 2, heldMs: 100, most: 3 });
  const leave = [places.take(), places.take()];
  vi.advanceTimersByTime(100);
  expect(places.free).toBe(1);
  places.take();
  expect(places.free).toBe(0);
  leave[0]?.();
  expect(places.free).toBe(1);
});

it("waits until half of them are free", async () => {
  const places = new Places({ count: 4, heldMs: LONG, most: 10 });
  expect(await settled(places.available(never))).toBe(true);
  const leave = [places.take(), places.take(), places.take(), places.take()];
  const available = places.available(never);
  leave[0]?.();
  expect(await settled(available)).toBe(false);
  leave[1]?.();
  expect(await settled(available)).toBe(true);
});

it("waits no longer than the signal", async () => {
  const places = new Places({ count: 1, heldMs: LONG, most: 1 });
  places.take();
  const leaving = new AbortController();
  const available = places.available(leaving.signal);
  expect(await settled(available)).toBe(false);
  leaving.abort();
  expect(await settled(available)).toBe(true);
  expect(await settled(places.available(leaving.signal))).toBe(true);
});
