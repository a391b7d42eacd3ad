import { z } from "zod";
import { CodedError } from "../../kernel/errors.ts";
import type { KubernetesClient } from "./client.ts";
import type { KubernetesObject } from "./objects/metadata.ts";
import { type Resource, resourcePath, type Scope } from "./resource.ts";

export const MAX_OBJECTS = 10_000;
const PER_PAGE = 500;

export interface Listing<T> {
  objects: T[];
  /** Where a watch goes on from. */
  resourceVersion: string;
}

/** A list's page, of objects as `item` decodes them. */
export const pageOf = <T extends KubernetesObject>(item: z.ZodType<T>) =>
  z.object({
    metadata: z.object({
      resourceVersion: z.string(),
      continue: z.string().nullish(),
      remainingItemCount: z.number().nullish(),
    }),
    items: z.array(item).nullable(),
  });

/**
 * Every object of a kind, read by the API's own pages.
 * @throws LIMIT_EXCEEDED where there are more than 10,000, at the first page that tells.
 */
export async function listAll<T extends KubernetesObject>(
  client: KubernetesClient,
  resource: Resource<T>,
  scope: Scope,
  signal: AbortSignal,
): Promise<Listing<T>> {
  try {
    return await readPages(client, resource, scope, signal, PER_PAGE);
  } catch (error) {
    // The pages were read too slowly for the server to keep them of one moment: one large answer cannot expire half-way.
    if (!isGone(error)) throw error;
    return await readPages(client, resource, scope, signal, MAX_OBJECTS);
  }
}

/** Whether the API server says that it no longer has this resource version (410). */
export const isGone = (error: unknown): boolean => error instanceof CodedError && error.details?.["status"] === 410;

async function readPages<T extends KubernetesObject>(
  client: KubernetesClient,
  resource: Resource<T>,
  scope: Scope,
  signal: AbortSignal,
  limit: number,
): Promise<Listing<T>> {
  const schema = pageOf(resource.schema);
  const objects: T[] = [];
  let next: string | null | undefined;
  for (;;) {
    const path = resourcePath(resource, scope, { limit: String(limit), ...(next ? { continue: next } : {}) });
    const { metadata, items }: z.output<typeof schema> = await client.read(schema, path, { signal });
    objects.push(...(items ?? []));
    next = metadata.continue;
    const known = objects.length + (next ? (metadata.remainingItemCount ?? 1) : 0);
    if (known > MAX_OBJECTS) throw tooMany(resource.plural);
    if (!next) return { objects, resourceVersion: metadata.resourceVersion };
  }
}

const tooMany = (plural: string): CodedError =>
  new CodedError("LIMIT_EXCEEDED", `The cluster has more than ${MAX_OBJECTS} ${plural} to list.`, {
    limit: MAX_OBJECTS,
  });
