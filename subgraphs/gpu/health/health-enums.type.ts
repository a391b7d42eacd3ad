import { registerEnumType } from "../../shared/kernel/graphql.ts";
import type { HealthKind } from "./signal.detector.ts";

export const GPUHealthStatus = { OK: "OK", WARNING: "WARNING", CRITICAL: "CRITICAL", UNKNOWN: "UNKNOWN" } as const;
export type GPUHealthStatus = (typeof GPUHealthStatus)[keyof typeof GPUHealthStatus];
registerEnumType(GPUHealthStatus, {
  name: "GPUHealthStatus",
  description: "How well a GPU is.",
  valuesConfig: {
    OK: { description: "Its exporter tells of no trouble that anybody has to act on." },
    WARNING: { description: "Somebody has to look after it soon." },
    CRITICAL: { description: "Somebody has to look after it now." },
    UNKNOWN: { description: "Nobody tells of its health." },
  },
});

export const GPUHealthKind: { readonly [Kind in HealthKind]: Kind } = {
  XID: "XID",
  ECC: "ECC",
  ROW_REMAP: "ROW_REMAP",
  NVLINK: "NVLINK",
  THROTTLE: "THROTTLE",
  MISSING: "MISSING",
};
export type GPUHealthKind = HealthKind;
registerEnumType(GPUHealthKind, {
  name: "GPUHealthKind",
  description: "What kind of trouble a GPU has.",
  valuesConfig: {
    XID: {
      description: "An error that NVIDIA's driver told of; the code is the XID, which is a category and no quantity.",
    },
    ECC: { description: "Errors in its memory." },
    ROW_REMAP: { description: "Rows of its memory that were replaced, or could not be." },
    NVLINK: { description: "Errors on its links to other GPUs." },
    THROTTLE: { description: "It is slowed down, by heat or for want of power." },
    MISSING: { description: "Its node should have it, and nobody sees it: it may have fallen off the bus." },
  },
});
