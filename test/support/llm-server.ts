import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What the scripted model does when it is asked. */
export interface ScriptedAnswer {
  /** Text, in the pieces it is streamed in. */
  text?: readonly string[];
  /** Tools it asks for; the arguments are sent in fragments of `fragment` characters. */
  calls?: readonly { id?: string; name: string; arguments: string; fragment?: number; bare?: boolean }[];
  finish?: string | null;
  usage?: { prompt_tokens: number; completion_tokens: number } | null;
  /** Instead of an answer. */
  status?: number;
  body?: string;
  headers?: Record<string, string>;
  /** Says nothing at all, or nothing more, and keeps the connection. */
  hang?: "before" | "after-text";
  /** Waited for after the first piece of text. */
  pause?: Promise<void>;
  /** Breaks the connection off after the text. */
  cut?: boolean;
  /** Bytes of each write, whatever they cut through. */
  chunkBytes?: number;
}

// biome-ignore lint/suspicious/noExplicitAny: a test reads what the model was asked.
export type ModelRequest = any;

export interface LlmServer extends AsyncDisposable {
  /** Up to /v1. */
  url: string;
  /** What it was asked so far. */
  requests: ModelRequest[];
  authorization: (string | undefined)[];
  /** Requests that the caller gave up. */
  aborted(): number;
  /** One after another; the last one again and again. Or by what is asked. */
  script(...answers: readonly ScriptedAnswer[]): void;
  answerBy(rule: (request: ModelRequest) => ScriptedAnswer): void;
}

/** A real HTTP server that speaks OpenAI's chat API from a script. */
export async function startLlmServer(): Promise<LlmServer> {
  let answers: ScriptedAnswer[] = [{ text: ["Hello."] }];
  let rule: ((request: ModelRequest) => ScriptedAnswer) | null = null;
  let aborted = 0;
  const requests: ModelRequest[] = [];
  const authorization: (string | undefined)[] = [];

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.url === "/v1/models") {
      response.end(JSON.stringify({ object: "list", data: [{ id: "scripted", object: "model" }] }));
      return;
    }
    response.once("close", () => {
      if (!response.writableFinished) aborted++;
    });
    const asked: ModelRequest = JSON.parse(await bodyOf(request));
    requests.push(asked);
    authorization.push(request.headers.authorization);
    const answer = rule ? rule(asked) : ((answers.length > 1 ? answers.shift() : answers[0]) ?? {});
    await give(answer, response);
  };
  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    authorization,
    aborted: () => aborted,
    script(...next) {
      rule = null;
      answers = [...next];
    },
    answerBy(next) {
      rule = next;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8") as AsyncIterable<string>) text += chunk;
  return text;
}

async function give(answer: ScriptedAnswer, response: ServerResponse): Promise<void> {
  const {
    status = 200,
    hang,
    cut,
    chunkBytes = 1_000_000,
    usage = { prompt_tokens: 10, completion_tokens: 5 },
  } = answer;
  if (hang === "before") return;
  if (status !== 200) {
    response.writeHead(status, { "content-type": "application/json", ...answer.headers });
    response.end(answer.body ?? JSON.stringify({ error: { message: "scripted failure" } }));
    return;
  }
  response.writeHead(200, { "content-type": "text/event-stream" });
  if (answer.body !== undefined) {
    response.end(answer.body);
    return;
  }
  const events = [
    delta({ role: "assistant", content: "" }),
    ...(answer.text ?? []).map((content) => delta({ content })),
  ];
  if (answer.pause) {
    await write(response, events.splice(0, 2).join(""), chunkBytes);
    await answer.pause;
  }
  if (hang || cut) {
    await write(response, events.join(""), chunkBytes);
    if (cut) response.destroy();
    return;
  }
  for (const [index, call] of (answer.calls ?? []).entries()) events.push(...callEvents(call, index));
  const reason = answer.finish === undefined ? (answer.calls?.length ? "tool_calls" : "stop") : answer.finish;
  if (reason !== null) events.push(event({ choices: [{ index: 0, delta: {}, finish_reason: reason }] }));
  if (usage) events.push(event({ choices: [], usage: { ...usage, total_tokens: 0 } }));
  events.push("data: [DONE]\n\n");
  await write(response, events.join(""), chunkBytes);
  response.end();
}

function callEvents(
  { id, name, arguments: args, fragment = args.length || 1, bare }: NonNullable<ScriptedAnswer["calls"]>[number],
  index: number,
): string[] {
  const first = { ...(bare ? {} : { index, type: "function" }), id: id ?? `call-${index}` };
  const pieces = args.match(new RegExp(`[\\s\\S]{1,${fragment}}`, "g")) ?? [""];
  return pieces.map((piece, at) =>
    delta({
      tool_calls: [
        at === 0 ? { ...first, function: { name, arguments: piece } } : { index, function: { arguments: piece } },
      ],
    }),
  );
}

const delta = (given: object): string => event({ choices: [{ index: 0, delta: given, finish_reason: null }] });

const event = (given: object): string =>
  `data: ${JSON.stringify({ id: "1", object: "chat.completion.chunk", created: 0, model: "scripted", ...given })}\n\n`;

/** Piece by piece, each flushed before the next. */
async function write(response: ServerResponse, text: string, bytes: number): Promise<void> {
  const all = Buffer.from(text);
  for (let at = 0; at < all.length; at += bytes) {
    await new Promise<void>((resolve) => response.write(all.subarray(at, at + bytes), () => resolve()));
  }
}
