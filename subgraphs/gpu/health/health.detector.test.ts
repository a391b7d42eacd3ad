import { describe, expect, it } from "vitest";
import { detect, type HealthChanges, type KnownEvent, type SeenDevice } from "./health.detector.ts";

const NOW = new Date("2026-11-23T12:00:00Z");
const later = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000);

const seen = (signals: Record<string, number>): SeenDevice => ({ node: "gpu-1", device: "GPU-a", signals });
const look = (devices: SeenDevice[], missing: { node: string; device: string }[] = [], judged = ["gpu-1"]) => ({
  seen: devices,
  missing,
  judged: new Set(judged),
});

/** Looks one after the other, each with what the ones before have left. */
function looks(...steps: { at: number; look: ReturnType<typeof look> }[]) {
  let standing: KnownEvent[] = [];
  const told: HealthChanges[] = [];
  for (const { at, look: each } of steps) {
    const changes = detect(standing, each, later(at));
    told.push(changes);
    const byId = new Map(changes.changed.map((event) => [event.id, event]));
    standing = [
      ...standing.map((event) => byId.get(event.id) ?? event).filter((event) => byId.get(event.id)?.clearedAt == null),
      ...changes.begun.map((event, index) => ({ id: `${at}/${index}`, ...event })),
    ];
  }
  return { standing, told };
}

const gauge = (xid: number, counts: Record<string, number> = {}) =>
  look([
    seen({
      DCGM_FI_DEV_XID_ERRORS: xid,
      ...Object.fromEntries(Object.entries(counts).map(([code, n]) => [`DCGM_EXP_XID_ERRORS_COUNT/${code}`, n])),
    }),
  ]);

describe("XIDs", () => {
  it("are one event each, however long the gauge shows the last", () => {
    const { standing, told } = looks(
      { at: 0, look: gauge(79) },
      { at: 30, look: gauge(79) },
      { at: 60, look: gauge(79) },
    );
    expect(standing).toMatchObject([
      { kind: "XID", code: "79", severity: "CRITICAL", occurrences: 1, lastSeenAt: NOW },
    ]);
    expect(told.map(({ begun }) => begun.length)).toEqual([1, 0, 0]);
  });

  it("that are alike and follow each other are told by their count alone", () => {
    // 1, then 3 within the exporter's window, then 1 as it moves on, then 2: at least 1 + 2 + 1.
    const { standing, told } = looks(
      { at: 0, look: gauge(31, { 31: 1 }) },
      { at: 30, look: gauge(31, { 31: 3 }) },
      { at: 60, look: gauge(31, { 31: 1 }) },
      { at: 90, look: gauge(31, { 31: 2 }) },
    );
    expect(standing).toMatchObject([{ occurrences: 4, severity: "WARNING", firstSeenAt: NOW, lastSeenAt: later(90) }]);
    expect(told.map(({ changed }) => changed.map(({ recurred }) => recurred))).toEqual([[], [true], [false], [true]]);
  });

  it("are not counted twice where the gauge is ahead of the count", () => {
    const { standing } = looks({ at: 0, look: gauge(31) }, { at: 30, look: gauge(31, { 31: 1 }) });
    expect(standing).toMatchObject([{ occurrences: 1 }]);
  });

  it("end when the driver tells of another one and none is counted any more, and never as a mean of two", () => {
    const { standing, told } = looks(
      { at: 0, look: gauge(79, { 79: 1 }) },
      { at: 30, look: gauge(13, { 79: 1, 13: 1 }) },
      { at: 60, look: gauge(13, { 13: 1 }) },
    );
    expect(standing.map(({ code }) => code)).toEqual(["13"]);
    expect(told[2]?.changed).toMatchObject([{ code: "79", clearedAt: later(60) }]);
  });
});

describe("errors that are counted", () => {
  const rows = (count: number) => look([seen({ DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS: count })]);

  it("occur as often as they are counted, also from 0 again, and end where none is left", () => {
    const { told, standing } = looks(
      { at: 0, look: rows(3) },
      { at: 30, look: rows(3) },
      { at: 60, look: rows(5) },
      { at: 90, look: rows(1) },
    );
    expect(standing).toMatchObject([
      { kind: "ROW_REMAP", code: "UNCORRECTABLE", occurrences: 6, lastSeenAt: later(90) },
    ]);
    expect(told[1]).toEqual({ begun: [], changed: [] });
    expect(detect(standing, rows(0), later(120)).changed).toMatchObject([{ clearedAt: later(120), occurrences: 6 }]);
  });

  it("are no errors where DCGM does not know", () => {
    expect(detect([], rows(2_147_483_634), NOW).begun).toEqual([]);
  });
});

describe("throttling", () => {
  const reasons = (bits: number) => look([seen({ DCGM_FI_DEV_CLOCK_THROTTLE_REASONS: bits })]);

  it("is what its bits say, and neither idleness nor a limit that somebody set", () => {
    expect(detect([], reasons(0x1 | 0x2 | 0x4), NOW).begun).toEqual([]);
    expect(detect([], reasons(0x4 | 0x8 | 0x40), NOW).begun.map(({ code, severity }) => [code, severity])).toEqual([
      ["HW_SLOWDOWN", "WARNING"],
      ["HW_THERMAL", "CRITICAL"],
    ]);
  });

  it("that pauses for less than five minutes is one event", () => {
    const { told, standing } = looks(
      { at: 0, look: reasons(0x20) },
      { at: 30, look: reasons(0) },
      { at: 120, look: reasons(0x20) },
      { at: 150, look: reasons(0x20) },
      { at: 400, look: reasons(0) },
    );
    expect(told.flatMap(({ begun }) => begun)).toHaveLength(1);
    expect(standing).toMatchObject([{ code: "SW_THERMAL", lastSeenAt: later(120) }]);
    expect(detect(standing, reasons(0), later(421)).changed).toMatchObject([{ clearedAt: later(421) }]);
  });
});

describe("a device that is not there", () => {
  const gone = look([], [{ node: "gpu-1", device: "GPU-a" }]);

  it("is missing until it is seen again; meanwhile nobody knows whether its other trouble is over", () => {
    const { standing, told } = looks({ at: 0, look: gauge(79) }, { at: 30, look: gone }, { at: 60, look: gone });
    expect(standing.map(({ kind }) => kind)).toEqual(["XID", "MISSING"]);
    expect(told[1]?.begun).toMatchObject([{ kind: "MISSING", severity: "CRITICAL", device: "GPU-a", occurrences: 1 }]);
    const back = detect(standing, look([seen({ DCGM_FI_DEV_XID_ERRORS: 0 })]), later(90));
    expect(back.changed.map(({ kind, clearedAt }) => [kind, clearedAt])).toEqual([
      ["XID", later(90)],
      ["MISSING", later(90)],
    ]);
  });

  it("stays so while nobody can say how many the node should have", () => {
    const { standing } = looks({ at: 0, look: gone });
    expect(detect(standing, look([], [], []), later(30)).changed).toEqual([]);
    expect(detect(standing, look([]), later(30)).changed).toMatchObject([{ clearedAt: later(30) }]);
  });
});

it("lets stand what an exporter that tells no signals any more does not contradict", () => {
  const { standing } = looks({ at: 0, look: gauge(79) });
  expect(detect(standing, look([seen({})]), later(30)).changed).toEqual([]);
});
