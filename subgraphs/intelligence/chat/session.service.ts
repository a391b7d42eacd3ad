import { randomUUID } from "node:crypto";
import type { Prisma } from "../../../prisma/generated/client.ts";
import type { Changes, Recorder } from "../../shared/fleet/changes.ts";
import type { FleetDirectory } from "../../shared/fleet/directory.ts";
import type { Identity } from "../../shared/kernel/auth-context.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import { type Page, type PageRequest, pageOf } from "../../shared/kernel/page.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import type { LanguageModels } from "../../shared/upstreams/llm/language-models.ts";
import type { PersonaService } from "../personas/persona.service.ts";
import type { SessionFilter, SessionRepository, SessionRow } from "./session.repository.ts";

export interface SessionSpec {
  title?: string | null;
  personaId?: string | null;
  clusterContext?: readonly string[] | null;
  model?: string | null;
}

const HOUR_MS = 3_600_000;
/** After the last activity. */
export const IDLE_MS = 24 * HOUR_MS;
/** From creation on, whatever happens in it. */
export const LONGEST_MS = 7 * 24 * HOUR_MS;
const MOST_OF_ONE_USER = 500;
const MOST_SHARES = 50;

export interface SessionServiceOptions {
  repository: SessionRepository;
  personas: PersonaService;
  models: LanguageModels;
  directory: FleetDirectory;
  changes: Changes;
  clock: Clock;
}

/** Conversations: who has them, who takes part, and how long they live. */
export class SessionService {
  readonly #options: SessionServiceOptions;

  constructor(options: SessionServiceOptions) {
    this.#options = options;
  }

  async page({ identity }: Operation, filter: SessionFilter, page: PageRequest): Promise<Page<SessionRow>> {
    const bounds = { skip: (page.page - 1) * page.pageSize, take: page.pageSize };
    const { rows, total } = await this.#options.repository.page(identity, filter, this.#options.clock.now(), bounds);
    return pageOf(rows, total, page);
  }

  /** One's own or a shared one. @throws CHAT_SESSION_NOT_FOUND, also where it holds data of clusters that are not to be seen */
  async readable(identity: Identity, id: string): Promise<SessionRow> {
    const row = await this.#options.repository.byId(identity, id, this.#options.clock.now());
    if (row && (await this.#mayRead(identity, row))) return row;
    throw new CodedError("CHAT_SESSION_NOT_FOUND", `No conversation ${JSON.stringify(id)}, or it has ended.`, { id });
  }

  /** @throws CHAT_SESSION_NOT_FOUND, FORBIDDEN where it is shared to be read only, or keeps to other namespaces */
  async writable(identity: Identity, id: string): Promise<SessionRow> {
    const row = await this.readable(identity, id);
    if (!isAlike(row.namespaces, identity.scope?.namespaces ?? [])) {
      const message = `This conversation keeps to the namespaces ${row.namespaces.join(", ")}: begin another one.`;
      throw new CodedError("FORBIDDEN", message, { id });
    }
    if (row.userId === identity.user || row.shares.some((share) => share.userId === identity.user && share.canWrite))
      return row;
    throw new CodedError("FORBIDDEN", "This conversation is shared with you to be read only.", { id });
  }

  /** @throws PERSONA_NOT_FOUND, CLUSTER_NOT_FOUND, MODEL_NOT_FOUND, LIMIT_EXCEEDED */
  async create(operation: Operation, spec: SessionSpec): Promise<SessionRow> {
    const { identity } = operation;
    const { repository, clock } = this.#options;
    const { personaId = "default", title, clusterContext, model } = await this.#checked(identity, spec);
    const now = clock.now();
    if ((await repository.countOf(identity, now)) >= MOST_OF_ONE_USER) {
      throw new CodedError(
        "LIMIT_EXCEEDED",
        `One user has at most ${MOST_OF_ONE_USER} conversations; delete some first.`,
      );
    }
    const data = {
      id: randomUUID(),
      tenantId: identity.tenant,
      userId: identity.user,
      title: title ?? null,
      personaId: personaId ?? "default",
      clusterContext: [...(clusterContext ?? [])],
      namespaces: identity.scope?.namespaces ?? [],
      model: model ?? null,
      createdAt: now,
      updatedAt: now,
      expiresAt: new Date(now.getTime() + IDLE_MS),
    };
    return await this.#commit(
      operation,
      "CREATE_CHAT_SESSION",
      async (tx) => await tx.chatSession.create({ data, include: SHARES }),
    );
  }

  /** What is not given stays. */
  async update(operation: Operation, id: string, spec: SessionSpec): Promise<SessionRow> {
    const { userId } = await this.#own(operation.identity, id);
    const { clusterContext, ...rest } = await this.#checked(operation.identity, spec);
    const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined && value !== null));
    const data = { ...given, ...(clusterContext ? { clusterContext: [...clusterContext] } : {}) };
    return await this.#commit(
      operation,
      "UPDATE_CHAT_SESSION",
      async (tx) => await tx.chatSession.update({ where: { id, userId }, data, include: SHARES }),
    );
  }

  /** It lives on for so long from now, and never longer than seven days from its creation. */
  async extend(operation: Operation, id: string, hours: number): Promise<SessionRow> {
    const { createdAt } = await this.#own(operation.identity, id);
    const until = Math.min(this.#options.clock.now().getTime() + hours * HOUR_MS, createdAt.getTime() + LONGEST_MS);
    const data = { expiresAt: new Date(until) };
    return await this.#commit(
      operation,
      "EXTEND_CHAT_SESSION",
      async (tx) => await tx.chatSession.update({ where: { id }, data, include: SHARES }),
    );
  }

  async delete(operation: Operation, id: string): Promise<SessionRow> {
    await this.#own(operation.identity, id);
    const data = { deletedAt: this.#options.clock.now() };
    return await this.#commit(
      operation,
      "DELETE_CHAT_SESSION",
      async (tx) => await tx.chatSession.update({ where: { id }, data, include: SHARES }),
    );
  }

  /** Again for the same colleague: what was allowed before is replaced. */
  async share(operation: Operation, id: string, user: string, canWrite: boolean): Promise<SessionRow> {
    const { shares, userId } = await this.#own(operation.identity, id);
    if (user === userId) throw new CodedError("BAD_USER_INPUT", "It is yours already.", { field: "user" });
    if (shares.length >= MOST_SHARES) throw new CodedError("LIMIT_EXCEEDED", `At most ${MOST_SHARES} take part.`);
    const now = this.#options.clock.now();
    return await this.#commit(operation, "SHARE_CHAT_SESSION", async (tx) => {
      const key = { sessionId: id, userId: user };
      await tx.chatShare.upsert({
        where: { sessionId_userId: key },
        create: { ...key, canWrite, createdAt: now },
        update: { canWrite },
      });
      return await tx.chatSession.findUniqueOrThrow({ where: { id }, include: SHARES });
    });
  }

  async unshare(operation: Operation, id: string, user: string): Promise<SessionRow> {
    await this.#own(operation.identity, id);
    return await this.#commit(operation, "UNSHARE_CHAT_SESSION", async (tx) => {
      await tx.chatShare.deleteMany({ where: { sessionId: id, userId: user } });
      return await tx.chatSession.findUniqueOrThrow({ where: { id }, include: SHARES });
    });
  }

  async #own(identity: Identity, id: string): Promise<SessionRow> {
    const row = await this.readable(identity, id);
    if (row.userId === identity.user) return row;
    throw new CodedError("FORBIDDEN", "Only who began a conversation may do this.", { id });
  }

  /** What was found in a cluster is not read by who may not see it: not by colleagues, nor by an owner who no longer may. */
  async #mayRead(identity: Identity, { askedClusters }: SessionRow): Promise<boolean> {
    if (askedClusters.length === 0 || !identity.scope) return true;
    const visible = await this.#options.directory.visible(identity, askedClusters);
    const hidden = askedClusters.filter((id) => !visible.has(id));
    return hidden.length === 0 || (await this.#options.repository.existing(hidden)).length === 0;
  }

  async #checked(identity: Identity, spec: SessionSpec): Promise<SessionSpec> {
    const { personas, models, directory } = this.#options;
    if (spec.personaId) await personas.byId(identity, spec.personaId);
    if (spec.model) models.spec(spec.model);
    if (spec.clusterContext?.length) await directory.select(identity, { ids: [...spec.clusterContext] });
    return spec;
  }

  async #commit(
    operation: Operation,
    action: string,
    work: (tx: Prisma.TransactionClient) => Promise<SessionRow>,
  ): Promise<SessionRow> {
    return await this.#options.changes.commit(async (tx, record) => {
      const row = await work(tx);
      await sessionDeed(record, operation, action, row);
      return row;
    });
  }
}

const SHARES = { shares: true } as const;

const isAlike = (a: readonly string[], b: readonly string[]): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Not what is said in it. */
export const sessionDeed = (
  record: Recorder,
  operation: Pick<Operation, "identity" | "requestId">,
  action: string,
  { id, personaId, clusterContext, expiresAt, shares }: SessionRow,
): Promise<void> =>
  record.deed(operation, {
    action,
    cluster: { id: null, tenantId: operation.identity.tenant, name: id },
    before: null,
    after: {
      id,
      personaId,
      clusterContext,
      expiresAt: expiresAt.toISOString(),
      shares: shares.map(({ userId, canWrite }) => ({ userId, canWrite })),
    },
  });
