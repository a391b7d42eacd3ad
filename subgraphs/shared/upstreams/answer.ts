import type { Dispatcher } from "undici";
import { CodedError } from "../kernel/errors.ts";
import type { UpstreamAnswer } from "./http.ts";

export const MAX_BODY_BYTES = 64 * 1024 * 1024;

/** Reads an answer, and no more of it than may be. @throws UPSTREAM_ANSWER_TOO_LARGE, UPSTREAM_INVALID_ANSWER, and what the connection does. */
export async function readAnswer(response: Dispatcher.ResponseData): Promise<UpstreamAnswer> {
  const { statusCode: status, body } = response;
  const contentType = header(response, "content-type").split(";")[0]?.trim().toLowerCase() ?? "";
  const refusal =
    Number(header(response, "content-length")) > MAX_BODY_BYTES
      ? tooLarge()
      : status < 300 && contentType === "text/html" && webPage();
  if (refusal) {
    body.on("error", () => {}).destroy();
    throw refusal;
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // Leaving the loop destroys the body.
    if (bytes > MAX_BODY_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  const retryAfterSeconds = secondsUntil(header(response, "retry-after"));
  return { status, body: Buffer.concat(chunks).toString("utf8"), bytes, contentType, retryAfterSeconds };
}

const header = ({ headers }: Dispatcher.ResponseData, name: string): string => String(headers[name] ?? "");

/** Of a Retry-After: a number of seconds, or a date. */
function secondsUntil(text: string): number | null {
  const seconds = /^\d+$/.test(text) ? Number(text) : Math.ceil((Date.parse(text) - Date.now()) / 1000);
  return Number.isNaN(seconds) ? null : Math.max(0, seconds);
}

export const tooLarge = (): CodedError =>
  new CodedError("UPSTREAM_ANSWER_TOO_LARGE", `The answer is larger than ${MAX_BODY_BYTES / 1024 / 1024} MiB.`);

/** No API of ours answers so; what stands in front of one, and wants a login, does, with 200. */
const webPage = (): CodedError =>
  new CodedError("UPSTREAM_INVALID_ANSWER", "The endpoint answered a web page, such as a login, and is not its API.");
