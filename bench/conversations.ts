import { createClient } from "graphql-ws";
import WebSocket from "ws";
import type { ServerProcess } from "./server-process.ts";

const WATCH = `subscription ($id: UUID!) { chatMessage(sessionId: $id) { messageId text message { role status error } } }`;

export interface Asked {
  /** From the question to the whole answer. */
  ms: number;
  /** From when the model wrote a word to when it was here. */
  latencies: number[];
}

/** A user who asks over HTTP and watches over a socket. */
export class Asker implements AsyncDisposable {
  readonly #server: ServerProcess;
  readonly #token: string;
  readonly #client: ReturnType<typeof createClient>;

  constructor(server: ServerProcess, token: string) {
    this.#server = server;
    this.#token = token;
    this.#client = createClient({
      url: `${server.url.replace("http", "ws")}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${token}` },
    });
  }

  async begin(): Promise<string> {
    const { createChatSession } = await this.#query<{ createChatSession: { id: string } }>(
      "mutation { createChatSession { id } }",
    );
    return createChatSession.id;
  }

  /** Each answer's words, as they come, by its message. */
  watch(sessionId: string): { answered: (messageId: string) => Promise<number[]>; stop: () => void } {
    const latencies = new Map<string, number[]>();
    const ended = new Map<string, PromiseWithResolvers<void>>();
    const endOf = (messageId: string): PromiseWithResolvers<void> => {
      const known = ended.get(messageId) ?? Promise.withResolvers<void>();
      ended.set(messageId, known);
      return known;
    };
    let failure: Error | undefined;
    const fail = (reason: unknown): void => {
      failure = reason instanceof Error ? reason : new Error(JSON.stringify(reason));
      for (const { reject } of ended.values()) reject(failure);
    };
    const stop = this.#client.subscribe<{ chatMessage: Item }>(
      { query: WATCH, variables: { id: sessionId } },
      {
        next: ({ data, errors }) => {
          if (errors || !data) return fail(errors);
          const { messageId, text, message } = data.chatMessage;
          const now = performance.timeOrigin + performance.now();
          const words = [...(text ?? "").matchAll(/<(\d+)>/g)].map(([, at]) => now - Number(at));
          latencies.set(messageId, [...(latencies.get(messageId) ?? []), ...words]);
          if (message?.role !== "ASSISTANT" || message.status === "RUNNING") return;
          if (message.status === "COMPLETE") endOf(messageId).resolve();
          else fail(message);
        },
        error: fail,
        complete: () => {},
      },
    );
    return {
      stop,
      answered: async (messageId) => {
        if (failure) throw failure;
        await endOf(messageId).promise;
        return latencies.get(messageId) ?? [];
      },
    };
  }

  async ask(sessionId: string, content: string): Promise<Asked> {
    const watching = this.watch(sessionId);
    const began = performance.now();
    const { sendChatMessage } = await this.#query<{ sendChatMessage: { id: string } }>(
      "mutation ($id: UUID!, $content: String!) { sendChatMessage(sessionId: $id, content: $content) { id } }",
      { id: sessionId, content },
    );
    const latencies = await watching.answered(sendChatMessage.id);
    watching.stop();
    return { ms: performance.now() - began, latencies };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.dispose();
  }

  async #query<T>(query: string, variables: Record<string, unknown> = {}): Promise<T> {
    return await this.#server.query<T>(query, variables, { authorization: `Bearer ${this.#token}` });
  }
}

interface Item {
  messageId: string;
  text: string | null;
  message: { role: string; status: string; error: string | null } | null;
}
