import { z } from "zod";

// What only gateways know (who is connected) is asked of all of them over the bus, and each answers for itself.

export const GATEWAY_QUESTIONS = "gateway-questions";
export const GATEWAY_ANSWERS = "gateway-answers";

/** Streams that one answer names, at most. */
export const MOST_STREAMS = 1000;

const base = { question_id: z.uuid(), tenant_id: z.string() };
export const GatewayQuestion = z.discriminatedUnion("kind", [
  z.object({ ...base, kind: z.literal("COUNT") }),
  z.object({ ...base, kind: z.literal("LIST") }),
  z.object({ ...base, kind: z.literal("CLOSE"), subscription_id: z.uuid() }),
]);
export type GatewayQuestion = z.infer<typeof GatewayQuestion>;

export const ToldStream = z.object({
  id: z.uuid(),
  client_id: z.string(),
  user: z.string(),
  transport: z.enum(["WEBSOCKET", "SSE", "MULTIPART"]),
  field: z.string(),
  event_types: z.array(z.string()),
  cluster_filter: z.array(z.string()),
  namespace_filter: z.array(z.string()),
  created_at: z.iso.datetime(),
  sent: z.number(),
  queued: z.number(),
  started_over: z.number(),
});
export type ToldStream = z.infer<typeof ToldStream>;

export const GatewayAnswer = z.object({
  question_id: z.uuid(),
  gateway_id: z.uuid(),
  sockets: z.number(),
  clients: z.number(),
  upstreams: z.number(),
  /** The asking tenant's, oldest first; of LIST alone. */
  streams: z.array(ToldStream),
  /** Whether it had the one that was to be closed. */
  closed: z.boolean(),
});
export type GatewayAnswer = z.infer<typeof GatewayAnswer>;
