import type { LoggedTrouble } from "./logged-xid.detector.ts";
import { countsXids, type Finding, findingsOf, xid } from "./signal.detector.ts";

/** An event that stands, as it is kept. */
export interface KnownEvent extends Pick<Finding, "kind" | "code" | "severity" | "message"> {
  id: string;
  nodeName: string;
  device: string;
  occurrences: number;
  lastCount: number | null;
  firstSeenAt: Date;
  lastSeenAt: Date;
}

/** What one look at a cluster told. */
export interface Look {
  seen: readonly SeenDevice[];
  /** Devices that should be there and are not. */
  missing: readonly Omit<SeenDevice, "signals">[];
  /** Nodes of which is known how many devices they should have. */
  judged: ReadonlySet<string>;
  /** What the kernels' log told since the last look; null where it was not read. */
  logged?: readonly LoggedTrouble[] | null;
  /** XIDs that were over lately: what the log tells of them late is no new one. */
  over?: readonly OverXid[];
}

/** An XID that ended. */
export type OverXid = Pick<KnownEvent, "kind" | "code" | "device" | "lastSeenAt"> & { clearedAt: Date };

export interface SeenDevice {
  node: string;
  /** Its UUID, or its node and its place there. */
  device: string;
  signals: Readonly<Record<string, number>>;
}

export type BegunEvent = Omit<KnownEvent, "id">;
/** An event as it is now. */
export interface ChangedEvent extends KnownEvent {
  clearedAt: Date | null;
  /** Whether the same happened once more. */
  recurred: boolean;
}

export interface HealthChanges {
  begun: BegunEvent[];
  changed: ChangedEvent[];
}

/** A state that comes and goes is one event, as long as it does not stay away for longer. */
const HOLD_MS = 5 * 60_000;
/** That a state still stands is written no more often. */
const REFRESH_MS = 60_000;
/** A device that nobody tells of any more is not coming back with its old trouble. */
const GONE_MS = 24 * 3_600_000;
/** What the kernel's log tells has no end: it is over when it has not been written for so long. */
const LOGGED_MS = 3_600_000;
/** What two sources tell within these minutes is one. */
const SAME_MS = 5 * 60_000;
const MOST_OCCURRENCES = 2 ** 31 - 1;

/**
 * What has begun, gone on and ended since the last look. What nobody tells of goes on: of a device that is not seen, nobody knows
 * whether its trouble is over.
 */
export function detect(known: readonly KnownEvent[], look: Look, now: Date): HealthChanges {
  const { seen, missing, judged, logged = null, over = [] } = look;
  const standing = new Map(known.map((event) => [keyOf(event), event]));
  const present = new Map(
    [...seen.flatMap(troubles), ...missing.map(absence)].map((trouble) => [keyOf(trouble), trouble]),
  );
  const bySignal = new Map(seen.map((each) => [each.device, each]));
  const inLog = new Map((logged ?? []).map((trouble) => [keyOf({ kind: "XID", ...trouble }), trouble]));
  const begun = [...present].filter(([key]) => !standing.has(key)).map(([, trouble]) => begin(trouble, now));
  const ended = new Map(over.map((event) => [keyOf(event), event]));
  for (const [key, trouble] of inLog) {
    const news = standing.has(key) || present.has(key) ? null : beginLogged(trouble, ended.get(key));
    if (news) begun.push(news);
  }
  const changed = known.flatMap((event): ChangedEvent[] => {
    const trouble = present.get(keyOf(event));
    const device = bySignal.get(event.device);
    const told = inLog.get(keyOf(event));
    const again = told && goOnLogged(event, told, device?.signals);
    const next = trouble ? (goOn(event, trouble.finding, now) ?? again) : again;
    if (trouble || next) return next ? [next] : [];
    return isOver(event, { device, judged, logged: logged !== null }, now)
      ? [{ ...event, clearedAt: now, recurred: false }]
      : [];
  });
  return { begun, changed };
}

interface Trouble extends Pick<KnownEvent, "nodeName" | "device" | "kind" | "code"> {
  finding: Finding;
}

const keyOf = ({ device, kind, code }: Pick<KnownEvent, "device" | "kind" | "code">): string =>
  `${kind} ${code} ${device}`;

const troubles = ({ node, device, signals }: SeenDevice): Trouble[] =>
  findingsOf(signals).map((finding) => ({
    nodeName: node,
    device,
    kind: finding.kind,
    code: finding.code,
    finding,
  }));

const MISSING: Finding = {
  kind: "MISSING",
  code: "NOT_SEEN",
  severity: "CRITICAL",
  message: "The node should have it, and nobody sees it any more.",
  counts: null,
  count: null,
};
const absence = ({ node, device }: Omit<SeenDevice, "signals">): Trouble => ({
  nodeName: node,
  device,
  kind: MISSING.kind,
  code: MISSING.code,
  finding: MISSING,
});

function begin({ nodeName, device, finding }: Trouble, now: Date): BegunEvent {
  const { kind, code, severity, message, count } = finding;
  // The gauge may show an XID before it is counted: that count is of the same one.
  const counted = count === null ? null : Math.min(MOST_OCCURRENCES, Math.max(1, count));
  return {
    nodeName,
    device,
    kind,
    code,
    severity,
    message,
    occurrences: counted ?? 1,
    lastCount: counted,
    firstSeenAt: now,
    lastSeenAt: now,
  };
}

/** Null where there is nothing new to it. */
function goOn(event: KnownEvent, { counts, count }: Finding, now: Date): ChangedEvent | null {
  const same = { ...event, clearedAt: null, recurred: false };
  // The log told it first; from now on the exporter does.
  if (isLogged(event)) {
    const told = Math.max(1, count ?? 1);
    return { ...same, lastCount: told, occurrences: Math.max(event.occurrences, told), lastSeenAt: now };
  }
  if (counts === null || count === null) {
    return now.getTime() - event.lastSeenAt.getTime() >= REFRESH_MS ? { ...same, lastSeenAt: now } : null;
  }
  const before = event.lastCount ?? 0;
  if (count === before) return null;
  // A total falls only when it begins anew, and what it has come to since is new; of latest minutes the oldest drop out.
  const grown = count > before ? count - before : counts === "TOTAL" ? count : 0;
  if (grown === 0) return { ...same, lastCount: count };
  const occurrences = Math.min(MOST_OCCURRENCES, event.occurrences + grown);
  return { ...same, occurrences, lastCount: count, lastSeenAt: now, recurred: true };
}

/** Whether only the kernel's log tells of it: what exporters tell of XIDs is counted, at least as 0. */
export const isLogged = ({ kind, lastCount }: Pick<KnownEvent, "kind" | "lastCount">): boolean =>
  kind === "XID" && lastCount === null;

/** Who told of it. */
export type HealthSource = "EXPORTER" | "KERNEL_LOG" | "INVENTORY";
export const sourceOf = (event: Pick<KnownEvent, "kind" | "lastCount">): HealthSource =>
  event.kind === "MISSING" ? "INVENTORY" : isLogged(event) ? "KERNEL_LOG" : "EXPORTER";

const timesAfter = ({ times }: LoggedTrouble, ms: number): Date[] => times.filter((time) => time.getTime() > ms);

/** Null where all that is logged belongs to one that is over. */
function beginLogged(trouble: LoggedTrouble, ended: OverXid | undefined): BegunEvent | null {
  const since = ended ? Math.max(ended.clearedAt.getTime(), ended.lastSeenAt.getTime() + SAME_MS) : 0;
  const times = timesAfter(trouble, since);
  const [first] = times;
  const last = times.at(-1);
  if (!first || !last) return null;
  const { kind, code, severity, message } = xid(trouble.code);
  return {
    nodeName: trouble.node,
    device: trouble.device,
    kind,
    code,
    severity,
    message: trouble.process === null ? message : `${message} It was told with ${trouble.process}.`,
    occurrences: Math.min(MOST_OCCURRENCES, times.length),
    lastCount: null,
    firstSeenAt: first,
    lastSeenAt: last,
  };
}

/** What the log adds to one that stands: nothing, where the exporter tells it too and counts. */
function goOnLogged(
  event: KnownEvent,
  trouble: LoggedTrouble,
  signals: SeenDevice["signals"] | undefined,
): ChangedEvent | null {
  if (!isLogged(event) && signals && countsXids(signals)) return null;
  const times = timesAfter(trouble, event.lastSeenAt.getTime() + (isLogged(event) ? 0 : SAME_MS));
  const last = times.at(-1);
  if (!last) return null;
  const occurrences = Math.min(MOST_OCCURRENCES, event.occurrences + times.length);
  return { ...event, occurrences, lastSeenAt: last, clearedAt: null, recurred: true };
}

function isOver(
  event: KnownEvent,
  { device, judged, logged }: { device: SeenDevice | undefined; judged: ReadonlySet<string>; logged: boolean },
  now: Date,
): boolean {
  const { kind, nodeName, lastSeenAt } = event;
  const age = now.getTime() - lastSeenAt.getTime();
  // Where the log is not read, nobody knows.
  if (isLogged(event)) return age > (logged ? LOGGED_MS : GONE_MS);
  if (kind === "MISSING") return device !== undefined || judged.has(nodeName) || age > GONE_MS;
  if (!device) return age > GONE_MS && judged.has(nodeName);
  if (Object.keys(device.signals).length === 0) return false;
  return kind !== "THROTTLE" || age > HOLD_MS;
}
