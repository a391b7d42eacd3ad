import { randomUUID } from "node:crypto";
import type { FormattedExecutionResult } from "graphql";
import type { Channel } from "../../subgraphs/shared/kernel/channel.ts";
import { CodedError } from "../../subgraphs/shared/kernel/errors.ts";
import { expiredToken } from "../sign-in/sign-in.ts";

type Result = FormattedExecutionResult;

export interface ClientStreamOptions {
  /** Join the subscription, or open it. */
  open: () => Channel<Result>;
  /**
   * Whether the stream tells a state, and so begins anew for a reader that is too slow: it gets what is now instead of what it
   * missed. Any other ends with SLOW_CONSUMER, and goes on from the client's cursor.
   */
  startsOver: boolean;
  /** When the right to it ends by itself. */
  expiresAt: Date | null;
  onClose: () => void;
}

/** Longer than a timer can be set to; nobody's stream lives as long. */
const LONGEST_MS = 2 ** 31 - 1;

/** One client's part in a subscription, from when it came to when it leaves. */
export class ClientStream implements AsyncIterableIterator<Result> {
  readonly id = randomUUID();
  readonly createdAt = new Date();
  readonly #options: ClientStreamOptions;
  readonly #expiry: NodeJS.Timeout | undefined;
  #channel: Channel<Result>;
  #sent = 0;
  #startedOver = 0;
  #closed = false;

  constructor(options: ClientStreamOptions) {
    this.#options = options;
    this.#channel = options.open();
    const { expiresAt } = options;
    if (expiresAt) {
      const ms = Math.min(Math.max(0, expiresAt.getTime() - Date.now()), LONGEST_MS);
      this.#expiry = setTimeout(() => this.end(expiredToken()), ms);
    }
  }

  /** Results given out, those that wait for the reader, and how often it had to begin anew. */
  get counts(): { sent: number; queued: number; startedOver: number } {
    return { sent: this.#sent, queued: this.#channel.length, startedOver: this.#startedOver };
  }

  /** End it with this error, after what is queued. */
  end(error: CodedError): void {
    this.#channel.close(error);
  }

  async next(): Promise<IteratorResult<Result>> {
    for (;;) {
      try {
        const result = await this.#channel.next();
        if (result.done) this.#close();
        else this.#sent += 1;
        return result;
      } catch (error) {
        if (this.#closed || !this.#options.startsOver || !isTooSlow(error)) {
          this.#close();
          throw error;
        }
        this.#startedOver += 1;
        this.#channel = this.#options.open();
      }
    }
  }

  async return(): Promise<IteratorResult<Result>> {
    this.#close();
    return await this.#channel.return();
  }

  throw(error: unknown): Promise<IteratorResult<Result>> {
    return this.return().then(() => Promise.reject(error));
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#expiry);
    this.#options.onClose();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}

const isTooSlow = (error: unknown): boolean => error instanceof CodedError && error.code === "SLOW_CONSUMER";
