import { redactText } from "../../tools/redaction.filter.ts";
import type { ReportModel } from "../model/report.ts";

/** Nobody reads more of a text than this. */
const MOST_CHARACTERS = 4000;
/** And nobody looks for a credential in more of it. */
const MOST_SEARCHED = 64 * 1024;

/** Without what looks like a credential: logs and annotations have some. And no text is longer than anybody reads, or than a table takes. */
export const presentable = (report: ReportModel): ReportModel =>
  JSON.parse(JSON.stringify(report), (_, value: unknown) =>
    typeof value === "string" ? shown(value) : value,
  ) as ReportModel;

function shown(text: string): string {
  const clean = redactText(text.slice(0, MOST_SEARCHED));
  return clean.length > MOST_CHARACTERS ? `${clean.slice(0, MOST_CHARACTERS)}…` : clean;
}
