import type { FormattedExecutionResult } from "graphql";
import { expect, onTestFinished, test, vi } from "vitest";
import type { Identity } from "../../subgraphs/shared/kernel/auth-context.ts";
import { Channel } from "../../subgraphs/shared/kernel/channel.ts";
import { cannotCheck, type SignedIn, unauthenticated } from "../sign-in/sign-in.ts";
import { ClientStream } from "./client-stream.ts";
import { recheckStreams } from "./recheck.ts";
import type { LiveStream } from "./subscriptions.ts";

const ann: Identity = { user: "ann", groups: [], roles: ["viewer"], tenant: "default", scope: null };

function following(again: (() => Promise<SignedIn>) | undefined) {
  const stream = new ClientStream({
    open: () => new Channel<FormattedExecutionResult>({ limit: 10 }),
    startsOver: false,
    expiresAt: null,
    onClose: () => {},
  });
  const caller = { identity: ann, requestId: "r", transport: "SSE", clientId: "c", expiresAt: null } as const;
  const live = { stream, caller: { ...caller, ...(again ? { again } : {}) } } as unknown as LiveStream;
  const ended = stream.next().then(
    () => "an item",
    (error: { code: string }) => error.code,
  );
  onTestFinished(async () => void (await stream.return()));
  return { live, ended };
}

test("streams end whose callers are refused, or have other rights, and go on while nobody can tell", async () => {
  const signedIn = (identity: Identity) => async () => ({ identity, expiresAt: null });
  const good = vi.fn(signedIn({ ...ann }));
  const away = vi.fn(async () => {
    throw cannotCheck();
  });
  const refused = following(async () => {
    throw unauthenticated();
  });
  const changed = following(signedIn({ ...ann, scope: { regions: ["eu"] } }));
  const staying = [following(good), following(away), following(undefined)];
  const all = [refused, changed, ...staying];
  const recheck = recheckStreams({ streams: new Map(all.map(({ live }, index) => [String(index), live])) }, 20);
  onTestFinished(() => recheck.stop());
  expect([await refused.ended, await changed.ended]).toEqual(["UNAUTHENTICATED", "UNAUTHENTICATED"]);
  await vi.waitFor(() => expect(Math.min(good.mock.calls.length, away.mock.calls.length)).toBeGreaterThan(2));
  const undecided = Symbol("undecided");
  const states = staying.map(({ ended }) => Promise.race([ended, Promise.resolve(undecided)]));
  expect(await Promise.all(states)).toEqual([undecided, undecided, undecided]);
});

test("only those are looked at who are meant", async () => {
  const good = vi.fn(async () => ({ identity: ann, expiresAt: null }));
  const { live } = following(good);
  const recheck = recheckStreams({ streams: new Map([["1", live]]) });
  onTestFinished(() => recheck.stop());
  await recheck.now(({ identity }) => identity.user !== "ann");
  expect(good).not.toHaveBeenCalled();
  await recheck.now(({ identity }) => identity.user === "ann");
  expect(good).toHaveBeenCalledTimes(1);
});
