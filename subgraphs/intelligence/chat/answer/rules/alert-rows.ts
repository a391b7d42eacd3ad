import { z } from "zod";
import type { ToolFinding } from "../../../tools/tool.contract.ts";

/** What the rules read of an alert that get_alerts found; the rest of its row is for people. */
const Row = z.object({
  id: z.string(),
  cluster: z.string(),
  alert: z.string(),
  namespace: z.string().nullish(),
  since: z.string(),
});
export type AlertRow = z.output<typeof Row>;

/** Rows that say which alert they are about; what says less is left to its table. */
export function alertRows(finding: ToolFinding | null | undefined): AlertRow[] {
  const rows = finding?.full?.rows ?? z.array(z.unknown()).safeParse(finding?.result["alerts"]).data ?? [];
  return rows.flatMap((row) => Row.safeParse(row).data ?? []);
}
