import type { Prisma, PrismaClient } from "../../../prisma/generated/client.ts";
import type { PageRequest } from "../../shared/kernel/page.ts";

/** Never with the hash: nobody but the sign-in needs it. */
export const API_TOKEN_ROW = {
  id: true,
  tenantId: true,
  name: true,
  hint: true,
  createdBy: true,
  role: true,
  scope: true,
  createdAt: true,
  expiresAt: true,
  lastUsedAt: true,
  revokedAt: true,
} as const;
export type ApiTokenRow = Prisma.ApiTokenGetPayload<{ select: typeof API_TOKEN_ROW }>;

/** A use is noted once in this time. */
const NOTED_MS = 60_000;

/** API tokens, in the database. */
export class ApiTokenRepository {
  readonly #prisma: PrismaClient;

  constructor(prisma: PrismaClient) {
    this.#prisma = prisma;
  }

  /** The newest first. @param owner only this one's; everybody's where null. */
  async page(
    tenantId: string,
    owner: string | null,
    { page, pageSize }: PageRequest,
  ): Promise<{ rows: ApiTokenRow[]; total: number }> {
    const where = { tenantId, ...ownedBy(owner) };
    const orderBy = [{ createdAt: "desc" as const }, { id: "asc" as const }];
    const [rows, total] = await this.#prisma.$transaction([
      this.#prisma.apiToken.findMany({
        where,
        orderBy,
        skip: (page - 1) * pageSize,
        take: pageSize,
        select: API_TOKEN_ROW,
      }),
      this.#prisma.apiToken.count({ where }),
    ]);
    return { rows, total };
  }

  async byId(tenantId: string, owner: string | null, id: string): Promise<ApiTokenRow | null> {
    return await this.#prisma.apiToken.findFirst({
      where: { tenantId, id, ...ownedBy(owner) },
      select: API_TOKEN_ROW,
    });
  }

  /** How many of somebody's are accepted. */
  async living(tenantId: string, createdBy: string, now: Date): Promise<number> {
    return await this.#prisma.apiToken.count({
      where: { tenantId, createdBy, revokedAt: null, expiresAt: { gt: now } },
    });
  }

  /** Whose token it is, of any tenant, as long as it is accepted. */
  async accepted(tokenHash: Uint8Array<ArrayBuffer>, now: Date): Promise<ApiTokenRow | null> {
    return await this.#prisma.apiToken.findFirst({
      where: { tokenHash, revokedAt: null, expiresAt: { gt: now } },
      select: API_TOKEN_ROW,
    });
  }

  async used({ id, lastUsedAt }: ApiTokenRow, now: Date): Promise<void> {
    if (lastUsedAt && now.getTime() - lastUsedAt.getTime() < NOTED_MS) return;
    await this.#prisma.apiToken.updateMany({ where: { id }, data: { lastUsedAt: now } });
  }
}

const ownedBy = (owner: string | null) => (owner === null ? {} : { createdBy: owner });
