import { registerEnumType } from "../../shared/kernel/graphql.ts";
import type { HealthSource } from "./health.detector.ts";
import type { HealthKind } from "./vendor-signal.plan.ts";

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

export const GPUHealthSource: { readonly [Source in HealthSource]: Source } = {
  EXPORTER: "EXPORTER",
  KERNEL_LOG: "KERNEL_LOG",
  INVENTORY: "INVENTORY",
};
export type GPUHealthSource = HealthSource;
registerEnumType(GPUHealthSource, {
  name: "GPUHealthSource",
  description: "Who told of a GPU's trouble.",
  valuesConfig: {
    EXPORTER: { description: "Its exporter." },
    KERNEL_LOG: { description: "The log of its node's kernel, and no exporter." },
    INVENTORY: { description: "What its node should have, against what is seen." },
  },
});

export const GPUHealthKind: { readonly [Kind in HealthKind]: Kind } = {
  XID: "XID",
  ECC: "ECC",
  ROW_REMAP: "ROW_REMAP",
  NVLINK: "NVLINK",
  LINK: "LINK",
  PCIE: "PCIE",
  THROTTLE: "THROTTLE",
  UNHEALTHY: "UNHEALTHY",
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
    LINK: { description: "Errors on its links to other accelerators that are no NVLinks: AMD's XGMI, Gaudi's ports." },
    PCIE: { description: "Errors on the bus to its node." },
    THROTTLE: { description: "It is slowed down, by heat or for want of power." },
    UNHEALTHY: { description: "Its exporter calls it unhealthy, and tells no more." },
    MISSING: { description: "Its node should have it, and nobody sees it: it may have fallen off the bus." },
  },
});
