import { buildSubgraphSchema } from "@apollo/subgraph";
import { parse } from "graphql";
import { composeSupergraph } from "../../../gateway/composition.ts";
import { InternalTokens } from "../../../subgraphs/shared/kernel/auth-context.ts";
import { Channel } from "../../../subgraphs/shared/kernel/channel.ts";
import { CodedError } from "../../../subgraphs/shared/kernel/errors.ts";
import { SubgraphExecutor, type SubgraphRequest } from "../../../subgraphs/shared/kernel/executor.ts";
import { createLogger } from "../../../subgraphs/shared/kernel/log.ts";
import type { Operation } from "../../../subgraphs/shared/kernel/subgraph.ts";

export const tokens = new InternalTokens("a secret that only these tests know");
export const log = createLogger({ level: process.env["TEST_LOG"] ?? "silent", name: "test" });

const LINK = `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@external", "@requires", "@tag"])`;

const FLEET = `${LINK}
  type Query {
    clusters: [Cluster!]!
    cluster(id: ID!): Cluster
    things: [Thing!]!
    refuse: String
    crash: String
    hang: String
    operation: String!
    nested: Nested
  }
  type Mutation { rename(id: ID!, name: String!): Cluster }
  type Cluster @key(fields: "id") { id: ID! name: String! }
  type Nested { nested: Nested leaf: String }
  interface Thing { id: ID! }
  type Disk implements Thing { id: ID! size: Int }
  type Card implements Thing { id: ID! model: String }
`;

/** Composition input may differ in a test of hot reload; the resolvers serve both. */
export const EVENTS = `${LINK}
  type Query { eventsUp: Boolean }
  type Subscription {
    changed(kind: String = "any", after: String): Change!
    tail: Change! @tag(name: "replay")
    state: Change! @tag(name: "replay") @tag(name: "state")
    refused: Change!
  }
  type Change { cursor: String! kind: String extra: Int cluster: Cluster! }
  type Cluster @key(fields: "id") { id: ID! name: String! @external label: String @requires(fields: "name") }
`;

const HEALTH = `${LINK}
  type Query { healthUp: Boolean }
  type Cluster @key(fields: "id") { id: ID! score: Int broken: String vital: String! slow: String }
`;

const NAMES = ["alpha", "beta", "gamma"];
const cluster = (id: string) => ({ id, name: NAMES[Number(id) - 1] });

type Context = { operation: Operation };

export interface Stream {
  channel: Channel<unknown>;
  operation: Operation;
}

/** Three small real subgraphs that join on Cluster, and what they saw. */
export function smallFleet() {
  const seen = {
    /** Requests to subgraphs, in order. */
    hops: [] as { subgraph: string; request: SubgraphRequest }[],
    opened: 0,
    closed: 0,
    aborted: 0,
  };
  const streams = new Set<Stream>();
  /** While held, `slow` fields do not answer. */
  const gate = { held: undefined as Promise<void> | undefined };

  const open = (_: unknown, __: unknown, { operation }: Context) => {
    seen.opened += 1;
    const stream: Stream = {
      operation,
      channel: new Channel<unknown>({
        limit: 10_000,
        onClose: () => {
          seen.closed += 1;
          streams.delete(stream);
        },
      }),
    };
    streams.add(stream);
    return stream.channel;
  };
  const shown = (event: object, { kind }: { kind?: string }) => ({ kind, ...event });

  const resolvers: Record<string, object> = {
    fleet: {
      Query: {
        clusters: () => ["1", "2", "3"].map(cluster),
        cluster: (_: unknown, { id }: { id: string }) => cluster(id),
        things: () => [
          { __typename: "Disk", id: "d", size: 3 },
          { __typename: "Card", id: "c", model: "H200" },
        ],
        refuse: () => {
          throw new CodedError("CLUSTER_NOT_FOUND", 'No cluster "x".', { id: "x" });
        },
        crash: () => {
          throw new Error("refused by http://10.0.0.1:9090/ with password hunter2");
        },
        hang: (_: unknown, __: unknown, { operation: { signal } }: Context) =>
          new Promise((resolve) => {
            signal.addEventListener("abort", () => {
              seen.aborted += 1;
              resolve(null);
            });
          }),
        operation: (_: unknown, __: unknown, { operation: { signal: _signal, ...operation } }: Context) =>
          JSON.stringify(operation),
        nested: () => ({}),
      },
      Nested: { nested: () => ({}), leaf: () => "leaf" },
      Mutation: { rename: (_: unknown, renamed: { id: string; name: string }) => renamed },
      Cluster: { __resolveReference: ({ id }: { id: string }) => cluster(id) },
    },
    events: {
      Subscription: {
        changed: { subscribe: open, resolve: shown },
        tail: { subscribe: open, resolve: shown },
        state: { subscribe: open, resolve: shown },
        refused: {
          subscribe: () => {
            throw new CodedError("FORBIDDEN", 'This needs the role "admin".');
          },
        },
      },
      Cluster: { label: ({ name }: { name: string }) => `the ${name} cluster` },
    },
    health: {
      Cluster: {
        score: ({ id }: { id: string }) => Number(id) * 10,
        vital: ({ id }: { id: string }) => (id === "2" ? null : "beats"),
        broken: () => {
          throw new CodedError("UPSTREAM_TIMEOUT", "No complete answer within 5 s.");
        },
        slow: async () => {
          await gate.held;
          return "done";
        },
      },
    },
  };

  const executors = new Map(
    Object.entries({ fleet: FLEET, events: EVENTS, health: HEALTH }).map(([subgraph, sdl]) => {
      const schema = buildSubgraphSchema([{ typeDefs: parse(sdl), resolvers: resolvers[subgraph] as never }]);
      const running = { context: (operation: Operation): Context => ({ operation }) };
      const executor = new SubgraphExecutor({ schema, running, tokens, log });
      const recorded: Pick<SubgraphExecutor, "execute" | "subscribe" | "end"> = {
        end: (operation) => executor.end(operation),
        execute(request) {
          seen.hops.push({ subgraph, request });
          return executor.execute(request);
        },
        subscribe: (request) => executor.subscribe(request),
      };
      return [subgraph, recorded] as const;
    }),
  );

  return {
    seen,
    streams,
    gate,
    executors,
    emit(event: { cursor: string; cluster: { id: string } }) {
      for (const { channel } of streams) channel.push(event);
    },
    /** Compose, with other URLs or another schema of the events subgraph. */
    supergraph({ urls = {}, events = EVENTS }: { urls?: Record<string, string>; events?: string } = {}): string {
      return composeSupergraph(
        Object.entries({ fleet: FLEET, events, health: HEALTH }).map(([name, sdl]) => ({
          name,
          url: urls[name] ?? `in-process:${name}`,
          typeDefs: parse(sdl),
        })),
      ).sdl;
    },
  };
}

export type SmallFleet = ReturnType<typeof smallFleet>;
