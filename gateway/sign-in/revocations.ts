import { API_TOKENS_REVOKED, ApiTokenRevoked } from "../../subgraphs/shared/kernel/api-tokens.ts";
import type { EventBus } from "../../subgraphs/shared/kernel/bus/event-bus.ts";
import { follow } from "../../subgraphs/shared/kernel/bus/follow.ts";
import type { Logger } from "../../subgraphs/shared/kernel/log.ts";
import type { Recheck } from "../subscriptions/recheck.ts";
import type { OpenSignIn } from "./open-sign-in.ts";

export interface RevocationsOptions {
  bus: EventBus;
  authenticator: Pick<OpenSignIn, "forgetApiTokens">;
  recheck: Recheck;
  log: Logger;
}

/** A revoked API token ends at once, with its streams, where a bus tells of it; without, it does within seconds. @returns how to stop. */
export const hearRevocations = ({ bus, authenticator, recheck, log }: RevocationsOptions): (() => void) =>
  follow({
    bus,
    topic: API_TOKENS_REVOKED,
    decode: (event) => ApiTokenRevoked.safeParse(event).data ?? null,
    heard: ({ token_id }) => {
      authenticator.forgetApiTokens();
      return recheck.now(({ identity }) => identity.apiToken === token_id);
    },
    failed: (error) => log.warn({ err: error }, "the bus cannot be read; revoked API tokens end some seconds later"),
  });
