import { z } from "zod";
import { metadata } from "./metadata.ts";

/** Any object, by its metadata alone. */
export const PartialObject = z.object({ metadata: z.object(metadata) }).transform(({ metadata }) => metadata);
export type PartialObject = z.output<typeof PartialObject>;
