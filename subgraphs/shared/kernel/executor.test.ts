import { buildSchema, type ExecutionResult, type GraphQLSchema } from "graphql";
import { describe, expect, it, vi } from "vitest";
import { heapInUse } from "../../../test/support/heap.ts";
import { Identity, InternalTokens } from "./auth-context.ts";
import { Channel } from "./channel.ts";
import { CodedError } from "./errors.ts";
import { SubgraphExecutor, type SubgraphRequest } from "./executor.ts";
import type { Logger } from "./log.ts";
import { GraphQLDateTime, GraphQLUUID } from "./scalars.ts";
import type { Operation } from "./subgraph.ts";

const tokens = new InternalTokens("a secret of at least thirty-two characters");
const ann = Identity.parse({ user: "ann", roles: ["viewer"] });

const SDL = /* GraphQL */ `
  scalar UUID
  scalar DateTime
  input Window { start: DateTime!, size: Int! }
  type Query {
    user: String!
    coded: String
    uncoded: String
    nonNull: Int!
    echo(id: UUID, window: Window): String
  }
  type Subscription { ticks(fail: String): Int }
`;

function executor(rootValue: Record<string, unknown> = {}) {
  const schema: GraphQLSchema = buildSchema(SDL);
  Object.assign(schema.getTypeMap()["UUID"] as object, { ...GraphQLUUID });
  Object.assign(schema.getTypeMap()["DateTime"] as object, { ...GraphQLDateTime });
  for (const type of [schema.getQueryType(), schema.getSubscriptionType()]) {
    for (const [name, field] of Object.entries(type?.getFields() ?? {})) {
      const resolver = rootValue[name] as ((args: unknown, context: Operation) => unknown) | undefined;
      const call = (_: unknown, args: unknown, context: Operation): unknown => resolver?.(args, context);
      if (type === schema.getSubscriptionType())
        Object.assign(field, { subscribe: call, resolve: (value: unknown) => value });
      else field.resolve = call;
    }
  }
  const log = { error: vi.fn() };
  const contexts: Operation[] = [];
  const context = (operation: Operation): object => {
    contexts.push(operation);
    return operation;
  };
  const hops = new SubgraphExecutor({ schema, running: { context }, tokens, log: log as unknown as Logger });
  return { hops, log, contexts };
}

const request = async (query: string, more: Partial<SubgraphRequest> = {}): Promise<SubgraphRequest> => ({
  query,
  token: await tokens.sign(ann),
  operationId: "op-1",
  requestId: "r-1",
  startedAt: new Date(0),
  signal: new AbortController().signal,
  ...more,
});

const plain = (result: unknown): unknown => JSON.parse(JSON.stringify(result));
const masked = "Something failed here; the log has it under the trace id.";

describe("SubgraphExecutor.execute", () => {
  it("runs a hop with the identity that its token carries", async () => {
    const { hops, contexts } = executor({ user: (_: unknown, { identity }: Operation) => identity.user });
    expect(plain(await hops.execute(await request("{ user }")))).toEqual({ data: { user: "ann" } });
    expect(contexts).toEqual([
      expect.objectContaining({ id: "op-1", requestId: "r-1", identity: ann, startedAt: new Date(0) }),
    ]);
  });

  it("runs the hops of one operation in one context", async () => {
    const { hops, contexts } = executor({ user: () => "x" });
    await Promise.all([hops.execute(await request("{ user }")), hops.execute(await request("{ again: user }"))]);
    await hops.execute(await request("{ user }", { operationId: "op-2" }));
    expect(contexts.map(({ id }) => id)).toEqual(["op-1", "op-2"]);
  });

  it.each([undefined, "", "nonsense"])("refuses the token %j and runs nothing", async (token) => {
    const { hops, contexts } = executor();
    expect(plain(await hops.execute(await request("{ user }", { token })))).toEqual({
      errors: [{ message: "A valid internal token is required.", extensions: { code: "UNAUTHENTICATED" } }],
    });
    expect(contexts).toEqual([]);
  });

  it("shows a coded error as it is, at its place, beside the data", async () => {
    const error = new CodedError("CLUSTER_NOT_FOUND", 'No cluster "x".', { id: "x" });
    const { hops, log } = executor({ user: () => "ann", coded: () => Promise.reject(error) });
    expect(plain(await hops.execute(await request("{ user coded }")))).toEqual({
      data: { user: "ann", coded: null },
      errors: [
        {
          message: 'No cluster "x".',
          path: ["coded"],
          locations: [{ line: 1, column: 8 }],
          extensions: { code: "CLUSTER_NOT_FOUND", details: { id: "x" } },
        },
      ],
    });
    expect(log.error).not.toHaveBeenCalled();
  });

  it("masks every other error, and logs it whole with the request's id", async () => {
    const error = new Error("connect ECONNREFUSED 10.0.0.1:5432");
    const { hops, log } = executor({ uncoded: () => Promise.reject(error) });
    const result = plain(await hops.execute(await request("{ uncoded }")));
    expect(result).toMatchObject({
      errors: [{ message: masked, path: ["uncoded"], extensions: { code: "INTERNAL_SERVER_ERROR" } }],
    });
    expect(JSON.stringify(result)).not.toContain("10.0.0.1");
    expect(log.error).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ err: error, requestId: "r-1" }),
      expect.any(String),
    );
  });

  it("masks and logs what is thrown that is no error", async () => {
    const { hops, log } = executor({ uncoded: () => Promise.reject("secret") });
    const result = plain(await hops.execute(await request("{ uncoded }")));
    expect(result).toMatchObject({ errors: [{ message: masked, extensions: { code: "INTERNAL_SERVER_ERROR" } }] });
    expect(JSON.stringify(result)).not.toContain("secret");
    expect(log.error).toHaveBeenCalledOnce();
  });

  it("masks and logs a context that cannot be made", async () => {
    const { log } = executor();
    const running = {
      context: () => {
        throw new Error("secret");
      },
    };
    const hops = new SubgraphExecutor({ schema: buildSchema(SDL), running, tokens, log: log as unknown as Logger });
    expect(plain(await hops.execute(await request("{ user }")))).toEqual({
      errors: [{ message: masked, extensions: { code: "INTERNAL_SERVER_ERROR" } }],
    });
    expect(log.error).toHaveBeenCalledOnce();
  });

  // A resolver that breaks the schema's promise is our mistake, not the caller's.
  it("masks and logs a null where the schema promises a value", async () => {
    const { hops, log } = executor({ nonNull: () => null });
    const result = plain(await hops.execute(await request("{ nonNull }")));
    expect(result).toMatchObject({ errors: [{ message: masked, extensions: { code: "INTERNAL_SERVER_ERROR" } }] });
    expect(log.error).toHaveBeenCalledOnce();
  });

  it.each<[string, string, Record<string, unknown>, RegExp]>([
    [
      "a variable of the wrong type",
      "query($w: Window) { echo(window: $w) }",
      { w: { start: "2026-01-01T00:00:00Z", size: "x" } },
      /Int cannot/,
    ],
    ["a variable that misses a field", "query($w: Window) { echo(window: $w) }", { w: { size: 1 } }, /"start"/],
    [
      "a variable with an unknown field",
      "query($w: Window) { echo(window: $w) }",
      { w: { start: "2026-01-01T00:00:00Z", size: 1, siz: 1 } },
      /siz/,
    ],
    ["a variable that a scalar refuses", "query($i: UUID) { echo(id: $i) }", { i: "x" }, /UUID/],
    ["a date that is none", "query($w: Window) { echo(window: $w) }", { w: { start: "x", size: 1 } }, /date/i],
    ["a missing variable", "query($i: UUID!) { echo(id: $i) }", {}, /\$i/],
    ["a literal that a scalar refuses", '{ echo(id: "x") }', {}, /UUID/],
    ["an unknown field", "{ nope }", {}, /nope/],
    ["a syntax error", "{ user", {}, /Syntax Error/],
    ["no operation of that name", "query A { user }", { operationName: "B" }, /./],
  ])("answers BAD_USER_INPUT to %s, with graphql-js's own words", async (_, query, variables, words) => {
    const { hops, log } = executor({ user: () => "x" });
    const { operationName, ...rest } = variables as { operationName?: string };
    const { errors } = plain(
      await hops.execute(await request(query, { variables: rest, operationName })),
    ) as ExecutionResult;
    expect(errors).toEqual([
      expect.objectContaining({ message: expect.stringMatching(words), extensions: { code: "BAD_USER_INPUT" } }),
    ]);
    expect(log.error).not.toHaveBeenCalled();
  });

  it("hands an operation's cancellation to its context", async () => {
    const caller = new AbortController();
    const { promise: running, resolve } = Promise.withResolvers<AbortSignal>();
    const { hops } = executor({
      user: (_: unknown, { signal }: Operation) => {
        resolve(signal);
        return new Promise((_, reject) =>
          signal.addEventListener("abort", () => reject(new CodedError("CANCELLED", "Gone."))),
        );
      },
    });
    const result = hops.execute(await request("{ user }", { signal: caller.signal }));
    expect((await running).aborted).toBe(false);
    caller.abort();
    expect(plain(await result)).toMatchObject({ errors: [{ extensions: { code: "CANCELLED" } }] });
  });

  it("keeps few of the documents that never come again", async () => {
    const { hops } = executor({ user: () => "ann" });
    const before = heapInUse();
    for (let index = 0; index < 600; index += 1)
      await hops.execute(await request(`{ user } # ${index} ${"x".repeat(200_000)}`));
    expect(heapInUse() - before).toBeLessThan(50);
  });
});

describe("SubgraphExecutor.subscribe", () => {
  const isStream = (result: object): result is AsyncIterableIterator<ExecutionResult> => Symbol.asyncIterator in result;

  it("streams results, and ends the source when the reader leaves", async () => {
    const source = new Channel<number>({ limit: 10 });
    const { hops } = executor({ ticks: () => source });
    const stream = await hops.subscribe(await request("subscription { ticks }"));
    if (!isStream(stream)) throw new Error(JSON.stringify(stream));
    source.push(1);
    expect(plain(await stream.next())).toEqual({ value: { data: { ticks: 1 } }, done: false });
    const pending = stream.next();
    await stream.return?.();
    expect((await pending).done).toBe(true);
    expect(source.closed).toBe(true);
  });

  it.each<[string, string, Partial<SubgraphRequest>, string]>([
    ["a bad token", "subscription { ticks }", { token: "x" }, "UNAUTHENTICATED"],
    ["a document that does not fit", "subscription { tocks }", {}, "BAD_USER_INPUT"],
    ["a coded refusal of the source", 'subscription { ticks(fail: "coded") }', {}, "INVALID_CURSOR"],
    ["a failing source", 'subscription { ticks(fail: "uncoded") }', {}, "INTERNAL_SERVER_ERROR"],
  ])("answers one result to %s", async (_, query, more, code) => {
    const { hops } = executor({
      ticks: ({ fail }: { fail: string }) => {
        throw fail === "coded" ? new CodedError("INVALID_CURSOR", "Not a cursor.") : new Error("secret");
      },
    });
    const result = await hops.subscribe(await request(query, more));
    expect(isStream(result)).toBe(false);
    expect(plain(result)).toMatchObject({ errors: [{ extensions: { code } }] });
    expect(JSON.stringify(result)).not.toContain("secret");
  });
});
