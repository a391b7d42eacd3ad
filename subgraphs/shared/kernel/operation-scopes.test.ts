import { describe, expect, it, vi } from "vitest";
import { Identity } from "./auth-context.ts";
import { callScope } from "./call-scope.ts";
import { OperationScopes } from "./operation-scopes.ts";
import type { Operation } from "./subgraph.ts";

const ann = Identity.parse({ user: "ann", roles: ["viewer"] });

/** Scopes whose context is the operation itself, as it sees it. */
const operationScopes = (): { scopes: OperationScopes; created: Operation[] } => {
  const created: Operation[] = [];
  const scopes = new OperationScopes((operation) => {
    created.push(operation);
    return operation;
  });
  return { scopes, created };
};

const operation = (more: Partial<Operation> = {}): Operation => ({
  id: "op-1",
  requestId: "r-1",
  startedAt: new Date(0),
  identity: ann,
  signal: new AbortController().signal,
  ...more,
});

/** A hop under way: its context, its caller, and how it ends. */
function hop(scopes: OperationScopes, more: Partial<Operation> = {}) {
  const caller = new AbortController();
  const { promise, resolve } = Promise.withResolvers<void>();
  let context: Operation | undefined;
  const end = scopes.run(operation({ signal: caller.signal, ...more }), (scope) => {
    context = scope as Operation;
    return promise;
  });
  if (!context) throw new Error("The hop did not begin.");
  const finish = (): Promise<void> => {
    resolve();
    return end;
  };
  return { context, cancel: () => caller.abort(), finish };
}

describe("OperationScopes", () => {
  it("tells by the operation's signal whose it is", async () => {
    const { scopes } = operationScopes();
    const { context, finish } = hop(scopes);
    expect(callScope(context.signal)).toEqual({ caller: "default ann" });
    await finish();
  });

  it("shares one context among the hops of an operation, at once and one after the other", async () => {
    const { scopes, created } = operationScopes();
    const [one, two] = [hop(scopes), hop(scopes, { requestId: "r-2", identity: { ...ann } })];
    expect(one.context).toBe(two.context);
    await Promise.all([one.finish(), two.finish()]);
    const three = hop(scopes);
    expect(three.context).toBe(one.context);
    await three.finish();
    expect(created).toEqual([expect.objectContaining({ id: "op-1", requestId: "r-1", identity: ann })]);
  });

  it.each<[string, Partial<Operation>]>([
    ["another operation", { id: "op-2" }],
    ["another identity under the same operation id", { identity: { ...ann, user: "bob" } }],
    ["the same user with other rights", { identity: { ...ann, roles: ["admin"] } }],
    ["the same user with another scope", { identity: { ...ann, scope: { regions: ["eu"] } } }],
  ])("never shares one with %s", (_, other) => {
    const { scopes } = operationScopes();
    expect(hop(scopes).context).not.toBe(hop(scopes, other).context);
  });

  it("keeps nothing of an operation that is over, and lets its hop under way go on", async () => {
    const { scopes } = operationScopes();
    const [one, two] = [hop(scopes), hop(scopes)];
    await one.finish();
    scopes.end(operation({ identity: { ...ann } }));
    expect(scopes.size).toBe(0);
    expect(two.context.signal.aborted).toBe(false);
    await two.finish();
    expect(scopes.size).toBe(0);
  });

  it("answers what the hop answers, and throws what it throws", async () => {
    const { scopes } = operationScopes();
    expect(await scopes.run(operation(), async () => 5)).toBe(5);
    await expect(scopes.run(operation(), () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  });

  describe("ends the context's signal", () => {
    it("when its only hop is cancelled", () => {
      const one = hop(operationScopes().scopes);
      expect(one.context.signal.aborted).toBe(false);
      one.cancel();
      expect(one.context.signal.aborted).toBe(true);
    });

    it("when a hop comes that was cancelled already", () => {
      expect(hop(operationScopes().scopes, { signal: AbortSignal.abort() }).context.signal.aborted).toBe(true);
    });

    it("not before every hop under way is cancelled", () => {
      const { scopes } = operationScopes();
      const [one, two] = [hop(scopes), hop(scopes)];
      one.cancel();
      expect(one.context.signal.aborted).toBe(false);
      two.cancel();
      expect(one.context.signal.aborted).toBe(true);
    });

    it("when one caller's going away cancels all hops at once", () => {
      const { scopes } = operationScopes();
      const client = new AbortController();
      const { context } = hop(scopes, { signal: client.signal });
      hop(scopes, { signal: client.signal });
      client.abort();
      expect(context.signal.aborted).toBe(true);
    });

    it("when the last hop that was not cancelled has ended, and only cancelled ones are left", async () => {
      const { scopes } = operationScopes();
      const [cancelled, ended] = [hop(scopes), hop(scopes)];
      cancelled.cancel();
      await ended.finish();
      expect(cancelled.context.signal.aborted).toBe(true);
    });

    it("not for a caller that goes away after its hop has ended", async () => {
      const { scopes } = operationScopes();
      const one = hop(scopes);
      await one.finish();
      one.cancel();
      const two = hop(scopes);
      expect(two.context).toBe(one.context);
      expect(two.context.signal.aborted).toBe(false);
    });
  });

  it("starts anew after a cancellation", () => {
    const { scopes } = operationScopes();
    const one = hop(scopes);
    one.cancel();
    const two = hop(scopes);
    expect(two.context).not.toBe(one.context);
    expect(two.context.signal.aborted).toBe(false);
  });

  it("keeps a context as long as a hop is under way, and three seconds after the last one", async () => {
    const { scopes, created } = operationScopes();
    vi.useFakeTimers();
    try {
      const slow = hop(scopes);
      await vi.advanceTimersByTimeAsync(60_000);
      const during = hop(scopes);
      expect(during.context).toBe(slow.context);
      await Promise.all([slow.finish(), during.finish()]);
      await vi.advanceTimersByTimeAsync(2_500);
      await hop(scopes).finish();
      await vi.advanceTimersByTimeAsync(2_500);
      await hop(scopes).finish();
      expect(created).toHaveLength(1);
      await vi.advanceTimersByTimeAsync(3_500);
      await hop(scopes).finish();
      expect(created).toHaveLength(2);
    } finally {
      vi.useRealTimers();
    }
  });

  it("lets go of what an operation was answered", async () => {
    const { scopes } = operationScopes();
    vi.useFakeTimers();
    try {
      await Promise.all([hop(scopes).finish(), hop(scopes).finish()]);
      expect(vi.getTimerCount()).toBe(1);
      await vi.advanceTimersByTimeAsync(3_500);
      expect([vi.getTimerCount(), scopes.size]).toEqual([0, 0]);
    } finally {
      vi.useRealTimers();
    }
  });
});
