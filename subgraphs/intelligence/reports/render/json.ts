import type { ReportModel } from "../model/report.ts";
import { visible } from "./text.ts";

/**
 * The model itself. What could end a script, be taken for a tag, or turn the text around in an editor is written as JSON's own escapes: the
 * values stay the same.
 */
export const json = (report: ReportModel): string =>
  `${JSON.stringify(report).replace(/[<>&]|[^\x20-\x7e\n]/gu, (char) =>
    /[<>&]/.test(char) || visible(char) !== char ? utf16(char) : char,
  )}\n`;

const utf16 = (char: string): string =>
  char
    .split("")
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .join("");
