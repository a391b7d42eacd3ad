import { Prisma } from "../../../prisma/generated/client.ts";

type Column = Prisma.ClusterScalarFieldEnum;

/** Some columns of a cluster, as Prisma reads them. */
export type Columns = Partial<Record<Column, true>>;

/** Fields that are not the column of their name: what they are made of. */
const MADE_OF = new Map<string, readonly Column[]>([
  ["since", ["stateSince"]],
  ["capabilities", ["capabilitiesAt"]],
  ["detectedAt", ["capabilitiesAt"]],
  ["findings", ["capabilityFindings"]],
  ["proposedEndpoints", ["proposedEndpoints", "prometheusUrl", "tempoUrl", "lokiUrl", "alertmanagerUrl"]],
]);

/**
 * The columns that fields of clusters are made of: most operations ask for a few, and a row of all of them costs several times as much
 * to read. By names alone, also of fields of something else: a column too many is no harm.
 */
export function columnsFor(fields: Iterable<string>): Columns {
  const columns: Columns = { id: true };
  for (const field of fields) {
    for (const column of MADE_OF.get(field) ?? (isColumn(field) ? [field] : [])) columns[column] = true;
  }
  return columns;
}

const isColumn = (field: string): field is Column => Object.hasOwn(Prisma.ClusterScalarFieldEnum, field);
