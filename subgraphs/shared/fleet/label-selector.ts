import type { Prisma } from "../../../prisma/generated/client.ts";
import { parseLabelSelector } from "../upstreams/kubernetes/label-selector.ts";

/** A label set as the array that selectors run on: every label as "key" and as "key=value". */
export const labelPairs = (labels: Readonly<Record<string, string>>): string[] =>
  Object.entries(labels).flatMap(([key, value]) => [key, `${key}=${value}`]);

/**
 * A Kubernetes label selector (`a=b, a!=b, a in (b,c), a notin (b,c), a, !a`) as a filter on `labelPairs`. As in Kubernetes,
 * != and notin also select what lacks the key.
 * @throws INVALID_LABEL_SELECTOR naming the part that is wrong.
 */
export function labelSelectorWhere(selector: string): Prisma.ClusterWhereInput[] {
  return parseLabelSelector(selector).map(({ key, test, values, negated }) => {
    const pairs = values.map((value) => `${key}=${value}`);
    const where = {
      labelPairs: { exists: { has: key }, equals: { has: pairs[0] ?? key }, in: { hasSome: pairs } }[test],
    };
    return negated ? { NOT: where } : where;
  });
}
