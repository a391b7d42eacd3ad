import { randomUUID } from "node:crypto";
import type { EventBus } from "../../shared/kernel/bus/event-bus.ts";
import { hearWork, MISSED, tellWork } from "../../shared/kernel/bus/work.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import { heartbeat } from "../../shared/kernel/heartbeat.ts";
import type { Logger } from "../../shared/kernel/log.ts";
import type { Toolbox } from "../tools/toolbox.service.ts";
import type { AnswerCall, Answerer, AnswerRequest, EndedCall } from "./answer/answer.ts";
import { TextTeller } from "./answer/text-teller.ts";
import { type ChatNews, decodeNews } from "./chat-news.contract.ts";
import type { MessageRepository } from "./message.repository.ts";

/** Of one process, and of one user in it. */
const MOST = { process: 300, user: 8 };

export interface MakingOptions {
  answerer: Answerer;
  toolbox: Pick<Toolbox, "call">;
  repository: MessageRepository;
  bus: EventBus;
  clock: Clock;
  log: Logger;
}

export interface Made {
  sessionId: string;
  messageId: string;
  /** What the answer begins with: nothing, or what it has said so far. */
  request: Omit<AnswerRequest, "signal" | "now">;
  /** Calls that the user has allowed: they are run first. */
  approved: readonly AnswerCall[];
}

/** The answers that this process makes: each is kept, told and ended here, whatever becomes of it. */
export class MakingService {
  readonly #options: MakingOptions;
  /** This process's name under what it makes. */
  readonly worker = randomUUID();
  readonly #making = new Map<string, { stop: AbortController; user: string; done: Promise<void> }>();

  constructor(options: MakingOptions) {
    this.#options = options;
  }

  /** How many this process makes now. */
  get underWay(): number {
    return this.#making.size;
  }

  /** @throws LIMIT_EXCEEDED, before anything is written */
  requireRoom(user: string): void {
    const mine = [...this.#making.values()].filter((each) => each.user === user).length;
    if (mine < MOST.user && this.#making.size < MOST.process) return;
    throw new CodedError(
      "LIMIT_EXCEEDED",
      "Too many answers are being made at once; wait for one to end, or cancel one.",
      {
        limit: mine < MOST.user ? MOST.process : MOST.user,
      },
    );
  }

  /** In the background: the message is there already, as this worker's. */
  start(made: Made): void {
    const stop = new AbortController();
    const done = this.#make(made, stop.signal, stop).finally(() => this.#making.delete(made.messageId));
    this.#making.set(made.messageId, { stop, user: made.request.identity.user, done });
  }

  /** Wherever it is made. */
  async cancel(sessionId: string, messageId: string): Promise<void> {
    this.#making.get(messageId)?.stop.abort(cancelled());
    await this.tell(sessionId, { kind: "CANCEL", message_id: messageId });
  }

  tell = async (sessionId: string, news: ChatNews): Promise<void> => {
    await tellWork(this.#options.bus, sessionId, news);
  };

  /** Answers under way end as interrupted, to be gone on with. */
  async close(): Promise<void> {
    const making = [...this.#making.values()];
    for (const { stop } of making) stop.abort(new CodedError("SHUTTING_DOWN", "The server stopped while it was made."));
    await Promise.allSettled(making.map(({ done }) => done));
  }

  async #make({ sessionId, messageId, request, approved }: Made, signal: AbortSignal, stop: AbortController) {
    const { answerer, repository, bus, clock, log } = this.#options;
    const started = performance.now();
    const tell = (news: ChatNews) => this.tell(sessionId, news);
    const text = new TextTeller(messageId, request.soFar?.content ?? "", tell, (error) =>
      log.warn({ err: error }, "an answer's text could not be told"),
    );
    const beat = heartbeat({
      say: () => repository.beat(messageId, this.worker, text.whole, clock.now()),
      lost: () => stop.abort(cancelled()),
      failed: (error) => log.warn({ err: error }, "an answer's heartbeat could not be written"),
    });
    // Somebody watches, or cancels, in another process.
    const stopHearing = hearWork({
      bus,
      workId: sessionId,
      decode: decodeNews,
      heard: async (news) => {
        if (news === MISSED || news.kind === "WATCHED") await text.tellAll();
        else if (news.kind === "CANCEL" && news.message_id === messageId) stop.abort(cancelled());
      },
      failed: (error) => log.warn({ err: error }, "an answer hears nobody"),
    });
    let seq = (request.soFar?.calls.length ?? 0) + approved.length;
    try {
      const now = clock.now();
      const allowed = await this.#runApproved({ sessionId, messageId, request, approved }, { signal, now });
      const answered = await answerer.answer(
        { ...request, soFar: withCalls(request.soFar, allowed), signal, now },
        {
          text: (delta) => text.add(delta),
          called: async (call, needsApproval) => {
            await repository.called(messageId, call, seq++, needsApproval, clock.now());
            await text.flush();
            await tell({ kind: "CALL", message_id: messageId, call_id: call.id });
          },
          ended: async (call, outcome) => {
            await repository.ended(sessionId, messageId, call.id, outcome);
            await tell({ kind: "CALL", message_id: messageId, call_id: call.id });
          },
        },
      );
      await text.flush();
      await repository.answered(messageId, this.worker, answered, Math.round(performance.now() - started), clock.now());
    } catch (error) {
      await repository.beat(messageId, this.worker, text.whole, clock.now()).catch(() => false);
      await repository.end(messageId, this.#endOf(error, signal), clock.now()).catch((cause: unknown) => {
        log.error({ err: cause, messageId }, "an answer's end could not be written");
      });
    } finally {
      beat.stop();
      await stopHearing();
      text.close();
      await tell({ kind: "MESSAGE", message_id: messageId }).catch(() => {});
    }
  }

  async #runApproved(
    { sessionId, messageId, request, approved }: Made,
    { signal, now }: { signal: AbortSignal; now: Date },
  ): Promise<EndedCall[]> {
    const { toolbox, repository } = this.#options;
    const { identity, requestId, clusters } = request;
    const ended: EndedCall[] = [];
    // One after the other, in the order they were asked for: each changes something.
    for (const call of approved) {
      const outcome = await toolbox.call(call.name, call.arguments, { identity, requestId, clusters, signal, now });
      await repository.ended(sessionId, messageId, call.id, outcome);
      await this.tell(sessionId, { kind: "CALL", message_id: messageId, call_id: call.id });
      ended.push({ ...call, outcome });
    }
    return ended;
  }

  #endOf(error: unknown, signal: AbortSignal) {
    const reason: unknown = signal.aborted ? signal.reason : error;
    if (!(reason instanceof CodedError)) {
      this.#options.log.error({ err: reason }, "an answer failed here");
      return { status: "FAILED" as const, errorCode: "INTERNAL_SERVER_ERROR", error: "The answer failed here." };
    }
    const { code, message } = reason;
    if (code === "CANCELLED") return { status: "CANCELLED" as const, errorCode: code, error: message };
    if (code === "SHUTTING_DOWN") return { status: "INTERRUPTED" as const, errorCode: code, error: message };
    return { status: "FAILED" as const, errorCode: code, error: message };
  }
}

const withCalls = (soFar: AnswerRequest["soFar"], calls: readonly EndedCall[]): AnswerRequest["soFar"] =>
  calls.length === 0 ? soFar : { content: soFar?.content ?? "", calls: [...(soFar?.calls ?? []), ...calls] };

const cancelled = (): CodedError => new CodedError("CANCELLED", "The answer was cancelled.");
