import { z } from "zod";
import { listOf, metadata, text, textMap } from "./metadata.ts";

const Port = z.object({ name: text, port: z.number().int(), protocol: text });
const Ingress = z.object({ ip: text, hostname: text });

export const ServiceObject = z
  .object({
    metadata: z.object({ ...metadata, annotations: textMap }),
    spec: z.object({ type: text, clusterIP: text, ports: listOf(Port) }).nullish(),
    status: z.object({ loadBalancer: z.object({ ingress: listOf(Ingress) }).nullish() }).nullish(),
  })
  .transform(({ metadata, spec, status }) => ({
    ...metadata,
    /** Without an address of its own: it only names its pods. */
    headless: spec?.clusterIP === "None",
    ports: (spec?.ports ?? []).filter(({ protocol }) => protocol === null || protocol === "TCP"),
    /** Where a load balancer makes it reachable from outside. */
    externalHosts: (status?.loadBalancer?.ingress ?? []).flatMap(({ hostname, ip }) => hostname ?? ip ?? []),
  }));
export type ServiceObject = z.output<typeof ServiceObject>;
