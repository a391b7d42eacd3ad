import type { ChatMessageStatus, Prisma, PrismaClient } from "../../../prisma/generated/client.ts";
import type { ToolOutcome } from "../tools/tool.contract.ts";
import type { AnswerCall, Answered } from "./answer/answer.ts";

const WITH_CALLS = { toolCalls: { orderBy: { seq: "asc" as const } } };
export type MessageRow = Prisma.ChatMessageGetPayload<{ include: { toolCalls: true } }>;
export type CallRow = MessageRow["toolCalls"][number];

/** Of one branch, this many messages at most are gone back over for an answer. */
const LONGEST_BRANCH = 400;

/** What becomes of an answer that ends without being one. */
export interface Ended {
  status: ChatMessageStatus;
  errorCode: string | null;
  error: string | null;
}

/** What was said, in the database. Only the process that makes an answer writes to it while it is made. */
export class MessageRepository {
  readonly #prisma: PrismaClient;

  constructor(prisma: PrismaClient) {
    this.#prisma = prisma;
  }

  async byId(id: string): Promise<MessageRow | null> {
    return await this.#prisma.chatMessage.findUnique({ where: { id }, include: WITH_CALLS });
  }

  /** From the conversation's beginning to the message, over what each follows on. */
  async branch(id: string): Promise<MessageRow[]> {
    return await this.#of(await this.#branchIds(id));
  }

  /** In the order they were said: those on the branch that ends with `head`, or all. */
  async page(
    sessionId: string,
    head: string | null,
    { skip, take }: { skip: number; take: number },
  ): Promise<{ rows: MessageRow[]; total: number }> {
    const where = { sessionId, ...(head === null ? {} : { id: { in: await this.#branchIds(head) } }) };
    const [rows, total] = await this.#prisma.$transaction([
      this.#prisma.chatMessage.findMany({ where, include: WITH_CALLS, orderBy: { seq: "asc" }, skip, take }),
      this.#prisma.chatMessage.count({ where }),
    ]);
    return { rows, total };
  }

  /** Those that are being made. */
  async underWay(sessionId: string): Promise<MessageRow[]> {
    return await this.#prisma.chatMessage.findMany({
      where: { sessionId, status: { in: ["RUNNING", "WAITING_FOR_APPROVAL"] } },
      include: WITH_CALLS,
      orderBy: { seq: "asc" },
    });
  }

  /** Where somebody begins to watch: what is being made, and the message that the next question follows on. */
  async latest(sessionId: string): Promise<MessageRow[]> {
    const session = await this.#prisma.chatSession.findUnique({ where: { id: sessionId }, select: { headId: true } });
    const head = session?.headId ? [{ id: session.headId }] : [];
    return await this.#prisma.chatMessage.findMany({
      where: { sessionId, OR: [{ status: { in: ["RUNNING", "WAITING_FOR_APPROVAL"] } }, ...head] },
      include: WITH_CALLS,
      orderBy: { seq: "asc" },
    });
  }

  /** Still being made here: false once somebody else has ended it. */
  async beat(id: string, worker: string, content: string, now: Date): Promise<boolean> {
    const { count } = await this.#prisma.chatMessage.updateMany({
      where: { id, worker, status: "RUNNING" },
      data: { content: storable(content), beatAt: now },
    });
    return count === 1;
  }

  async called(messageId: string, call: AnswerCall, seq: number, needsApproval: boolean, now: Date): Promise<void> {
    const { id, name, argsHash } = call;
    await this.#prisma.chatToolCall.create({
      data: {
        messageId,
        id,
        seq,
        name,
        argsHash,
        arguments: json(call.arguments),
        status: needsApproval ? "PENDING_APPROVAL" : "RUNNING",
        createdAt: now,
      },
    });
  }

  /** With the clusters that it asked: who may not see one of them may no longer read the conversation. */
  async ended(sessionId: string, messageId: string, callId: string, outcome: ToolOutcome): Promise<void> {
    const { status, finding, error, durationMs } = outcome;
    const asked = [...new Set(finding?.sources.flatMap(({ clusterId }) => clusterId ?? []) ?? [])];
    await this.#prisma.$transaction([
      this.#prisma.chatToolCall.update({
        where: { messageId_id: { messageId, id: callId } },
        data: {
          status,
          durationMs,
          errorCode: error?.code ?? null,
          error: error?.message ?? null,
          ...(finding ? { finding: json(finding) } : {}),
        },
      }),
      this.#prisma.$executeRaw`
        UPDATE chat_sessions SET asked_clusters = ARRAY(SELECT DISTINCT unnest(asked_clusters || ${asked}::uuid[]))
        WHERE id = ${sessionId}::uuid AND NOT asked_clusters @> ${asked}::uuid[]`,
    ]);
  }

  /** False where somebody else has ended it before. */
  async answered(id: string, worker: string, answered: Answered, latencyMs: number, now: Date): Promise<boolean> {
    const { status, content, model, tokensUsed, citations, problem } = answered;
    const waits = status === "WAITING_FOR_APPROVAL";
    const { count } = await this.#prisma.chatMessage.updateMany({
      where: { id, worker, status: "RUNNING" },
      data: {
        status,
        content: storable(content),
        model,
        tokensUsed,
        latencyMs,
        citations: json(citations),
        errorCode: problem?.code ?? null,
        error: problem?.message ?? null,
        worker: null,
        beatAt: null,
        finishedAt: waits ? null : now,
      },
    });
    return count === 1;
  }

  /** Whoever made it: nobody does any more. @returns whether it was being made */
  async end(
    id: string,
    { status, errorCode, error }: Ended,
    now: Date,
    tx: Pick<Prisma.TransactionClient, "chatMessage" | "chatToolCall"> = this.#prisma,
  ): Promise<boolean> {
    const { count } = await tx.chatMessage.updateMany({
      where: { id, status: { in: ["RUNNING", "WAITING_FOR_APPROVAL"] } },
      data: { status, errorCode, error, worker: null, beatAt: null, finishedAt: now },
    });
    if (count === 0) return false;
    await tx.chatToolCall.updateMany({
      where: { messageId: id, status: { in: ["RUNNING", "PENDING_APPROVAL"] } },
      data: { status: "ERROR", errorCode: errorCode ?? "CANCELLED", error: error ?? "The answer was ended." },
    });
    return true;
  }

  /** Answers whose process has not been heard of since then, at most `limit`. */
  async silentSince(before: Date, limit: number): Promise<{ id: string; sessionId: string }[]> {
    return await this.#prisma.chatMessage.findMany({
      where: { status: "RUNNING", beatAt: { lt: before } },
      select: { id: true, sessionId: true },
      take: limit,
    });
  }

  async #branchIds(id: string): Promise<string[]> {
    const rows = await this.#prisma.$queryRaw<{ id: string }[]>`
      WITH RECURSIVE branch AS (
        SELECT id, parent_id, 1 AS depth FROM chat_messages WHERE id = ${id}::uuid
        UNION ALL
        SELECT m.id, m.parent_id, depth + 1 FROM chat_messages m JOIN branch ON m.id = branch.parent_id
        WHERE depth < ${LONGEST_BRANCH}::int
      )
      SELECT id::text FROM branch`;
    return rows.map((row) => row.id);
  }

  async #of(ids: readonly string[]): Promise<MessageRow[]> {
    return await this.#prisma.chatMessage.findMany({
      where: { id: { in: [...ids] } },
      include: WITH_CALLS,
      orderBy: { seq: "asc" },
    });
  }
}

/** PostgreSQL has no room for it in text or JSON. */
const NUL = String.fromCharCode(0);
const storable = (text: string): string => text.replaceAll(NUL, "");
const json = (value: unknown): Prisma.InputJsonValue =>
  JSON.parse(JSON.stringify(value).replaceAll("\\u0000", "")) as Prisma.InputJsonValue;
