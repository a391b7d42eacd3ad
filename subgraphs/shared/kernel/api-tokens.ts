import { z } from "zod";
import { Identity } from "./auth-context.ts";

// What the gateway and the subgraph that keeps API tokens say to each other about them.

/** The prefix is for those who search for leaked tokens. */
export const API_TOKEN = /^aiops_[\w-]{43}$/;

/** Whom a token stands for, and until when. */
export const ApiTokenOwner = z.object({
  identity: Identity,
  expiresAt: z.iso.datetime().transform((at) => new Date(at)),
});
export type ApiTokenOwner = z.output<typeof ApiTokenOwner>;

/** Where gateways hear at once that a token was revoked. */
export const API_TOKENS_REVOKED = "api-tokens-revoked";
export const ApiTokenRevoked = z.object({ token_id: z.uuid() });
