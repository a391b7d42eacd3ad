import type { FormattedExecutionResult } from "graphql";
import type { StreamFormat } from "./stream-response.ts";

const part = (body: object): string => `\r\nContent-Type: application/json\r\n\r\n${JSON.stringify(body)}\r\n--graphql`;

/**
 * Apollo's multipart subscription protocol, which Apollo Client speaks over plain HTTP: results under `payload`, an empty object
 * for a heartbeat, and errors beside a payload of null for what ends the stream.
 * https://www.apollographql.com/docs/graphos/routing/operations/subscriptions/multipart-protocol
 */
export const MULTIPART: StreamFormat = {
  transport: "MULTIPART",
  headers: { "content-type": 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0' },
  opening: "\r\n--graphql",
  heartbeat: part({}),
  result: (payload) => part({ payload }),
  failure: ({ errors }: FormattedExecutionResult) => part({ payload: null, errors }),
  closing: "--\r\n",
};

/** Whether a request asks for it: such a client names the protocol among what it accepts. */
export const wantsMultipart = (accept: string | undefined): boolean =>
  accept !== undefined && /multipart\/mixed\b[^,]*subscriptionSpec/i.test(accept);
