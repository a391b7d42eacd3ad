import type { Prisma, PrismaClient } from "../../../prisma/generated/client.ts";

/** Whose notifications a token is for. */
export interface TokenOwner {
  tokenId: string;
  clusterId: string;
  tenantId: string;
  lastUsedAt: Date | null;
}

/** A token as it may be shown: never itself. */
export interface WebhookRow {
  id: string;
  clusterId: string;
  createdBy: string;
  createdAt: Date;
  expiresAt: Date | null;
  lastUsedAt: Date | null;
}

export const WEBHOOK = {
  id: true,
  clusterId: true,
  createdBy: true,
  createdAt: true,
  expiresAt: true,
  lastUsedAt: true,
} as const satisfies Prisma.WebhookTokenSelect;

/** Noted at most as often: a cluster in trouble sends many notifications a second. */
const NOTED_EVERY_MS = 60_000;

/** What webhooks sign in with, as hashes. */
export class WebhookTokenRepository {
  readonly #prisma: PrismaClient;

  constructor(prisma: PrismaClient) {
    this.#prisma = prisma;
  }

  /** By an index over hashes, so that the time it takes says nothing about a token. Null unless it is accepted now. */
  async owner(tokenHash: Uint8Array, now: Date): Promise<TokenOwner | null> {
    const [row] = await this.#prisma.$queryRaw<TokenOwner[]>`
      SELECT w.id::text AS "tokenId", w.cluster_id::text AS "clusterId", w.tenant_id AS "tenantId", w.last_used_at AS "lastUsedAt"
      FROM webhook_tokens w JOIN clusters c ON c.id = w.cluster_id AND c.deleted_at IS NULL
      WHERE w.token_hash = ${tokenHash} AND (w.expires_at IS NULL OR w.expires_at > ${now}::timestamptz)`;
    return row ?? null;
  }

  async used({ tokenId, lastUsedAt }: TokenOwner, now: Date): Promise<void> {
    if (lastUsedAt && now.getTime() - lastUsedAt.getTime() < NOTED_EVERY_MS) return;
    await this.#prisma.webhookToken.updateMany({ where: { id: tokenId }, data: { lastUsedAt: now } });
  }

  /** The newest first. */
  async ofCluster(clusterId: string): Promise<WebhookRow[]> {
    const orderBy = [{ createdAt: "desc" as const }, { id: "asc" as const }];
    return await this.#prisma.webhookToken.findMany({ where: { clusterId }, select: WEBHOOK, orderBy });
  }

  async byId(tenantId: string, id: string): Promise<WebhookRow | null> {
    return await this.#prisma.webhookToken.findFirst({ where: { id, tenantId }, select: WEBHOOK });
  }
}
