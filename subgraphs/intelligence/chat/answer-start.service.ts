import { randomUUID } from "node:crypto";
import type { Prisma } from "../../../prisma/generated/client.ts";
import type { Changes } from "../../shared/fleet/changes.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import type { KnownPersona, PersonaService } from "../personas/persona.service.ts";
import type { AnswerCall, AnswerRequest } from "./answer/answer.ts";
import { toEndedCalls, toTurns } from "./conversation.mapper.ts";
import type { Made, MakingService } from "./making.service.ts";
import type { MessageRepository, MessageRow } from "./message.repository.ts";
import type { SessionRow } from "./session.repository.ts";
import { IDLE_MS, LONGEST_MS, sessionDeed } from "./session.service.ts";

const MOST_MESSAGES = 2000;
const TITLE_LENGTH = 60;

export interface AnswerStartOptions {
  repository: MessageRepository;
  personas: PersonaService;
  making: MakingService;
  changes: Changes;
  clock: Clock;
}

export type NewMessage = Pick<Prisma.ChatMessageUncheckedCreateInput, "role" | "content" | "parentId" | "status">;

/** Begins answers, and goes on with them: first in the database, where one conversation has one at a time, then in this process. */
export class AnswerStartService {
  readonly #options: AnswerStartOptions;

  constructor(options: AnswerStartOptions) {
    this.#options = options;
  }

  async begin(
    operation: Operation,
    session: SessionRow,
    action: string,
    messages: readonly NewMessage[],
  ): Promise<MessageRow> {
    const { repository, making, changes, clock } = this.#options;
    const persona = await this.#persona(session);
    making.requireRoom(operation.identity.user);
    const now = clock.now();
    const ids = messages.map(() => randomUUID());
    const answerId = ids.at(-1) ?? "";
    await changes.commit(async (tx, record) => {
      // Two questions at once: the second one waits here, and finds the first.
      await tx.$queryRaw`SELECT id FROM chat_sessions WHERE id = ${session.id}::uuid FOR UPDATE`;
      const { messageCount, title } = await tx.chatSession.findUniqueOrThrow({ where: { id: session.id } });
      await requireNoOther(tx, session.id);
      if (messageCount + messages.length > MOST_MESSAGES) {
        throw new CodedError(
          "LIMIT_EXCEEDED",
          `A conversation has at most ${MOST_MESSAGES} messages; begin another one.`,
        );
      }
      for (const [index, message] of messages.entries()) {
        const isAnswer = message.role === "ASSISTANT";
        await tx.chatMessage.create({
          data: {
            parentId: ids[index - 1] ?? null,
            ...message,
            id: ids[index] ?? "",
            sessionId: session.id,
            seq: messageCount + index + 1,
            author: isAnswer ? null : operation.identity.user,
            personaId: persona.id,
            createdAt: now,
            ...(isAnswer ? { worker: making.worker, beatAt: now } : { finishedAt: now }),
          },
        });
      }
      const row = await tx.chatSession.update({
        where: { id: session.id },
        data: {
          messageCount: { increment: messages.length },
          headId: answerId,
          title: title ?? titleOf(messages),
          updatedAt: now,
          expiresAt: new Date(Math.min(now.getTime() + IDLE_MS, session.createdAt.getTime() + LONGEST_MS)),
        },
        include: { shares: true },
      });
      await sessionDeed(record, operation, action, row);
    });
    for (const id of ids) await making.tell(session.id, { kind: "MESSAGE", message_id: id });
    const branch = await repository.branch(answerId);
    making.start(await this.#made(operation, session, persona, branch, null, []));
    return branch.at(-1) as MessageRow;
  }

  async goOn(
    operation: Operation,
    session: SessionRow,
    message: MessageRow,
    approved: readonly AnswerCall[],
  ): Promise<MessageRow> {
    const { repository, making, changes, clock } = this.#options;
    const persona = await this.#persona(session);
    making.requireRoom(operation.identity.user);
    await changes.commit(async (tx, record) => {
      const { count } = await tx.chatMessage.updateMany({
        where: { id: message.id, status: message.status },
        data: {
          status: "RUNNING",
          worker: making.worker,
          beatAt: clock.now(),
          finishedAt: null,
          errorCode: null,
          error: null,
        },
      });
      if (count === 0) throw new CodedError("CONFLICT", "Somebody else goes on with this answer already.");
      if (approved.length === 0) await sessionDeed(record, operation, "RESUME_CHAT_MESSAGE", session);
    });
    await making.tell(session.id, { kind: "MESSAGE", message_id: message.id });
    const branch = await repository.branch(message.id);
    const soFar = { content: message.content, calls: toEndedCalls(message.toolCalls) };
    making.start(await this.#made(operation, session, persona, branch, soFar, approved));
    return branch.at(-1) as MessageRow;
  }

  async #made(
    { identity, requestId }: Operation,
    session: SessionRow,
    persona: KnownPersona,
    branch: readonly MessageRow[],
    soFar: AnswerRequest["soFar"],
    approved: readonly AnswerCall[],
  ): Promise<Made> {
    return {
      sessionId: session.id,
      messageId: branch.at(-1)?.id ?? "",
      approved,
      request: {
        identity,
        requestId,
        persona,
        clusters: session.clusterContext.length > 0 ? session.clusterContext : null,
        model: session.model,
        turns: toTurns(branch.slice(0, -1)),
        soFar,
      },
    };
  }

  /** The owner's: a colleague who takes part asks the persona that was chosen. */
  async #persona({ tenantId, userId, personaId }: SessionRow): Promise<KnownPersona> {
    return await this.#options.personas.byId({ tenant: tenantId, user: userId }, personaId);
  }
}

async function requireNoOther(tx: Prisma.TransactionClient, sessionId: string): Promise<void> {
  const other = await tx.chatMessage.findFirst({
    where: { sessionId, status: { in: ["RUNNING", "WAITING_FOR_APPROVAL"] } },
    select: { id: true },
  });
  if (other) throw beingMade(other.id);
}

export const beingMade = (id: string): CodedError =>
  new CodedError("CONFLICT", "Another answer of this conversation is being made; wait for it, or cancel it.", { id });

/** The first question, in short. */
function titleOf(messages: readonly NewMessage[]): string | null {
  const text = messages
    .find(({ role }) => role === "USER")
    ?.content?.replace(/\s+/g, " ")
    .trim();
  if (!text) return null;
  return text.length <= TITLE_LENGTH ? text : `${text.slice(0, TITLE_LENGTH - 1).trimEnd()}…`;
}
