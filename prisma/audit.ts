import { randomUUID } from "node:crypto";
import type { Prisma } from "./generated/client.ts";

/** Who changed what. `before` and `after` hold what anyone with a right to the log may read: never a secret. */
export interface AuditRecord {
  tenantId: string;
  at: Date;
  actor: string;
  action: string;
  clusterId: string | null;
  subject: string;
  before: Prisma.InputJsonObject | null;
  after: Prisma.InputJsonObject | null;
  requestId: string;
}

/** Append to the audit log, within the change's own transaction: no change without its entry, and no entry without its change. */
export async function appendAudit(
  tx: Prisma.TransactionClient,
  { before, after, ...record }: AuditRecord,
): Promise<void> {
  await tx.auditEntry.create({
    data: { id: randomUUID(), ...record, ...(before ? { before } : {}), ...(after ? { after } : {}) },
  });
}
