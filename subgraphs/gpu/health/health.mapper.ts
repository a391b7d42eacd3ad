import type { AlertSeverity } from "../../../prisma/generated/enums.ts";
import type { MergedDevice } from "../nodes/merged.mapper.ts";
import { sourceOf } from "./health.detector.ts";
import type { GPUHealth, GPUHealthEvent } from "./health.type.ts";
import type { HealthEventRow } from "./health-event.repository.ts";
import { findingsOf } from "./signal.detector.ts";
import type { HealthKind } from "./vendor-signal.plan.ts";

export const toHealthEvent = (event: HealthEventRow): GPUHealthEvent => ({
  ...event,
  cluster: { id: event.clusterId },
  node: { clusterId: event.clusterId, name: event.nodeName },
  active: event.clearedAt === null,
  source: sourceOf(event),
});

const WORST_FIRST: readonly AlertSeverity[] = ["CRITICAL", "WARNING", "INFO"];

interface Trouble {
  kind: HealthKind;
  code: string;
  severity: AlertSeverity;
  message: string;
}

/** What a device shows now, and what stands of it. That a corrected error is known is no reason to act, and no trouble of its own. */
export function toHealth(merged: MergedDevice, standing: readonly Trouble[]): GPUHealth {
  const { signals, source } = merged.device;
  // It is seen: whatever was collected last, it is not missing.
  const kept = standing.filter(({ kind }) => kind !== "MISSING");
  const all = new Map([...kept, ...findingsOf(signals)].map((trouble) => [`${trouble.kind} ${trouble.code}`, trouble]));
  const troubles = [...all.values()]
    .filter(({ severity }) => severity !== "INFO")
    .sort((a, b) => WORST_FIRST.indexOf(a.severity) - WORST_FIRST.indexOf(b.severity));
  const [worst] = troubles;
  if (worst) {
    const status = worst.severity === "CRITICAL" ? "CRITICAL" : "WARNING";
    return {
      merged,
      status,
      reasons: troubles.map(({ kind, message }) => (kind === "XID" ? message : `${kind}: ${message}`)),
    };
  }
  if (Object.keys(signals).length > 0) return { merged, status: "OK", reasons: [] };
  const reason = source === "NVIDIA_SMI" ? "No exporter tells of it." : "Its exporter tells nothing of its health.";
  return { merged, status: "UNKNOWN", reasons: [reason] };
}
