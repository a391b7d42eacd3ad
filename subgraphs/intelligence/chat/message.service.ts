import type { Changes } from "../../shared/fleet/changes.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import { type Page, type PageRequest, pageOf } from "../../shared/kernel/page.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import { callHash } from "../tools/toolbox.service.ts";
import type { AnswerCall } from "./answer/answer.ts";
import { type AnswerStartService, beingMade } from "./answer-start.service.ts";
import type { MakingService } from "./making.service.ts";
import type { CallRow, MessageRepository, MessageRow } from "./message.repository.ts";
import type { SessionRow } from "./session.repository.ts";
import { type SessionService, sessionDeed } from "./session.service.ts";

export interface MessageServiceOptions {
  repository: MessageRepository;
  sessions: SessionService;
  start: AnswerStartService;
  making: MakingService;
  changes: Changes;
  clock: Clock;
}

/** What is asked and answered in conversations. */
export class MessageService {
  readonly #options: MessageServiceOptions;

  constructor(options: MessageServiceOptions) {
    this.#options = options;
  }

  async page(session: SessionRow, everyBranch: boolean, page: PageRequest): Promise<Page<MessageRow>> {
    if (!everyBranch && session.headId === null) return pageOf([], 0, page);
    const bounds = { skip: (page.page - 1) * page.pageSize, take: page.pageSize };
    const { rows, total } = await this.#options.repository.page(
      session.id,
      everyBranch ? null : session.headId,
      bounds,
    );
    return pageOf(rows, total, page);
  }

  /** What is said on the current branch. */
  async branch({ headId }: SessionRow): Promise<MessageRow[]> {
    return headId === null ? [] : await this.#options.repository.branch(headId);
  }

  /** @throws CHAT_MESSAGE_NOT_FOUND */
  async byId({ identity }: Operation, id: string): Promise<MessageRow> {
    return (await this.#readable({ identity }, id)).message;
  }

  /**
   * Answers at once with the answer that is begun.
   * @param after the message that the question follows on, where it is not the last one: a branch
   * @throws CHAT_SESSION_NOT_FOUND, CHAT_MESSAGE_NOT_FOUND, CONFLICT while another answer is made, LIMIT_EXCEEDED
   */
  async send(operation: Operation, sessionId: string, content: string, after: string | null): Promise<MessageRow> {
    const session = await this.#options.sessions.writable(operation.identity, sessionId);
    await this.#requireQuiet(session);
    const parentId = after ?? session.headId;
    if (after !== null) await this.#inSession(after, session);
    return await this.#options.start.begin(operation, session, "SEND_CHAT_MESSAGE", [
      { role: "USER", status: "COMPLETE", content, parentId },
      { role: "ASSISTANT", status: "RUNNING", content: "" },
    ]);
  }

  /** Another answer to the same question, beside the one there is. */
  async regenerate(operation: Operation, id: string): Promise<MessageRow> {
    const { message, session } = await this.#writable(operation, id);
    if (message.role !== "ASSISTANT")
      throw new CodedError("BAD_USER_INPUT", "Only an answer can be made again.", { id });
    await this.#requireQuiet(session);
    return await this.#options.start.begin(operation, session, "REGENERATE_CHAT_MESSAGE", [
      { role: "ASSISTANT", status: "RUNNING", content: "", parentId: message.parentId },
    ]);
  }

  /** Goes on with an answer that was cut off, with what it found so far. */
  async resume(operation: Operation, id: string): Promise<MessageRow> {
    const { message, session } = await this.#writable(operation, id);
    if (!["INTERRUPTED", "PARTIAL", "FAILED", "CANCELLED"].includes(message.status)) {
      throw new CodedError("CONFLICT", "Only an answer that was cut off can be gone on with.", {
        status: message.status,
      });
    }
    await this.#requireQuiet(session);
    return await this.#options.start.goOn(operation, session, message, []);
  }

  /** @throws CONFLICT where nothing is being made */
  async cancel(operation: Operation, id: string): Promise<MessageRow> {
    const { message, session } = await this.#writable(operation, id);
    const { repository, changes, making, clock } = this.#options;
    const ended = { status: "CANCELLED" as const, errorCode: "CANCELLED", error: "The answer was cancelled." };
    await changes.commit(async (tx, record) => {
      if (!(await repository.end(id, ended, clock.now(), tx))) {
        throw new CodedError("CONFLICT", "This answer has ended already.", { status: message.status });
      }
      await sessionDeed(record, operation, "CANCEL_CHAT_MESSAGE", session);
    });
    await making.cancel(session.id, id);
    await making.tell(session.id, { kind: "MESSAGE", message_id: id });
    return await this.byId(operation, id);
  }

  /**
   * Decide about a call that changes something; once none is left undecided, the answer goes on.
   * @param argsHash what was shown: another argument would be another call
   * @throws CONFLICT where it does not wait, or is not what was shown
   */
  async decide(
    operation: Operation,
    { messageId, callId, argsHash, approve }: { messageId: string; callId: string; argsHash: string; approve: boolean },
  ): Promise<CallRow> {
    const { message, session } = await this.#writable(operation, messageId);
    const { changes, making, clock } = this.#options;
    const call = message.toolCalls.find(({ id }) => id === callId);
    if (!call) throw new CodedError("CHAT_MESSAGE_NOT_FOUND", `No call ${JSON.stringify(callId)} in this message.`);
    if (message.status !== "WAITING_FOR_APPROVAL")
      throw new CodedError("CONFLICT", "Nothing waits for a decision here.");
    if (call.argsHash !== argsHash || callHash(call.name, call.arguments) !== argsHash) {
      throw new CodedError("CONFLICT", "The call is not the one that was shown; look at it again.", {
        argsHash: call.argsHash,
      });
    }
    const decided = await changes.commit(async (tx, record) => {
      const { count } = await tx.chatToolCall.updateMany({
        where: { messageId, id: callId, status: "PENDING_APPROVAL" },
        data: { status: approve ? "RUNNING" : "REJECTED", decidedBy: operation.identity.user, decidedAt: clock.now() },
      });
      if (count === 0) throw new CodedError("CONFLICT", "Somebody has decided about it already.");
      await sessionDeed(record, operation, approve ? "APPROVE_TOOL_CALL" : "REJECT_TOOL_CALL", session);
      return await tx.chatToolCall.findUniqueOrThrow({ where: { messageId_id: { messageId, id: callId } } });
    });
    await making.tell(session.id, { kind: "CALL", message_id: messageId, call_id: callId });
    const now = await this.byId(operation, messageId);
    if (now.toolCalls.every(({ status }) => status !== "PENDING_APPROVAL")) {
      const approved = now.toolCalls.filter(({ status }) => status === "RUNNING").map(toAnswerCall);
      await this.#options.start.goOn(operation, session, now, approved);
    }
    return decided;
  }

  /** From now on questions follow on this message. */
  async choose(operation: Operation, id: string): Promise<SessionRow> {
    const { session } = await this.#writable(operation, id);
    await this.#requireQuiet(session);
    return await this.#options.changes.commit(async (tx, record) => {
      const row = await tx.chatSession.update({
        where: { id: session.id },
        data: { headId: id },
        include: { shares: true },
      });
      await sessionDeed(record, operation, "CHOOSE_CHAT_BRANCH", row);
      return row;
    });
  }

  async #requireQuiet({ id }: SessionRow): Promise<void> {
    const [other] = await this.#options.repository.underWay(id);
    if (other) throw beingMade(other.id);
  }

  async #inSession(id: string, session: SessionRow): Promise<MessageRow> {
    const message = await this.#options.repository.byId(id);
    if (message?.sessionId === session.id) return message;
    throw notFound(id);
  }

  async #readable(
    { identity }: Pick<Operation, "identity">,
    id: string,
  ): Promise<{ message: MessageRow; session: SessionRow }> {
    const message = await this.#options.repository.byId(id);
    const session = message && (await this.#options.sessions.readable(identity, message.sessionId).catch(() => null));
    if (!message || !session) throw notFound(id);
    return { message, session };
  }

  async #writable({ identity }: Operation, id: string): Promise<{ message: MessageRow; session: SessionRow }> {
    const { message } = await this.#readable({ identity }, id);
    return { message, session: await this.#options.sessions.writable(identity, message.sessionId) };
  }
}

const notFound = (id: string): CodedError =>
  new CodedError("CHAT_MESSAGE_NOT_FOUND", `No message ${JSON.stringify(id)}.`, { id });

const toAnswerCall = ({ id, name, arguments: given, argsHash }: CallRow): AnswerCall => ({
  id,
  name,
  argsHash,
  arguments: given as Record<string, unknown>,
});
