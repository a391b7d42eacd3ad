import { GraphQLError } from "graphql";
import { describe, expect, it } from "vitest";
import { CodedError } from "../../subgraphs/shared/kernel/errors.ts";
import { identity } from "../../test/support/clusters.ts";
import { type GatewayContext, newOperation } from "../context.ts";
import type { ProcessOptions, ProcessResult } from "./data-source.ts";
import { hopError } from "./hop.ts";
import { SharedHops } from "./shared-hops.ts";

/** A subgraph whose answers are given by hand, and what it was asked. */
function byHand() {
  const asked: { hop: ProcessOptions; answer: (result: object) => void; fail: (error: unknown) => void }[] = [];
  return {
    asked,
    aborted: (index: number) => (asked[index]?.hop.context as GatewayContext | undefined)?.signal.aborted,
    process: (hop: ProcessOptions) => {
      const { promise, resolve, reject } = Promise.withResolvers<ProcessResult>();
      asked.push({ hop, answer: (result) => resolve(result), fail: reject });
      return promise;
    },
  };
}

const contextOf = (user = "ann", signal = new AbortController().signal): GatewayContext =>
  newOperation({ identity: identity({ user }), requestId: "r-1", signal });

describe("SharedHops", () => {
  const hops = new SharedHops();
  const ask = (
    source: ReturnType<typeof byHand>,
    given: {
      context?: GatewayContext;
      event?: string;
      query?: string;
      variables?: object;
      at?: string[];
      name?: string;
    } = {},
  ): Promise<ProcessResult> => {
    const { context = contextOf(), event = "e-1", query = "{ a }", variables = {}, at = [], name = "s" } = given;
    const hop = { request: { query, variables }, context, pathInIncomingRequest: at } as unknown as ProcessOptions;
    return hops.of(name, source, event, context).process(hop);
  };

  it("asks once for equal ones of one event, and gives each a copy", async () => {
    const source = byHand();
    const both = [ask(source), ask(source)];
    expect(source.asked).toHaveLength(1);
    source.asked[0]?.answer({ data: { a: [{ b: 1 }], at: new Date(0) } });
    const [first, second] = await Promise.all(both);
    expect(first).toEqual({ data: { a: [{ b: 1 }], at: new Date(0) } });
    expect(second).toEqual(first);
    expect(second?.data?.["a"]).not.toBe(first?.data?.["a"]);
    expect(second?.data?.["a"]?.[0]).not.toBe(first?.data?.["a"]?.[0]);
  });

  it.each<[string, Parameters<typeof ask>[1]]>([
    ["another user's", { context: contextOf("bob") }],
    ["another event's", { event: "e-2" }],
    ["another query", { query: "{ b }" }],
    ["other variables", { variables: { id: 1 } }],
    ["another subgraph's", { name: "t" }],
  ])("does not share %s", async (_, given) => {
    const source = byHand();
    const both = [ask(source), ask(source, given)];
    expect(source.asked).toHaveLength(2);
    for (const { answer } of source.asked) answer({ data: null });
    await Promise.all(both);
  });

  it("asks again once the answer is there", async () => {
    const source = byHand();
    const first = ask(source);
    source.asked[0]?.answer({ data: null });
    await first;
    const second = ask(source);
    expect(source.asked).toHaveLength(2);
    source.asked[1]?.answer({ data: null });
    await second;
  });

  it("fails alike for all, each at its own place", async () => {
    const source = byHand();
    const both = [ask(source, { at: ["x"] }), ask(source, { at: ["y", "@", "z"] })];
    const [first] = source.asked;
    first?.fail(hopError(first.hop, "SUBGRAPH_UNAVAILABLE", "Away."));
    const [one, other] = (await Promise.allSettled(both)) as PromiseRejectedResult[];
    for (const [result, path] of [
      [one, ["x"]],
      [other, ["y"]],
    ] as const) {
      expect(result?.reason).toBeInstanceOf(GraphQLError);
      expect(result?.reason).toMatchObject({ message: "Away.", path, extensions: { code: "SUBGRAPH_UNAVAILABLE" } });
    }
  });

  it("is cancelled when the last who waits has left, and each of them is free at once", async () => {
    const source = byHand();
    const [first, second] = [new AbortController(), new AbortController()];
    const both = [first, second].map(({ signal }) => ask(source, { context: contextOf("ann", signal) }));
    first.abort(new CodedError("CANCELLED", "Left."));
    await expect(both[0]).rejects.toMatchObject({ message: "Left.", extensions: { code: "CANCELLED" } });
    expect(source.aborted(0)).toBe(false);
    second.abort();
    await expect(both[1]).rejects.toMatchObject({ extensions: { code: "CANCELLED" } });
    expect(source.aborted(0)).toBe(true);
    const later = ask(source);
    expect(source.asked).toHaveLength(2);
    source.asked[1]?.answer({ data: null });
    await later;
  });

  it("goes on for others when the one who asked first has left", async () => {
    const source = byHand();
    const first = new AbortController();
    const both = [ask(source, { context: contextOf("ann", first.signal) }), ask(source)];
    first.abort();
    source.asked[0]?.answer({ data: { a: 1 } });
    await expect(both[0]).rejects.toMatchObject({ extensions: { code: "CANCELLED" } });
    expect(await both[1]).toEqual({ data: { a: 1 } });
  });
});
