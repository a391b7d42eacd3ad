import { z } from "zod";
import { metadata, text } from "./metadata.ts";

/** An OpenShift Route: a host name outside that leads to a service. */
export const RouteObject = z
  .object({
    metadata: z.object(metadata),
    spec: z.object({
      host: text,
      path: text,
      to: z.object({ kind: text, name: text }).nullish(),
      tls: z.object({}).nullish(),
    }),
  })
  .transform(({ metadata, spec }) => ({
    ...metadata,
    host: spec.host,
    path: spec.path ?? "/",
    service: spec.to?.name ?? null,
    tls: Boolean(spec.tls),
  }));
export type RouteObject = z.output<typeof RouteObject>;
