import type { Prisma, PrismaClient } from "../../../prisma/generated/client.ts";
import { visibleWhere } from "../../shared/fleet/selector.ts";
import type { Identity } from "../../shared/kernel/auth-context.ts";
import { escapeLike } from "../../shared/kernel/escapes.ts";

export type SessionRow = Prisma.ChatSessionGetPayload<{ include: { shares: true } }>;

export interface SessionFilter {
  /** In titles and in what was said. */
  search?: string | null;
  personaId?: string | null;
  /** Only those that others share. */
  sharedWithMe?: boolean | null;
}

/** Whose eyes a question is asked with. */
export type Reader = Pick<Identity, "tenant" | "user" | "scope">;

/** Conversations in the database: one's own and those that others share, as long as they live. */
export class SessionRepository {
  readonly #prisma: PrismaClient;

  constructor(prisma: PrismaClient) {
    this.#prisma = prisma;
  }

  async byId(reader: Reader, id: string, now: Date): Promise<SessionRow | null> {
    return await this.#prisma.chatSession.findFirst({
      where: { id, ...readable(reader, now) },
      include: { shares: true },
    });
  }

  /** Those used last first; neither listed, counted nor searched, what was found in clusters that are hidden from the reader. */
  async page(
    reader: Identity,
    { search, personaId, sharedWithMe }: SessionFilter,
    now: Date,
    { skip, take }: { skip: number; take: number },
  ): Promise<{ rows: SessionRow[]; total: number }> {
    const hidden = await this.#hidden(reader);
    const found = search ? { contains: escapeLike(search), mode: "insensitive" as const } : null;
    const where: Prisma.ChatSessionWhereInput = {
      AND: [
        readable(reader, now),
        hidden.length > 0 ? { NOT: { askedClusters: { hasSome: hidden } } } : {},
        personaId ? { personaId } : {},
        sharedWithMe ? { userId: { not: reader.user } } : {},
        found ? { OR: [{ title: found }, { messages: { some: { content: found } } }] } : {},
      ],
    };
    const [rows, total] = await this.#prisma.$transaction([
      this.#prisma.chatSession.findMany({
        where,
        include: { shares: true },
        orderBy: [{ updatedAt: "desc" }, { id: "asc" }],
        skip,
        take,
      }),
      this.#prisma.chatSession.count({ where }),
    ]);
    return { rows, total };
  }

  async #hidden(identity: Identity): Promise<string[]> {
    if (!identity.scope) return [];
    const all = { where: { tenantId: identity.tenant }, select: { id: true } };
    const [there, seen] = await this.#prisma.$transaction([
      this.#prisma.cluster.findMany(all),
      this.#prisma.cluster.findMany({ ...all, where: visibleWhere(identity) }),
    ]);
    const visible = new Set(seen.map(({ id }) => id));
    return there.flatMap(({ id }) => (visible.has(id) ? [] : [id]));
  }

  async countOf(reader: Reader, now: Date): Promise<number> {
    return await this.#prisma.chatSession.count({
      where: { tenantId: reader.tenant, userId: reader.user, deletedAt: null, expiresAt: { gt: now } },
    });
  }

  /** Clusters, of those named, that are there still and that only others see. */
  async existing(ids: readonly string[]): Promise<string[]> {
    const rows = await this.#prisma.cluster.findMany({ where: { id: { in: [...ids] } }, select: { id: true } });
    return rows.map(({ id }) => id);
  }

  /** Those that ended or were deleted before. @returns how many of at most `batch` */
  async purge(before: Date, batch: number): Promise<number> {
    return await this.#prisma.$executeRaw`
      DELETE FROM chat_sessions WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM chat_sessions
        WHERE expires_at < ${before}::timestamptz OR deleted_at < ${before}::timestamptz LIMIT ${batch}::int))`;
  }
}

/** What was answered with more in sight may tell of it: who sees only some namespaces reads what keeps to just these. */
const readable = ({ tenant, user, scope }: Reader, now: Date): Prisma.ChatSessionWhereInput => ({
  tenantId: tenant,
  ...(scope?.namespaces ? { namespaces: { equals: scope.namespaces } } : {}),
  deletedAt: null,
  expiresAt: { gt: now },
  OR: [{ userId: user }, { shares: { some: { userId: user } } }],
});
