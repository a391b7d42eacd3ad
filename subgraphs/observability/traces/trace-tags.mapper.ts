import type { Target } from "../../shared/fleet/directory.ts";
import type { Tag, TagValue } from "../../shared/upstreams/tempo/schema.ts";
import { attribute } from "../../shared/upstreams/traceql/expression.ts";
import type { TraceTag, TraceValue } from "./trace-tags.type.ts";

const INTRINSIC =
  /^(?:duration|name|status|statusMessage|kind|rootName|rootServiceName|traceDuration|(?:trace|span|event|link|instrumentation):\w+)$/;

/** As TraceQL names what somebody calls so: a name that is neither of a scope nor built in is that of an attribute of any. */
export const tagExpression = (tag: string): string => (INTRINSIC.test(tag) ? tag : attribute(tag.replace(/^\./, "")));

/** What one cluster answers. */
export interface Answered<T> {
  target: Pick<Target, "id" | "name">;
  items: readonly T[];
}

/** Each value once, with the clusters that have it, sorted. */
export const mergeValues = (answers: readonly Answered<TagValue>[]): TraceValue[] =>
  merge(answers, ({ value }) => value).map(([key, items]) => ({
    value: key,
    type: items.find(({ item }) => item.type !== null)?.item.type ?? null,
    clusters: items.map(({ id }) => ({ id })),
  }));

/** Each tag once, with the clusters that have it, sorted. */
export const mergeTags = (answers: readonly Answered<Tag>[]): TraceTag[] =>
  merge(answers, nameOf).flatMap(([tag, [first, ...others]]) =>
    first
      ? [
          {
            tag,
            scope: first.item.scope,
            name: first.item.name,
            clusters: [first, ...others].map(({ id }) => ({ id })),
          },
        ]
      : [],
  );

const nameOf = ({ scope, name }: Tag): string =>
  scope === "intrinsic" ? name : attribute(scope === null ? name : `${scope}.${name}`);

function merge<T>(answers: readonly Answered<T>[], keyOf: (item: T) => string): [string, { id: string; item: T }[]][] {
  const merged = new Map<string, Map<string, T>>();
  for (const { target, items } of answers) {
    for (const item of items) {
      const key = keyOf(item);
      const known = merged.get(key) ?? new Map<string, T>();
      merged.set(key, known.set(target.id, item));
    }
  }
  return [...merged]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, items]) => [key, [...items].map(([id, item]) => ({ id, item }))]);
}
