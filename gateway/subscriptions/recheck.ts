import { authorisationKey } from "../../subgraphs/shared/kernel/auth-context.ts";
import { CodedError } from "../../subgraphs/shared/kernel/errors.ts";
import type { StreamCaller } from "../context.ts";
import type { LiveStream, Subscriptions } from "./subscriptions.ts";

const EVERY_MS = 30_000;
const AT_ONCE = 50;

export interface Recheck {
  /** Look again now, at the streams of whom it says so. */
  now(whose: (caller: StreamCaller) => boolean): Promise<void>;
  stop(): void;
}

/** Streams outlive requests: now and then their callers are signed in again, and those end who may no longer, or no longer the same. */
export function recheckStreams(subscriptions: Pick<Subscriptions, "streams">, everyMs = EVERY_MS): Recheck {
  const now = async (whose: (caller: StreamCaller) => boolean): Promise<void> => {
    const streams = [...subscriptions.streams.values()].filter(({ caller }) => whose(caller));
    for (let from = 0; from < streams.length; from += AT_ONCE) {
      await Promise.all(streams.slice(from, from + AT_ONCE).map(check));
    }
  };
  let underWay = false;
  const timer = setInterval(() => {
    if (underWay) return;
    underWay = true;
    void now(() => true).finally(() => {
      underWay = false;
    });
  }, everyMs);
  timer.unref();
  return { now, stop: () => clearInterval(timer) };
}

async function check({ stream, caller }: LiveStream): Promise<void> {
  try {
    const again = await caller.again?.();
    if (again && authorisationKey(again.identity) !== authorisationKey(caller.identity)) stream.end(accessChanged());
  } catch (error) {
    const refused = error instanceof CodedError ? error : null;
    // Who vouched for them is away: what was true goes on until it says otherwise.
    if (refused && refused.code !== "SIGN_IN_UNAVAILABLE") stream.end(refused);
  }
}

const accessChanged = (): CodedError =>
  new CodedError("UNAUTHENTICATED", "Your access has changed; connect again to have what you may see now.");
