import type { FormattedExecutionResult } from "graphql";
import type { StreamFormat } from "./stream-response.ts";

const next = (result: FormattedExecutionResult): string => `event: next\ndata: ${JSON.stringify(result)}\n\n`;

/** GraphQL over server-sent events in its "distinct connections" mode: `next` events and a `complete`. */
export const SSE: StreamFormat = {
  transport: "SSE",
  headers: { "content-type": "text/event-stream; charset=utf-8" },
  opening: ":\n\n",
  heartbeat: ":\n\n",
  result: next,
  failure: next,
  closing: "event: complete\ndata:\n\n",
};
