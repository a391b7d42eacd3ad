import { z } from "zod";
import type { AuditEntry } from "../../../prisma/generated/client.ts";
import type { Identity } from "../../shared/kernel/auth-context.ts";
import { requireRole } from "../../shared/kernel/permissions.ts";
import { check } from "../../shared/kernel/validation.ts";
import type { WebRoute } from "../../shared/kernel/web-routes.ts";
import type { AuditFilter, AuditRepository } from "./audit.repository.ts";

const Filter = z.strictObject({
  clusterId: z.uuid().optional(),
  actor: z.string().max(256).optional(),
  action: z.string().max(64).optional(),
  since: z.iso.datetime({ offset: true }).pipe(z.coerce.date()).optional(),
  until: z.iso.datetime({ offset: true }).pipe(z.coerce.date()).optional(),
});

/** The audit log as JSON lines, the oldest first, however long it is: each part is read when the one before has left. */
export const auditExport = (audit: AuditRepository): WebRoute => ({
  methods: ["GET"],
  path: "/audit.jsonl",
  maxBodyBytes: 1024,
  handle: async ({ url, signal }, { identity }) => {
    requireRole(identity, "admin");
    const filter = check(Filter, Object.fromEntries(new URL(url).searchParams));
    return new Response(linesOf(audit, identity, filter as AuditFilter, signal), {
      headers: {
        "content-type": "application/jsonl; charset=utf-8",
        "content-disposition": 'attachment; filename="audit.jsonl"',
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
      },
    });
  },
});

function linesOf(
  audit: AuditRepository,
  identity: Identity,
  filter: AuditFilter,
  signal: AbortSignal,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let last: AuditEntry | null = null;
  return new ReadableStream({
    async pull(controller) {
      signal.throwIfAborted();
      const rows = await audit.after(identity, filter, last);
      last = rows.at(-1) ?? null;
      if (!last) controller.close();
      else controller.enqueue(encoder.encode(rows.map((row) => `${JSON.stringify(lineOf(row))}\n`).join("")));
    },
  });
}

const lineOf = ({ id, at, actor, action, clusterId, subject, before, after, requestId }: AuditEntry): object => ({
  id,
  at,
  actor,
  action,
  clusterId,
  subject,
  before,
  after,
  requestId,
});
