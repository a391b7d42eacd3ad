import { z } from "zod";
import { flag, listOf, metadata, text, time } from "./metadata.ts";

const Result = z.object({ driver: z.string(), pool: z.string(), device: z.string(), adminAccess: flag });
const Allocation = z.object({
  allocationTimestamp: time,
  devices: z.object({ results: listOf(Result) }).nullish(),
});
const Consumer = z.object({ apiGroup: text, resource: z.string(), name: z.string() });

/** Who asked for devices, which ones were given out for that, and to whom; of v1, v1beta2 and v1beta1, which agree in this. */
export const ResourceClaimObject = z
  .object({
    metadata: z.object(metadata),
    status: z.object({ allocation: Allocation.nullish(), reservedFor: listOf(Consumer) }).nullish(),
  })
  .transform(({ metadata: { creationTimestamp, ...identity }, status }) => ({
    ...identity,
    createdAt: creationTimestamp,
    allocatedAt: status?.allocation?.allocationTimestamp ?? null,
    devices: status?.allocation?.devices?.results ?? [],
    /** The pods that may use it now. */
    pods: (status?.reservedFor ?? [])
      .filter(({ apiGroup, resource }) => apiGroup === null && resource === "pods")
      .map(({ name }) => name),
  }));
export type ResourceClaimObject = z.output<typeof ResourceClaimObject>;
