import { type State, type Told, told, VENDOR_COUNTERS, VENDOR_STATES } from "./vendor-signal.plan.ts";

/** A trouble that a device shows now. */
export interface Finding extends Told {
  /**
   * What its count means: of XIDs within the exporter's latest minutes, of errors since the driver was loaded; a state has none.
   */
  counts: "WINDOW" | "TOTAL" | null;
  count: number | null;
}

export const XID_GAUGE = "DCGM_FI_DEV_XID_ERRORS";
export const XID_COUNT = "DCGM_EXP_XID_ERRORS_COUNT";

const DCGM_COUNTERS: Readonly<Record<string, Told>> = {
  DCGM_FI_DEV_ECC_DBE_VOL_TOTAL: told("ECC", "UNCORRECTABLE", "CRITICAL", "Memory errors that could not be corrected."),
  DCGM_FI_DEV_ECC_SBE_VOL_TOTAL: told("ECC", "CORRECTABLE", "INFO", "Memory errors that were corrected."),
  DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS: told(
    "ROW_REMAP",
    "UNCORRECTABLE",
    "WARNING",
    "Rows of memory were replaced after errors that could not be corrected.",
  ),
  DCGM_FI_DEV_CORRECTABLE_REMAPPED_ROWS: told(
    "ROW_REMAP",
    "CORRECTABLE",
    "INFO",
    "Rows of memory were replaced after errors that were corrected.",
  ),
  DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL: told("NVLINK", "CRC_FLIT", "WARNING", "NVLink flow-control errors."),
  DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_TOTAL: told("NVLINK", "CRC_DATA", "WARNING", "NVLink data errors."),
  DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_TOTAL: told("NVLINK", "REPLAY", "WARNING", "NVLink had to send again."),
  DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_TOTAL: told("NVLINK", "RECOVERY", "CRITICAL", "NVLink had to start anew."),
};

const DCGM_STATES: Readonly<Record<string, State>> = {
  DCGM_FI_DEV_ROW_REMAP_FAILURE: told("ROW_REMAP", "FAILURE", "CRITICAL", "A row of memory could not be replaced."),
  DCGM_FI_DEV_ROW_REMAP_PENDING: told(
    "ROW_REMAP",
    "PENDING",
    "WARNING",
    "Rows of memory are replaced at its next reset.",
  ),
};

/** NVML's bits. Being idle, or at the limits that somebody set, is no trouble, and not among them. */
const THROTTLES: readonly (Told & { bit: number })[] = [
  {
    bit: 0x08,
    ...told("THROTTLE", "HW_SLOWDOWN", "WARNING", "Its hardware slows it down: heat, or a brake on power."),
  },
  { bit: 0x20, ...told("THROTTLE", "SW_THERMAL", "WARNING", "Its driver slows it down, since it is too hot.") },
  { bit: 0x40, ...told("THROTTLE", "HW_THERMAL", "CRITICAL", "Its hardware slows it down, since it is far too hot.") },
  { bit: 0x80, ...told("THROTTLE", "HW_POWER_BRAKE", "WARNING", "Its hardware slows it down: power is short.") },
];
const REASONS = ["DCGM_FI_DEV_CLOCK_THROTTLE_REASONS", "DCGM_FI_DEV_CLOCKS_EVENT_REASONS"];

/** What dcgm-exporter tells of each device for its health. */
export const SIGNALS: readonly string[] = [
  XID_GAUGE,
  XID_COUNT,
  ...Object.keys(DCGM_COUNTERS),
  ...Object.keys(DCGM_STATES),
  ...REASONS,
];

const COUNTERS = { ...DCGM_COUNTERS, ...VENDOR_COUNTERS };
const STATES: Readonly<Record<string, State>> = { ...DCGM_STATES, ...VENDOR_STATES };

const XIDS: Readonly<Record<string, string>> = {
  13: "a program broke a rule of the graphics engine",
  31: "a program used memory that it does not have",
  43: "a program was stopped",
  45: "a program was ended, most often after another error",
  48: "a memory error that could not be corrected",
  62: "its own processor halted",
  63: "a row of memory was replaced",
  64: "a row of memory could not be replaced",
  74: "an NVLink error",
  79: "the GPU has fallen off the bus",
  92: "many memory errors were corrected",
  94: "a memory error that one program paid for",
  95: "a memory error that all its programs paid for",
  119: "its system processor does not answer",
  120: "its system processor failed",
  154: "what it takes to recover has changed",
};
/** Those that want the device reset, or its node restarted. */
const FATAL: ReadonlySet<string> = new Set(["48", "62", "64", "74", "79", "95", "119", "120"]);
/** From here on, DCGM means that it does not know. */
const BLANK = 2_147_483_632;

const isCount = (value: number | undefined): value is number => value !== undefined && value > 0 && value < BLANK;

/** The XIDs of one device's signals: what the gauge shows last, which two that are alike leave as it is, and what is counted. */
function xids(signals: Readonly<Record<string, number>>): Finding[] {
  const counted = new Map<string, number>();
  for (const [name, value] of Object.entries(signals)) {
    if (name.startsWith(`${XID_COUNT}/`) && isCount(value)) counted.set(name.slice(XID_COUNT.length + 1), value);
  }
  const last = signals[XID_GAUGE];
  const codes = new Set([...(isCount(last) ? [String(last)] : []), ...counted.keys()]);
  return [...codes].map((code) => ({ ...xid(code), counts: "WINDOW", count: counted.get(code) ?? 0 }));
}

/** What an XID means, whoever tells it. */
export const xid = (code: string): Told =>
  told("XID", code, FATAL.has(code) ? "CRITICAL" : "WARNING", `XID ${code}: ${XIDS[code] ?? "see NVIDIA's list"}.`);

/** Whether the exporter counts this device's XIDs: then nobody else has to. */
export const countsXids = (signals: Readonly<Record<string, number>>): boolean =>
  Object.keys(signals).some((name) => name.startsWith(`${XID_COUNT}/`));

/** The states that hold now. Of what a device has several of, each is a state of its own. */
function states(signals: Readonly<Record<string, number>>): Told[] {
  return Object.entries(signals).flatMap(([name, value]): Told[] => {
    const [base = "", part] = name.split("/");
    const state = Object.hasOwn(STATES, base) ? STATES[base] : undefined;
    if (!state || !(state.atZero ? value === 0 : isCount(value))) return [];
    const { kind, code, severity, message } = state;
    return [
      part ? told(kind, `${code}_${part}`, severity, `${message} (${part})`) : told(kind, code, severity, message),
    ];
  });
}

/** What one device's signals tell. */
export function findingsOf(signals: Readonly<Record<string, number>>): Finding[] {
  const counters = Object.entries(COUNTERS).flatMap(([name, each]): Finding[] => {
    const count = signals[name];
    return isCount(count) ? [{ ...each, counts: "TOTAL", count }] : [];
  });
  const bits = REASONS.map((name) => signals[name]).find((value) => value !== undefined) ?? 0;
  const throttles = isCount(bits) ? THROTTLES.filter(({ bit }) => (bits & bit) !== 0) : [];
  const standing = [...states(signals), ...throttles].map(
    ({ kind, code, severity, message }): Finding => ({ kind, code, severity, message, counts: null, count: null }),
  );
  return [...xids(signals), ...counters, ...standing];
}
