import type { ChatNews } from "../chat-news.contract.ts";

/** Words come faster than anybody reads: what came within this time is told at once. */
const TELL_MS = 40;

/** An answer's text on its way to those who watch: whole, and in pieces that say where they belong. */
export class TextTeller {
  readonly #messageId: string;
  readonly #tell: (news: ChatNews) => Promise<void>;
  readonly #onError: (error: unknown) => void;
  #whole: string;
  #told: number;
  #timer: NodeJS.Timeout | undefined;
  /** One after the other, so that pieces arrive in their order. */
  #telling: Promise<void> = Promise.resolve();

  constructor(
    messageId: string,
    begun: string,
    tell: (news: ChatNews) => Promise<void>,
    onError: (error: unknown) => void,
  ) {
    this.#messageId = messageId;
    this.#whole = begun;
    this.#told = begun.length;
    this.#tell = tell;
    this.#onError = onError;
  }

  get whole(): string {
    return this.#whole;
  }

  add(text: string): void {
    this.#whole += text;
    this.#timer ??= setTimeout(() => void this.flush(), TELL_MS);
  }

  /** Tells what has not been told. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return this.#next(() => {
      const at = this.#told;
      if (at === this.#whole.length) return null;
      this.#told = this.#whole.length;
      return { kind: "DELTA", message_id: this.#messageId, at, text: this.#whole.slice(at) };
    });
  }

  /** For somebody who begins to watch: what follows goes on from here. */
  tellAll(): Promise<void> {
    return this.#next(() => {
      this.#told = this.#whole.length;
      return { kind: "STATE", message_id: this.#messageId, text: this.#whole };
    });
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #next(news: () => ChatNews | null): Promise<void> {
    this.#telling = this.#telling
      .then(async () => {
        const told = news();
        if (told) await this.#tell(told);
      })
      .catch(this.#onError);
    return this.#telling;
  }
}
