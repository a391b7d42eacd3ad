import type { z } from "zod";
import type { KubernetesClient } from "./client.ts";
import { isGone, pageOf } from "./list.ts";
import type { KubernetesObject } from "./objects/metadata.ts";
import { PartialObject } from "./objects/partial.ts";
import { type Resource, resourcePath, type Scope } from "./resource.ts";

const PER_PAGE = 500;
/** Servers too old to know the first answer with the second, which has the metadata as well. */
const METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

/** Some objects of a kind, and whether these are all. */
export interface Sample<T> {
  objects: T[];
  complete: boolean;
}

export interface SampleOptions {
  /** At most so many are read. */
  most: number;
  signal: AbortSignal;
}

/** The first objects of a kind, read by the API's own pages: all, where there are not more than `most`. */
export const firstObjects = <T extends KubernetesObject>(
  client: KubernetesClient,
  resource: Resource<T>,
  scope: Scope,
  options: SampleOptions,
): Promise<Sample<T>> => read(client, resource, scope, options);

/** As `firstObjects`, of their metadata alone: a fraction of the bytes. */
export const firstMetadata = (
  client: KubernetesClient,
  { plural, groupVersion }: Pick<Resource<KubernetesObject>, "plural" | "groupVersion">,
  scope: Scope,
  options: SampleOptions,
): Promise<Sample<PartialObject>> => {
  const resource = { plural, schema: PartialObject, ...(groupVersion ? { groupVersion } : {}) };
  return read(client, resource, scope, options, METADATA_ONLY);
};

async function read<T extends KubernetesObject>(
  client: KubernetesClient,
  resource: Resource<T>,
  scope: Scope,
  { most, signal }: SampleOptions,
  accept?: string,
): Promise<Sample<T>> {
  const schema = pageOf(resource.schema);
  const objects: T[] = [];
  let next = "";
  do {
    const limit = String(Math.min(PER_PAGE, most - objects.length));
    const path = resourcePath(resource, scope, { limit, ...(next ? { continue: next } : {}) });
    let page: z.output<typeof schema>;
    try {
      page = await client.read(schema, path, { signal, ...(accept ? { accept } : {}) });
    } catch (error) {
      // The pages were read too slowly for the server to keep them of one moment: what was read stands.
      if (next && isGone(error)) return { objects, complete: false };
      throw error;
    }
    objects.push(...(page.items ?? []));
    next = page.metadata.continue ?? "";
  } while (next && objects.length < most);
  return { objects, complete: !next };
}
