import type { AlertSeverity } from "../../../prisma/generated/enums.ts";

export type HealthKind =
  | "XID"
  | "ECC"
  | "ROW_REMAP"
  | "NVLINK"
  | "LINK"
  | "PCIE"
  | "THROTTLE"
  | "UNHEALTHY"
  | "MISSING";

/** A trouble, and what to make of it. */
export interface Told {
  kind: HealthKind;
  /** The XID, which counter, or which reason. */
  code: string;
  severity: AlertSeverity;
  message: string;
}

/** What holds while its metric is more than 0; or, of what should be up, while it is 0. */
export interface State extends Told {
  atZero?: true;
}

/** What metrics tell of a device's health: errors since its driver was loaded, and states. */
interface Signals {
  counters: Readonly<Record<string, Told>>;
  states: Readonly<Record<string, State>>;
}

export const told = (kind: HealthKind, code: string, severity: AlertSeverity, message: string): Told => ({
  kind,
  code,
  severity,
  message,
});

const CORRECTABLE = told("ECC", "CORRECTABLE", "INFO", "Memory errors that were corrected.");
const UNCORRECTABLE = told("ECC", "UNCORRECTABLE", "CRITICAL", "Memory errors that could not be corrected.");
const hot = (code: string, what: string, severity: AlertSeverity = "WARNING"): Told =>
  told("THROTTLE", code, severity, `It is slowed down, since ${what} too hot.`);

/**
 * AMD's device-metrics-exporter, by its list of metrics (ROCm/device-metrics-exporter, docs/configuration/metricslist.md). Of
 * violations, only the percentages tell what is so now: what has been added up since boot says nothing of today, and being at a limit
 * of power (PPT) is no trouble.
 */
export const AMD_SIGNALS: Signals = {
  counters: {
    gpu_ecc_correct_total: CORRECTABLE,
    gpu_ecc_uncorrect_total: UNCORRECTABLE,
    gpu_ecc_correct_xgmi_wafl: told("LINK", "XGMI_CORRECTABLE", "INFO", "Errors on its XGMI links were corrected."),
    gpu_ecc_uncorrect_xgmi_wafl: told(
      "LINK",
      "XGMI_UNCORRECTABLE",
      "CRITICAL",
      "Errors on its XGMI links could not be corrected.",
    ),
    pcie_replay_count: told("PCIE", "REPLAY", "INFO", "The bus had to send again."),
    pcie_replay_rollover_count: told(
      "PCIE",
      "REPLAY_ROLLOVER",
      "WARNING",
      "The bus sent again until it had to start anew.",
    ),
  },
  states: {
    gpu_health: { ...told("UNHEALTHY", "EXPORTER", "CRITICAL", "Its exporter calls it unhealthy."), atZero: true },
    gpu_violation_processor_hot_residency_percentage: hot("PROCESSOR_HOT", "the processor is", "CRITICAL"),
    gpu_violation_socket_thermal_residency_percentage: hot("SOCKET_THERMAL", "the socket is"),
    gpu_violation_vr_thermal_residency_percentage: hot("VR_THERMAL", "its voltage regulators are"),
    gpu_violation_hbm_thermal_residency_percentage: hot("HBM_THERMAL", "its memory is"),
  },
};

export const GAUDI_PORTS = "habanalabs_nic_port_status";

/** Intel's exporter for Gaudi, by what it exports (Intel Gaudi "Prometheus Metric Exporter", and its source). */
export const GAUDI_SIGNALS: Signals = {
  counters: {
    habanalabs_pending_rows_with_single_bit_ecc_errors: told(
      "ROW_REMAP",
      "CORRECTABLE",
      "INFO",
      "Rows of memory are to be replaced after errors that were corrected.",
    ),
    habanalabs_pending_rows_with_double_bit_ecc_errors: told(
      "ROW_REMAP",
      "UNCORRECTABLE",
      "WARNING",
      "Rows of memory are to be replaced after errors that could not be corrected.",
    ),
    habanalabs_pcie_replay_count: told("PCIE", "REPLAY", "INFO", "The bus had to send again."),
  },
  states: {
    habanalabs_pending_rows_state: told(
      "ROW_REMAP",
      "PENDING",
      "WARNING",
      "Rows of memory are replaced at its next reset.",
    ),
    [GAUDI_PORTS]: {
      ...told("LINK", "PORT_DOWN", "WARNING", "A port to the other accelerators is down."),
      atZero: true,
    },
  },
};

export const namesIn = ({ counters, states }: Signals): string[] => [...Object.keys(counters), ...Object.keys(states)];

export const VENDOR_COUNTERS = { ...AMD_SIGNALS.counters, ...GAUDI_SIGNALS.counters };
export const VENDOR_STATES = { ...AMD_SIGNALS.states, ...GAUDI_SIGNALS.states };
