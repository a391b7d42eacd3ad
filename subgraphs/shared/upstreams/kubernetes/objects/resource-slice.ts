import { z } from "zod";
import { listOf, metadata, text } from "./metadata.ts";

/** Text attributes by name; those of another kind say nothing of what a device is. */
const attributes = z
  .record(z.string(), z.object({ string: text }))
  .nullish()
  .transform((all) =>
    Object.fromEntries(Object.entries(all ?? {}).flatMap(([name, { string }]) => (string ? [[name, string]] : []))),
  );

/** v1beta1 has a device's attributes one level deeper. */
const Device = z
  .object({ name: z.string(), attributes, basic: z.object({ attributes }).nullish() })
  .transform(({ name, attributes, basic }) => ({ name, attributes: { ...basic?.attributes, ...attributes } }));

/** Part of what a driver of dynamic resource allocation offers in a pool of devices; of v1, v1beta2 and v1beta1. */
export const ResourceSliceObject = z
  .object({
    metadata: z.object(metadata),
    spec: z.object({
      driver: z.string(),
      nodeName: text,
      pool: z.object({ name: z.string(), generation: z.number(), resourceSliceCount: z.number() }),
      devices: listOf(Device),
    }),
  })
  .transform(({ metadata, spec }) => ({ ...metadata, ...spec }));
export type ResourceSliceObject = z.output<typeof ResourceSliceObject>;
