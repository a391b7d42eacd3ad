import { type Finding, findingsOf } from "./signal.detector.ts";

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
}

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
const MOST_OCCURRENCES = 2 ** 31 - 1;

/**
 * What has begun, gone on and ended since the last look. What nobody tells of goes on: of a device that is not seen, nobody knows
 * whether its trouble is over.
 */
export function detect(known: readonly KnownEvent[], { seen, missing, judged }: Look, now: Date): HealthChanges {
  const standing = new Map(known.map((event) => [keyOf(event), event]));
  const present = new Map(
    [...seen.flatMap(troubles), ...missing.map(absence)].map((trouble) => [keyOf(trouble), trouble]),
  );
  const begun = [...present].filter(([key]) => !standing.has(key)).map(([, trouble]) => begin(trouble, now));
  const bySignal = new Map(seen.map((each) => [each.device, each]));
  const changed = known.flatMap((event): ChangedEvent[] => {
    const trouble = present.get(keyOf(event));
    const next = trouble ? goOn(event, trouble.finding, now) : null;
    if (trouble) return next ? [next] : [];
    return isOver(event, { device: bySignal.get(event.device), judged }, now)
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

function isOver(
  { kind, nodeName, lastSeenAt }: KnownEvent,
  { device, judged }: { device: SeenDevice | undefined; judged: ReadonlySet<string> },
  now: Date,
): boolean {
  const age = now.getTime() - lastSeenAt.getTime();
  if (kind === "MISSING") return device !== undefined || judged.has(nodeName) || age > GONE_MS;
  if (!device) return age > GONE_MS && judged.has(nodeName);
  if (Object.keys(device.signals).length === 0) return false;
  return kind !== "THROTTLE" || age > HOLD_MS;
}
