import { z } from "zod";
import { listOf, metadata, text } from "./metadata.ts";

const Backend = z.object({ service: z.object({ name: text }).nullish() }).nullish();
const Path = z.object({ path: text, backend: Backend });
const Rule = z.object({ host: text, http: z.object({ paths: listOf(Path) }).nullish() });

/** An Ingress, as the services that it leads to: one entry for each host and path. */
export const IngressObject = z
  .object({
    metadata: z.object(metadata),
    spec: z.object({ rules: listOf(Rule), tls: listOf(z.object({ hosts: listOf(z.string()) })) }).nullish(),
  })
  .transform(({ metadata, spec }) => {
    const secure = new Set(spec?.tls.flatMap(({ hosts }) => hosts));
    const backends = (spec?.rules ?? []).flatMap(({ host, http }) =>
      (http?.paths ?? []).flatMap(({ path, backend }) => {
        const service = backend?.service?.name;
        return host && service ? [{ host, path: path ?? "/", service, tls: secure.has(host) }] : [];
      }),
    );
    return { ...metadata, backends };
  });
export type IngressObject = z.output<typeof IngressObject>;
