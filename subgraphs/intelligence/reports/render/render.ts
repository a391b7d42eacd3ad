import type { ReportFormat, ReportModel } from "../model/report.ts";
import { html } from "./html.ts";
import { json } from "./json.ts";
import { markdown } from "./markdown.ts";
import { pageOf } from "./page.ts";

/** The report in a format, drawn here and now: it takes a processor for a while, so that a thread of its own does it. */
export async function draw(report: ReportModel, format: ReportFormat): Promise<Uint8Array> {
  if (format === "PDF") {
    // Loaded where it is needed: fonts and all, it takes a second.
    const { pdf } = await import("./pdf.ts");
    return await pdf(pageOf(report), report.createdAt);
  }
  const text = format === "JSON" ? json(report) : format === "HTML" ? html(pageOf(report)) : markdown(pageOf(report));
  return new TextEncoder().encode(text);
}
