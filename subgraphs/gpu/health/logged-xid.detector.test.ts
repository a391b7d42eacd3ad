import { describe, expect, it } from "vitest";
import type { ToldDevice } from "../updates/told.mapper.ts";
import { detect, type HealthChanges, type KnownEvent, type Look, sourceOf } from "./health.detector.ts";
import type { LoggedXid } from "./kernel-log.mapper.ts";
import { type Addressed, type LoggedTrouble, loggedTroubles } from "./logged-xid.detector.ts";

const NOW = new Date("2026-11-23T12:00:00Z");
const later = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000);

describe("the device of an XID in the log", () => {
  const xid = (more: Partial<LoggedXid> = {}): LoggedXid => ({
    node: "gpu-1",
    bus: "0000:3b:00",
    code: "62",
    pid: 9,
    process: "python3",
    at: NOW,
    ...more,
  });
  const seen = (uuid: string, pciBusId: string | null, signals = {}): Addressed => ({
    uuid,
    node: "gpu-1",
    pciBusId,
    signals,
  });
  const devices = (all: Addressed[], xids: LoggedXid[] = [xid()], collection: Record<string, ToldDevice> = {}) =>
    loggedTroubles(xids, all, collection).map(({ node, device }) => `${node} ${device}`);

  it("is the one at its address, in whatever style, and under either form of the node's name", () => {
    const all = [seen("GPU-a", "00000000:1A:00.0"), seen("GPU-b", "00000000:3B:00.0")];
    expect(devices(all)).toEqual(["gpu-1 GPU-b"]);
    expect(devices(all, [xid({ node: "gpu-1.example.com" })])).toEqual(["gpu-1 GPU-b"]);
    expect(devices(all, [xid({ node: "gpu-2" })])).toEqual(["gpu-2 gpu-2/0000:3b:00"]);
  });

  it("is one that was collected there and is gone", () => {
    const gone = { node: "gpu-1", pciBusId: "00000000:3B:00.0", missingSince: NOW.toISOString() } as ToldDevice;
    expect(devices([seen("GPU-a", "00000000:1A:00.0")], [xid()], { "GPU-gone": gone })).toEqual(["gpu-1 GPU-gone"]);
  });

  it("is, without addresses, the only one there or the one that shows the same; else it is its node's", () => {
    expect(devices([seen("GPU-a", null)])).toEqual(["gpu-1 GPU-a"]);
    expect(devices([seen("GPU-a", null), seen("GPU-b", null)])).toEqual(["gpu-1 gpu-1/0000:3b:00"]);
    const shows = seen("GPU-b", null, { DCGM_FI_DEV_XID_ERRORS: 62 });
    expect(devices([seen("GPU-a", null), shows])).toEqual(["gpu-1 GPU-b"]);
  });

  it("has each XID once, with its times and its latest process", () => {
    const xids = [xid(), xid({ at: later(60), pid: 10, process: null }), xid({ code: "31" })];
    expect(loggedTroubles(xids, [seen("GPU-b", "0000:3b:00.0")], {})).toMatchObject([
      { code: "62", times: [NOW, later(60)], process: "process 10" },
      { code: "31", times: [NOW], process: "python3 (process 9)" },
    ]);
  });
});

describe("an XID that the log tells", () => {
  const logged = (code: string, ...seconds: number[]): LoggedTrouble => ({
    node: "gpu-1",
    device: "GPU-a",
    code,
    times: seconds.map(later),
    process: null,
  });
  const look = (signals: Record<string, number>, inLog: LoggedTrouble[] | null, more: Partial<Look> = {}): Look => ({
    seen: [{ node: "gpu-1", device: "GPU-a", signals }],
    missing: [],
    judged: new Set(["gpu-1"]),
    logged: inLog,
    ...more,
  });
  const gauge = (xid: number, counts = {}) => ({ DCGM_FI_DEV_XID_ERRORS: xid, ...counts });

  function looks(...steps: [at: number, look: Look][]) {
    let standing: KnownEvent[] = [];
    const told: HealthChanges[] = [];
    for (const [at, each] of steps) {
      const changes = detect(standing, each, later(at));
      told.push(changes);
      const byId = new Map(changes.changed.map((event) => [event.id, event]));
      standing = [
        ...standing
          .map((event) => byId.get(event.id) ?? event)
          .filter((event) => byId.get(event.id)?.clearedAt == null),
        ...changes.begun.map((event, index) => ({ id: `${at}/${index}`, ...event })),
      ];
    }
    return { standing, told };
  }

  it("alone is an event of the kernel's log, with the lines' own times, and each line counts once", () => {
    const { standing, told } = looks(
      [30, look(gauge(0), [logged("62", 0, 10)])],
      [60, look(gauge(0), [logged("62", 0, 10)])],
      [90, look(gauge(0), [logged("62", 10, 80)])],
    );
    expect(standing).toMatchObject([
      { kind: "XID", code: "62", severity: "CRITICAL", occurrences: 3, firstSeenAt: NOW, lastSeenAt: later(80) },
    ]);
    expect(standing.map(sourceOf)).toEqual(["KERNEL_LOG"]);
    expect(told[1]).toEqual({ begun: [], changed: [] });
  });

  it("is over when it was not written for an hour, and stands while the log cannot be read", () => {
    const { standing } = looks([0, look(gauge(0), [logged("62", 0)])]);
    expect(detect(standing, look(gauge(0), []), later(3590)).changed).toEqual([]);
    expect(detect(standing, look(gauge(0), null), later(7200)).changed).toEqual([]);
    expect(detect(standing, look(gauge(0), []), later(3610)).changed).toMatchObject([{ clearedAt: later(3610) }]);
  });

  it("and the exporter too is one, the exporter's, whoever comes first", () => {
    const counted = gauge(79, { "DCGM_EXP_XID_ERRORS_COUNT/79": 1 });
    const late = looks(
      [0, look(gauge(0), [logged("79", -5)])],
      [30, look(counted, [logged("79", -5)])],
      [60, look(counted, [])],
    );
    expect(late.standing).toMatchObject([{ code: "79", occurrences: 1, lastCount: 1 }]);
    expect(late.standing.map(sourceOf)).toEqual(["EXPORTER"]);
    const early = looks([0, look(counted, [])], [30, look(counted, [logged("79", -5, 10)])]);
    expect(early.standing).toMatchObject([{ occurrences: 1 }]);
  });

  it("again and again is told by the log alone, where the exporter has a gauge and no count", () => {
    const { standing } = looks(
      [0, look(gauge(31), [])],
      [30, look(gauge(31), [logged("31", 5)])],
      [900, look(gauge(31), [logged("31", 890)])],
    );
    // The first is the one that the gauge showed; the second, a quarter of an hour later, is invisible in it.
    expect(standing).toMatchObject([{ code: "31", occurrences: 2, lastSeenAt: later(890) }]);
  });

  it("late, of one that the exporter told and that is over, is no new one", () => {
    const over = [{ kind: "XID" as const, code: "31", device: "GPU-a", lastSeenAt: NOW, clearedAt: later(60) }];
    expect(
      detect([], look(gauge(13), [logged("31", -10, 50)], { over }), later(90)).begun.map(({ code }) => code),
    ).toEqual(["13"]);
    expect(detect([], look(gauge(0), [logged("31", 50, 400)], { over }), later(420)).begun).toMatchObject([
      { code: "31", occurrences: 1, firstSeenAt: later(400) },
    ]);
  });

  it("of a device that fell off the bus goes on, though nobody sees it any more", () => {
    const gone = { seen: [], missing: [{ node: "gpu-1", device: "GPU-a" }] };
    const { standing } = looks([0, look(gauge(0), [logged("79", 0)])], [60, look({}, [logged("79", 0, 50)], gone)]);
    expect(standing.map((event) => [event.kind, event.occurrences, sourceOf(event)])).toEqual([
      ["XID", 2, "KERNEL_LOG"],
      ["MISSING", 1, "INVENTORY"],
    ]);
  });
});
