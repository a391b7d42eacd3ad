import { CodedError } from "../../shared/kernel/errors.ts";
import type { WebCaller, WebRoute } from "../../shared/kernel/web-routes.ts";
import { contentTypeOf, fileNameOf } from "./render/index.ts";
import type { ReportRow } from "./report.repository.ts";
import type { ReportService } from "./report.service.ts";

const ID = /\/reports\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i;
/** A page of ours in a browser: it may look as it is to, and do nothing. */
const HARMLESS = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/** The bytes of a report, for who may read it. */
export const downloadReport = (reports: Pick<ReportService, "one" | "open">): WebRoute => ({
  methods: ["GET"],
  path: "/reports/:id",
  maxBodyBytes: 1024,
  byNamespace: true,
  handle: (request, caller) =>
    answer(reports, request, caller).catch((error: unknown) => {
      if (!(error instanceof CodedError) || error.code !== "REPORT_NOT_FOUND") throw error;
      const { message, extensions } = error;
      return Response.json({ errors: [{ message, extensions }] }, { status: 404 });
    }),
});

async function answer(
  reports: Pick<ReportService, "one" | "open">,
  request: Request,
  caller: WebCaller,
): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  const id = ID.exec(pathname)?.[1]?.toLowerCase();
  if (id === undefined) throw new CodedError("REPORT_NOT_FOUND", "No such report.");
  const row = await reports.one(caller, id);
  const headers = headersOf(row, searchParams.get("inline") === "1");
  if (row.status === "READY" && isKnown(request, headers["etag"])) return new Response(null, { status: 304, headers });
  return new Response(await reports.open(caller, row, request.signal), { headers });
}

function headersOf(row: ReportRow, inline: boolean) {
  const { format, title, createdAt, sha256 } = row;
  const name = fileNameOf({ title, createdAt: createdAt.toISOString() }, format);
  const shown = inline && format === "HTML";
  return {
    "content-type": contentTypeOf(format),
    "content-disposition": shown ? "inline" : `attachment; filename="${name}"`,
    ...(shown ? { "content-security-policy": HARMLESS } : {}),
    "x-content-type-options": "nosniff",
    "cache-control": "private, no-cache",
    etag: `"${sha256}"`,
  };
}

const isKnown = (request: Request, etag: string): boolean =>
  (request.headers.get("if-none-match") ?? "")
    .split(",")
    .map((tag) => tag.trim().replace(/^W\//, ""))
    .some((tag) => tag === etag || tag === "*");
