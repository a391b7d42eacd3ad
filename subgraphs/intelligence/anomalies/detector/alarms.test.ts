import { expect, it } from "vitest";
import { Alarms } from "./alarms.ts";

it("tells what reaches the threshold", () => {
  const alarms = new Alarms(3);
  expect(alarms.tells(2.99, 1000)).toBe(false);
  expect(alarms.tells(Number.NaN, 1000)).toBe(false);
  expect(alarms.tells(3, 1001)).toBe(true);
});

it("does not tell the same again for a while, unless it is ten times as rare", () => {
  const alarms = new Alarms(3);
  expect(alarms.tells(3.2, 1000)).toBe(true);
  expect(alarms.tells(3.9, 1010)).toBe(false);
  expect(alarms.tells(4.1, 1020)).toBe(true);
  expect(alarms.tells(3.9, 1060)).toBe(false);
  expect(alarms.tells(4.1, 1060)).toBe(false);
  // After a 20th of what was seen, it is news again.
  expect(alarms.tells(3.9, 1074)).toBe(true);
});

it("rests for 50 points at least, and longer the more has been seen", () => {
  const young = new Alarms(3);
  young.tells(3, 100);
  expect([150, 151].map((seen) => young.tells(3, seen))).toEqual([false, true]);
  const old = new Alarms(3);
  old.tells(3, 10_000);
  expect([10_500, 10_530].map((seen) => old.tells(3, seen))).toEqual([false, true]);
});

it("has no rarer than the rarest", () => {
  const alarms = new Alarms(1);
  expect(alarms.tells(300, 100)).toBe(true);
  expect(alarms.tells(301, 110)).toBe(false);
});
