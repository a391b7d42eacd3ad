import { expect } from "vitest";
import { type Recording, recording } from "../../demo/testing/recordings.ts";
import { type HttpServer, type SeenRequest, startHttpServer } from "./http-server.ts";

export { recording };

/** A recorded answer, and the request that it is given to. */
export interface Replay {
  /** As "GET /version", with the query string. */
  request: string;
  /** The form that must come with it, if one must. */
  form?: Record<string, string>;
  answer: Pick<Recording, "status" | "contentType" | "answer">;
}

export interface ReplayServer extends HttpServer {
  /** Fails unless every replay was asked for, and nothing else was. */
  verify(): void;
}

/** A server that gives each recorded answer once, in any order; what was not foreseen gets a 599 and fails `verify`. */
export async function startReplayServer(
  replays: readonly Replay[],
  tls?: { cert: string; key: string },
): Promise<ReplayServer> {
  const waiting = [...replays];
  const unforeseen: string[] = [];
  const server = await startHttpServer((seen, response) => {
    const index = waiting.findIndex((replay) => isFor(replay, seen));
    const [replay] = index < 0 ? [] : waiting.splice(index, 1);
    if (!replay) {
      unforeseen.push(`${seen.method} ${seen.path} ${seen.body}`);
      response.writeHead(599).end();
      return;
    }
    const { status, contentType, answer } = replay.answer;
    response.writeHead(status, contentType ? { "content-type": contentType } : {});
    response.end(typeof answer === "string" ? answer : JSON.stringify(answer));
  }, tls);
  return {
    ...server,
    verify: () =>
      expect({ unforeseen, unasked: waiting.map(({ request }) => request) }).toEqual({ unforeseen: [], unasked: [] }),
  };
}

function isFor({ request, form }: Replay, { method, path, body }: SeenRequest): boolean {
  if (`${method} ${path}` !== request) return false;
  const sent = Object.fromEntries(new URLSearchParams(body));
  return form === undefined || JSON.stringify(sorted(form)) === JSON.stringify(sorted(sent));
}

const sorted = (form: Record<string, string>): [string, string][] =>
  Object.entries(form).sort(([a], [b]) => (a < b ? -1 : 1));
