import type { Database } from "../../prisma/client.ts";

/** Everything that is one thing has one id, so that whatever refers to something refers to what is there. */
export const oldId = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;

const AT = "2026-11-01T10:00:00.000Z";

/** What a column's name asks for, beyond its type. */
const MEANT: Record<string, unknown> = {
  tenant_id: "default",
  api_server_url: "https://127.0.0.1:1",
  prometheus_url: null,
  every_seconds: 3600,
  // The product looks again when this comes, and what is looked at may change.
  next_check_at: "2999-01-01T00:00:00.000Z",
  next_at: "2999-01-01T00:00:00.000Z",
  next_run_at: "2999-01-01T00:00:00.000Z",
  deleted_at: null,
  ends_at: null,
  ack_until: null,
  expires_at: "2999-01-01T00:00:00.000Z",
};

export interface Table {
  name: string;
  columns: { name: string; type: string; enumeration: string | null }[];
}

/** Every table of the product as it is now, in the order they were made. */
export async function tablesOf({ executeSql }: Database): Promise<Table[]> {
  const { rows } = await executeSql(`
    SELECT c.relname AS table, a.attname AS name, format_type(a.atttypid, NULL) AS type,
      (SELECT enumlabel FROM pg_enum WHERE enumtypid = a.atttypid ORDER BY enumsortorder LIMIT 1) AS enumeration
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND c.relname <> '_prisma_migrations'
    ORDER BY c.oid, a.attnum`);
  const tables = new Map<string, Table>();
  for (const { table, name, type, enumeration } of rows as Record<string, string>[]) {
    const known = tables.get(table ?? "") ?? { name: table ?? "", columns: [] };
    tables.set(known.name, known);
    known.columns.push({ name: name ?? "", type: type ?? "", enumeration: enumeration ?? null });
  }
  return [...tables.values()];
}

/** A row with a value in each of its columns, such as a process of that version writes. */
export async function insertOld({ executeSql }: Database, { name, columns }: Table, n: number): Promise<void> {
  const values = columns.map((column) => valueIn(column, n));
  const places = columns.map((_, index) => `$${index + 1}`).join(", ");
  await executeSql(`INSERT INTO "${name}" (${list({ name, columns })}) VALUES (${places})`, values);
}

/** Every row of it, in those columns, as a process of that version reads them. */
export async function readOld({ executeSql }: Database, table: Table): Promise<Record<string, unknown>[]> {
  return (await executeSql(`SELECT ${list(table)} FROM "${table.name}" ORDER BY 1, 2`)).rows;
}

const list = ({ columns }: Table): string => columns.map(({ name }) => `"${name}"`).join(", ");

function valueIn({ name, type, enumeration }: Table["columns"][number], n: number): unknown {
  if (Object.hasOwn(MEANT, name)) return MEANT[name];
  if (enumeration !== null) return enumeration;
  if (type.endsWith("[]")) return [];
  if (type === "uuid") return oldId(n);
  if (type === "jsonb") return /series|findings|endpoints/.test(name) ? "[]" : "{}";
  if (type === "boolean") return true;
  if (type === "bytea") return Buffer.from(`${name}-${n}`);
  if (type.startsWith("timestamp")) return AT;
  if (/^(integer|bigint|double precision)$/.test(type)) return n;
  return `${name.replaceAll("_", "-")}-${n}`;
}
