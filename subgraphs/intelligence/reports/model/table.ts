import type { Unit } from "./report.ts";

export interface Column {
  readonly label: string;
  /** TEXT and TIME stand left, numbers right. TIME is an instant in ISO 8601. */
  readonly as: "TEXT" | "TIME" | Unit;
}

/** Null is unknown. */
export type Cell = string | number | null;

export interface Table {
  readonly title: string;
  readonly note: string | null;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
  /** Rows that were left out at the limit. */
  readonly more: number;
  /** What an empty one means. */
  readonly empty: string;
  /** Id of the query in the provenance. */
  readonly query: string;
}
