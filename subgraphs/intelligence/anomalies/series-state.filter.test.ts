import { describe, expect, it } from "vitest";
import type { Finding } from "./detector/index.ts";
import {
  demandedOf,
  isToldAloud,
  type SeriesState,
  stillMeaning,
  taughtOnce,
  worthRecording,
} from "./series-state.filter.ts";

const DAY = 86_400;
const finding = (score: number, time = 0, kind: Finding["kind"] = "SPIKE") => ({ score, time, kind }) as Finding;
const recorded = (state: SeriesState, now: number, ...findings: Finding[]) =>
  worthRecording(findings, state, { now, refractory: 1800 });

describe("what a rule is taught of a series", () => {
  it("asks for one power of ten more with each mark, and half as much after two weeks", () => {
    const once = taughtOnce({}, 0);
    expect(demandedOf(once, 0)).toBe(1);
    expect(demandedOf(taughtOnce(once, 0), 0)).toBe(2);
    expect(demandedOf(once, 14 * DAY)).toBeCloseTo(0.5);
    expect(demandedOf(taughtOnce(once, 14 * DAY), 14 * DAY)).toBeCloseTo(1.5);
    expect(demandedOf(once, 365 * DAY)).toBe(0);
  });

  it("keeps what is not rarer from being recorded, and from being told, but no bound", () => {
    const taught = taughtOnce({}, 0);
    expect(recorded({}, 0, finding(3)).kept).toHaveLength(1);
    expect(recorded(taught, 0, finding(3.9)).kept).toEqual([]);
    expect(recorded(taught, 0, finding(4)).kept).toHaveLength(1);
    expect(recorded(taught, 0, finding(0, 0, "THRESHOLD_BREACH")).kept).toHaveLength(1);
    const aloud = (score: number, kind: Finding["kind"] = "SPIKE") =>
      isToldAloud({ score, kind }, taught, { now: 0, notifyScore: 4 });
    expect([aloud(4.9), aloud(5), aloud(0, "THRESHOLD_BREACH")]).toEqual([false, true, true]);
  });
});

describe("what a rule remembers of a series", () => {
  it("is what it told last: nothing is told again within the while", () => {
    const { state } = recorded({}, 0, finding(3, 1000));
    expect(state.told).toEqual({ at: 1000, score: 3 });
    expect(recorded(state, 0, finding(3.5, 2000)).kept).toEqual([]);
    expect(recorded(state, 0, finding(3.5, 2800)).kept).toHaveLength(1);
    expect(recorded(state, 0, finding(4, 1500)).kept).toHaveLength(1);
  });

  it("is told silently while it is muted", () => {
    const muted = { mutedUntil: 100 };
    const aloud = (now: number) => isToldAloud({ score: 9, kind: "SPIKE" }, muted, { now, notifyScore: 4 });
    expect([aloud(99), aloud(100)]).toEqual([false, true]);
  });

  it("is forgotten once it means nothing", () => {
    const states = {
      told: { told: { at: 0, score: 3 } },
      taught: taughtOnce({}, 0),
      muted: { mutedUntil: 5000 },
      nothing: {},
    };
    const when = (now: number) => Object.keys(stillMeaning(states, { now, refractory: 1800 }));
    expect([when(100), when(2000), when(6000)]).toEqual([["told", "taught", "muted"], ["taught", "muted"], ["taught"]]);
  });

  it("is bounded: what people said goes last", () => {
    const states = Object.fromEntries(
      Array.from({ length: 3000 }, (_, index) => [`s${index}`, { told: { at: index, score: 3 } }]),
    );
    const kept = stillMeaning({ first: { mutedUntil: 9e9 }, ...states }, { now: 3000, refractory: 9000 });
    expect(Object.keys(kept)).toHaveLength(2000);
    expect([kept["first"], kept["s2999"], kept["s0"]]).toEqual([expect.anything(), expect.anything(), undefined]);
  });
});
