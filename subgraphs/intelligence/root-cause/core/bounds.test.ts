import { expect, it } from "vitest";
import { bounded, MOST } from "./bounds.ts";
import type { Case, LogLine } from "./model.ts";

const entity = { kind: "POD", namespace: "shop", name: "pay" } as const;
const ONSET = 1_000_000;
const asked: Case = {
  onset: ONSET,
  windowSeconds: 60,
  history: [{ start: 0, end: ONSET }],
  metrics: [],
  logs: [],
  spans: [],
  events: [],
  alerts: [],
  changes: [],
  topology: [],
  gaps: [],
};
const line = (time: number): LogLine => ({ entity, time, level: null, message: `${time}` });

it("leaves out what came after the window, and what has no time", () => {
  const logs = [line(ONSET + 60_000), line(ONSET + 59_999), line(Number.NaN), line(5)];
  expect(bounded({ ...asked, logs }).asked.logs.map(({ time }) => time)).toEqual([5, ONSET + 59_999]);
});

it("keeps the latest lines, and remembers since when they are known", () => {
  const logs = Array.from({ length: MOST.logs + 10 }, (_, at) => line(at));
  const cut = bounded({ ...asked, logs, logRanges: [{ start: 3, end: ONSET }] });
  expect(cut.asked.logs.length).toBe(MOST.logs);
  expect(cut.asked.logRanges).toEqual([{ start: 10, end: ONSET }]);
  expect(cut.cuts).toEqual([`Of ${MOST.logs + 10} logs, the latest ${MOST.logs} were looked at.`]);
});

it("changes nothing of what is not too much", () => {
  expect(bounded({ ...asked, logs: [line(1)] })).toMatchObject({ cuts: [], asked: { logRanges: null } });
});
