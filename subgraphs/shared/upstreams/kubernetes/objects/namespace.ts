import { z } from "zod";
import { metadata, text } from "./metadata.ts";

export const NamespaceObject = z
  .object({ metadata: z.object(metadata), status: z.object({ phase: text }).nullish() })
  .transform(({ metadata: { creationTimestamp, ...identity }, status }) => ({
    ...identity,
    createdAt: creationTimestamp,
    phase: status?.phase ?? null,
  }));
export type NamespaceObject = z.output<typeof NamespaceObject>;
