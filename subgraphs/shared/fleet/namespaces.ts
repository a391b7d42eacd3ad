import { Prisma } from "../../../prisma/generated/client.ts";
import { asLike, type NamespaceScope } from "../kernel/namespaces.ts";

/** Whether a row is of the namespaces: of none, it is for those alone who see all. */
export const withinSql = (column: Prisma.Sql, scope: NamespaceScope): Prisma.Sql =>
  scope ? Prisma.sql`${column} LIKE ANY(${asLike(scope)}::text[])` : Prisma.sql`true`;

/**
 * Whether what somebody made is for whoever has this scope: what was found within some namespaces, for those who see these and for
 * those who see all. @param made the row's column with its maker's identity
 */
export const madeWithin = (scope: NamespaceScope, made: "identity" | "scope"): object =>
  scope ? { [made]: { path: [...(made === "identity" ? ["scope"] : []), "namespaces"], equals: [...scope] } } : {};

/** `withinSql` for a column `namespace` of Prisma's. */
export const withinWhere = (
  scope: NamespaceScope,
): { OR: { namespace: string | { startsWith: string } }[] } | object =>
  scope
    ? { OR: scope.map((each) => ({ namespace: each.endsWith("*") ? { startsWith: each.slice(0, -1) } : each })) }
    : {};
