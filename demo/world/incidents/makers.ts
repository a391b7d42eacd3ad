import type { IncidentKind } from "../../incidents.ts";
import { certificateExpiry } from "./certificate-expiry.ts";
import { deploymentErrorLoop } from "./deployment-error-loop.ts";
import type { Maker } from "./effect.ts";
import { gpuXidStorm } from "./gpu-xid-storm.ts";
import { memoryLeak } from "./memory-leak.ts";
import { networkDelay } from "./network-delay.ts";
import { nodePressure } from "./node-pressure.ts";
import { noisyNeighbour } from "./noisy-neighbour.ts";

export const MAKERS: Readonly<Record<IncidentKind, Maker>> = {
  "deployment-error-loop": deploymentErrorLoop,
  "memory-leak": memoryLeak,
  "noisy-neighbour": noisyNeighbour,
  "network-delay": networkDelay,
  "gpu-xid-storm": gpuXidStorm,
  "certificate-expiry": certificateExpiry,
  "node-pressure": nodePressure,
};
