import { z } from "zod";
import type { CallOptions, KubernetesClient } from "./client.ts";

const ApiGroupList = z
  .object({ groups: z.array(z.object({ name: z.string(), versions: z.array(z.object({ version: z.string() })) })) })
  .transform(
    ({ groups }) => new Map(groups.map(({ name, versions }) => [name, versions.map(({ version }) => version)])),
  );

/** The API groups that a server has, each with its versions, the preferred first. */
export type ApiGroups = ReadonlyMap<string, readonly string[]>;

export const readApiGroups = (client: KubernetesClient, options: CallOptions): Promise<ApiGroups> =>
  client.read(ApiGroupList, "/apis", options);
