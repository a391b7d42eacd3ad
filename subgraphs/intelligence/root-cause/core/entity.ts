import type { EntityRef } from "./model.ts";

/** Thousands of rows share few of them. */
const keys = new WeakMap<EntityRef, string>();

export function keyOf(entity: EntityRef): string {
  const known = keys.get(entity);
  if (known !== undefined) return known;
  const key = `${entity.kind}/${entity.namespace ?? ""}/${entity.name}`;
  keys.set(entity, key);
  return key;
}

/** A thing in an SRE's words. */
export const nameOf = ({ kind, namespace, name }: EntityRef): string =>
  `${kind.toLowerCase()} ${namespace === null ? name : `${namespace}/${name}`}`;
