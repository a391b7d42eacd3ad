import type { Prisma } from "../../../prisma/generated/client.ts";
import type { ClusterType, Environment } from "../../../prisma/generated/enums.ts";
import type { Identity } from "../kernel/auth-context.ts";
import { labelSelectorWhere } from "./label-selector.ts";

/** Which clusters are meant: those that match every given part. Empty means all that the identity may see. */
export interface ClusterSelector {
  ids?: readonly string[] | null | undefined;
  labelSelector?: string | null | undefined;
  environments?: readonly Environment[] | null | undefined;
  regions?: readonly string[] | null | undefined;
  types?: readonly ClusterType[] | null | undefined;
}

/**
 * The one place where "which clusters may this identity see" becomes SQL: its tenant and its scope. Every list, lookup, join and
 * event filter starts from here.
 */
export const visibleWhere = (identity: Identity): Prisma.ClusterWhereInput => ({
  tenantId: identity.tenant,
  AND: identity.scope ? selectorWhere(identity.scope) : [],
});

/** Soft-deleted clusters are no targets, whatever the selector. */
export const livingWhere = (identity: Identity): Prisma.ClusterWhereInput => ({
  ...visibleWhere(identity),
  deletedAt: null,
});

export function selectorWhere(selector: ClusterSelector): Prisma.ClusterWhereInput[] {
  const { ids, labelSelector, environments, regions, types } = selector;
  return [
    ...(ids?.length ? [{ id: { in: [...ids] } }] : []),
    ...(labelSelector ? labelSelectorWhere(labelSelector) : []),
    ...(environments?.length ? [{ environment: { in: [...environments] } }] : []),
    ...(regions?.length ? [{ region: { in: [...regions] } }] : []),
    ...(types?.length ? [{ clusterType: { in: [...types] } }] : []),
  ];
}
