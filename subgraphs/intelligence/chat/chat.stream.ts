import type { EventBus } from "../../shared/kernel/bus/event-bus.ts";
import { MISSED, tellWork, WorkStream, workHead } from "../../shared/kernel/bus/work.ts";
import { PulledIterator } from "../../shared/kernel/pulled-iterator.ts";
import { type ChatNews, decodeNews } from "./chat-news.contract.ts";
import type { CallRow, MessageRepository, MessageRow } from "./message.repository.ts";

export type ChatItem =
  | { kind: "STATE" | "DELTA"; messageId: string; text: string }
  | { kind: "TOOL_CALL"; messageId: string; call: CallRow }
  | { kind: "MESSAGE"; messageId: string; message: MessageRow };

export interface ChatStreamOptions {
  sessionId: string;
  bus: EventBus;
  repository: Pick<MessageRepository, "byId" | "latest">;
  /** Asked before each message. @throws once whoever watches may no longer */
  requireReadable: () => Promise<void>;
}

/**
 * A conversation as it goes on. It begins with the last message; of an answer that is being made, the whole text so far and then what it grows
 * by, without a hole and without a word twice. Who reads slowly gets the whole text again instead of what was missed.
 */
export class ChatStream extends PulledIterator<ChatItem> {
  readonly #options: ChatStreamOptions;
  readonly #items: ChatItem[] = [];
  /** Of each answer that is being made, how much of it was given; null until its whole text has come. */
  readonly #given = new Map<string, number | null>();
  #news: WorkStream<ChatNews> | undefined;
  #left = false;

  constructor(options: ChatStreamOptions) {
    super();
    this.#options = options;
  }

  protected async look(): Promise<ChatItem | undefined> {
    const item = this.#items.shift();
    if (item) return item;
    this.#news ??= await this.#begin();
    const next = await this.#news.next();
    if (next.done) await this.return();
    else if (next.value === MISSED) await this.#askForState();
    else await this.#take(next.value);
    return undefined;
  }

  protected leave(): void {
    this.#left = true;
    void this.#news?.return();
  }

  async #begin(): Promise<WorkStream<ChatNews>> {
    const { bus, sessionId, repository } = this.#options;
    const news = new WorkStream({ bus, workId: sessionId, after: await workHead(bus, sessionId), decode: decodeNews });
    for (const message of await repository.latest(sessionId)) this.#begun(message);
    if (this.#given.size > 0) await this.#askForState();
    if (this.#left) await news.return();
    return news;
  }

  async #take(news: ChatNews): Promise<void> {
    switch (news.kind) {
      case "DELTA":
        return await this.#grown(news);
      case "STATE":
        this.#items.push({ kind: "STATE", messageId: news.message_id, text: news.text });
        this.#given.set(news.message_id, news.text.length);
        return;
      case "CALL":
        return await this.#called(news.message_id, news.call_id);
      case "MESSAGE":
        return await this.#message(news.message_id);
      // Meant for whoever makes the answer.
      case "WATCHED":
      case "CANCEL":
        return;
    }
  }

  async #grown({ message_id: messageId, at, text }: Extract<ChatNews, { kind: "DELTA" }>): Promise<void> {
    const given = this.#given.get(messageId);
    // Told before the state that is on its way, or known already.
    if (given === null || given === undefined || at < given) return;
    if (at > given) return await this.#askForState();
    this.#given.set(messageId, at + text.length);
    this.#items.push({ kind: "DELTA", messageId, text });
  }

  async #called(messageId: string, callId: string): Promise<void> {
    await this.#options.requireReadable();
    const message = await this.#options.repository.byId(messageId);
    const call = message?.toolCalls.find(({ id }) => id === callId);
    if (call) this.#items.push({ kind: "TOOL_CALL", messageId, call });
  }

  async #message(id: string): Promise<void> {
    await this.#options.requireReadable();
    const message = await this.#options.repository.byId(id);
    if (!message) return;
    this.#begun(message);
    if (this.#given.get(id) === null) await this.#askForState();
  }

  #begun(message: MessageRow): void {
    const { id: messageId, status, content } = message;
    this.#items.push({ kind: "MESSAGE", messageId, message });
    // What has just begun has said nothing: no state to wait for.
    if (status === "RUNNING") this.#given.set(messageId, this.#given.get(messageId) ?? (content === "" ? 0 : null));
    else this.#given.delete(messageId);
  }

  async #askForState(): Promise<void> {
    const { bus, sessionId } = this.#options;
    for (const id of this.#given.keys()) this.#given.set(id, null);
    await tellWork(bus, sessionId, { kind: "WATCHED" });
  }
}
