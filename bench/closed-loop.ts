import { Agent, request } from "undici";

/** Asks one operation of one server, in its own way. */
export interface Client {
  url: string;
  /** Of each request, anew. */
  headers: () => Promise<Record<string, string>>;
}

/** What is posted; without the query where its hash will do. */
export interface Operation {
  query?: string;
  variables: Record<string, unknown>;
  extensions?: Record<string, unknown>;
}

export interface Loaded {
  requests: number;
  seconds: number;
  /** Milliseconds of each. */
  latencies: number[];
  /** Those that were answered with an error. */
  failed: number;
  /** What the first of them was answered; null where none failed. */
  firstFailure: string | null;
}

/** @throws for an answer that is none, or has errors: a server that refuses quickly is not a fast one. */
export async function post(agent: Agent, { url, headers }: Client, operation: Operation): Promise<string> {
  const { statusCode, body } = await request(url, {
    dispatcher: agent,
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json", ...(await headers()) },
    body: JSON.stringify(operation),
  });
  const text = await body.text();
  if (statusCode !== 200 || text.includes('"errors":')) throw new Error(`HTTP ${statusCode}: ${text.slice(0, 500)}`);
  return text;
}

/** So many at a time, each the next once the one before is answered, for so long. @param next no two of which are equal */
export async function closedLoop(
  client: Client,
  next: () => Operation,
  { concurrency, seconds }: { concurrency: number; seconds: number },
): Promise<Loaded> {
  const agent = new Agent({ connections: concurrency, pipelining: 1 });
  const latencies: number[] = [];
  const began = performance.now();
  const end = began + seconds * 1000;
  let failed = 0;
  let firstFailure: string | null = null;
  const worker = async (): Promise<void> => {
    for (let at = performance.now(); at < end; at = performance.now()) {
      await post(agent, client, next()).catch((error: Error) => {
        firstFailure ??= error.message;
        failed += 1;
      });
      latencies.push(performance.now() - at);
    }
  };
  try {
    await Promise.all(Array.from({ length: concurrency }, worker));
    return { requests: latencies.length, seconds: (performance.now() - began) / 1000, latencies, failed, firstFailure };
  } finally {
    await agent.close();
  }
}
