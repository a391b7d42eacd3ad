import { z } from "zod";
import { CommandError } from "./terminal.ts";

const ANSWER_MS = 330_000;

const Answer = z.object({
  data: z.unknown().optional(),
  errors: z
    .array(
      z.object({
        message: z.string(),
        extensions: z.object({ code: z.string().optional() }).optional(),
      }),
    )
    .optional(),
});

/** The API, for one user. Every failure is a CommandError of one line. */
export class Api {
  readonly url: URL;
  readonly #token: string | null;

  constructor(url: URL, token: string | null) {
    this.url = url;
    this.#token = token;
  }

  /** What the operation answers, as `schema` has it. */
  async ask<T extends z.ZodType>(
    schema: T,
    query: string,
    variables: Record<string, unknown> = {},
  ): Promise<z.output<T>> {
    const { data, errors = [] } = await this.#send(JSON.stringify({ query, variables }));
    const [first, ...others] = errors;
    if (first) throw new CommandError(worded(first.message, first.extensions?.code, others.length));
    const parsed = schema.safeParse(data);
    if (parsed.success) return parsed.data;
    throw new CommandError(
      `The API at ${this.url.href} does not answer as this command expects: is it of another version?`,
    );
  }

  async #send(body: string): Promise<z.output<typeof Answer>> {
    const headers = {
      "content-type": "application/json",
      accept: "application/json",
      ...(this.#token ? { authorization: `Bearer ${this.#token}` } : {}),
    };
    // A token goes where it was meant to go, and is not sent after a redirect.
    const request = {
      method: "POST",
      headers,
      body,
      redirect: "error",
      signal: AbortSignal.timeout(ANSWER_MS),
    } as const;
    const response = await fetch(this.url, request).catch((error: unknown) => {
      throw new CommandError(unreachable(this.url, error));
    });
    const answer = Answer.safeParse(await response.json().catch(() => undefined));
    if (answer.success) return answer.data;
    throw new CommandError(`${this.url.href} does not answer as a GraphQL API (HTTP ${response.status}).`);
  }
}

const SIGN_IN = "Set AIOPS_TOKEN, or --token-file FILE.";

function worded(message: string, code: string | undefined, others: number): string {
  const more = others > 0 ? ` (and ${others} more errors)` : "";
  return `${message}${code ? ` [${code}]` : ""}${more}${code === "UNAUTHENTICATED" ? ` ${SIGN_IN}` : ""}`;
}

function unreachable(url: URL, error: unknown): string {
  const { name, cause } = error as { name?: string; cause?: { code?: string; message?: string } };
  if (name === "TimeoutError") return `${url.href} did not answer within ${ANSWER_MS / 1000} s.`;
  const why = cause?.code ?? cause?.message ?? "no connection";
  return `Cannot reach ${url.href} (${why}). Is the server running there? Name it by --url or AIOPS_URL.`;
}
