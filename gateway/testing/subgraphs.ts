import { buildSubgraphSchema } from "@apollo/subgraph";
import { parse } from "graphql";
import { InternalTokens } from "../../subgraphs/shared/kernel/auth-context.ts";
import { Channel } from "../../subgraphs/shared/kernel/channel.ts";
import { CodedError } from "../../subgraphs/shared/kernel/errors.ts";
import { SubgraphExecutor } from "../../subgraphs/shared/kernel/executor.ts";
import { createLogger } from "../../subgraphs/shared/kernel/log.ts";
import type { Operation } from "../../subgraphs/shared/kernel/subgraph.ts";
import { composeSupergraph } from "../supergraph.ts";

export const tokens = new InternalTokens("a secret that only these tests know");
export const log = createLogger({ level: process.env["TEST_LOG"] ?? "silent", name: "gateway-test" });

const LINK = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@external", "@requires", "@tag"])`;

/** What the subgraphs were asked, in order, and by whom. */
export interface Seen {
  operations: Operation[];
  entityCalls: number;
  opened: number;
  closed: number;
  aborted: number;
}

interface Ticker {
  /** Streams now open, to push events on. */
  streams: Set<Channel<unknown>>;
  emit(event: object): void;
}

export const FLEET = `${LINK}
  type Query { clusters: [Cluster!]! cluster(id: ID!): Cluster things: [Thing!]! fail: String crash: String hang: String whoami: String whenAsked: String
    nested: Nested }
  type Nested { nested: Nested leaf: String }
  type Mutation { rename(id: ID!, name: String!): Cluster }
  type Cluster @key(fields: "id") { id: ID! name: String! region: String }
  interface Thing { id: ID! }
  type Disk implements Thing { id: ID! size: Int }
  type Card implements Thing { id: ID! model: String }
`;

export const EVENTS = `${LINK}
  type Subscription { changed(kind: String = "any", after: String): Change! snapshot: Change! @tag(name: "replay") refused: Change! }
  type Query { eventsUp: Boolean }
  type Change { cursor: String! cluster: Cluster! note: String weight: Int! }
  type Cluster @key(fields: "id") { id: ID! name: String! @external label: String @requires(fields: "name") }
`;

export const HEALTH = `${LINK}
  type Query { healthUp: Boolean }
  type Cluster @key(fields: "id") { id: ID! score: Int broken: String vital: String! }
`;

interface Context {
  operation: Operation;
  batches: Map<string, unknown>;
}

/** Three small real subgraphs that join on Cluster, and a handle on each thing a test wants to see or cause. */
export function smallFleet(options: { events?: string } = {}) {
  const seen: Seen = { operations: [], entityCalls: 0, opened: 0, closed: 0, aborted: 0 };
  const ticker: Ticker = {
    streams: new Set(),
    emit(event) {
      for (const stream of ticker.streams) stream.push(event);
    },
  };
  const open = (field: string) => (_root: unknown, args: { kind?: string }, { operation }: Context) => {
    seen.opened += 1;
    seen.operations.push(operation);
    const stream: Channel<unknown> = new Channel({
      limit: 1000,
      onClose: () => {
        seen.closed += 1;
        ticker.streams.delete(stream);
      },
    });
    ticker.streams.add(stream);
    const wrapped = new Channel<unknown>({ limit: 1000, onClose: () => void stream.return() });
    void (async () => {
      try {
        for await (const event of stream) wrapped.push({ [field]: { note: args.kind, ...(event as object) } });
        wrapped.close();
      } catch (error) {
        wrapped.close(error);
      }
    })();
    return wrapped;
  };
  const names = new Map([
    ["1", "alpha"],
    ["2", "beta"],
    ["3", "gamma"],
  ]);
  const cluster = (id: string) => ({ id, name: names.get(id), region: "eu" });
  const resolvers: Record<string, object> = {
    fleet: {
      Query: {
        clusters: () => [...names.keys()].map(cluster),
        cluster: (_: unknown, { id }: { id: string }) => (names.has(id) ? cluster(id) : null),
        things: () => [
          { __typename: "Disk", id: "d", size: 3 },
          { __typename: "Card", id: "c", model: "H200" },
        ],
        fail: () => {
          throw new CodedError("CLUSTER_NOT_FOUND", 'No cluster "x".', { id: "x" });
        },
        crash: () => {
          throw new Error("secret at http://10.0.0.1:9090/");
        },
        hang: (_: unknown, __: unknown, { operation: { signal } }: Context) =>
          new Promise((resolve) =>
            signal.addEventListener("abort", () => {
              seen.aborted += 1;
              resolve("aborted");
            }),
          ),
        whoami: (_: unknown, __: unknown, { operation }: Context) => operation.identity.user,
        whenAsked: (_: unknown, __: unknown, { operation }: Context) =>
          `${operation.id} ${operation.requestId} ${operation.startedAt.toISOString()}`,
        nested: () => ({}),
      },
      Nested: { nested: () => ({}), leaf: () => "leaf" },
      Mutation: {
        rename: (_: unknown, { id, name }: { id: string; name: string }) => {
          names.set(id, name);
          return cluster(id);
        },
      },
      Cluster: { __resolveReference: ({ id }: { id: string }) => (names.has(id) ? cluster(id) : null) },
    },
    events: {
      Subscription: {
        changed: { subscribe: open("changed") },
        snapshot: { subscribe: open("snapshot") },
        refused: {
          subscribe: () => {
            throw new CodedError("FORBIDDEN", 'This needs the role "admin".');
          },
        },
      },
      Cluster: { label: ({ name }: { name: string }) => `label of ${name}` },
    },
    health: {
      Cluster: {
        __resolveReference: ({ id }: { id: string }, { operation }: Context) => {
          seen.entityCalls += 1;
          seen.operations.push(operation);
          return { id };
        },
        score: ({ id }: { id: string }) => Number(id) * 10,
        vital: ({ id }: { id: string }) => (id === "2" ? null : "yes"),
        broken: () => {
          throw new CodedError("UPSTREAM_TIMEOUT", "No complete answer within 5 s.");
        },
      },
    },
  };
  const sdl: Record<string, string> = { fleet: FLEET, events: options.events ?? EVENTS, health: HEALTH };
  const executors = new Map(
    Object.entries(sdl).map(([name, text]) => {
      const schema = buildSubgraphSchema([{ typeDefs: parse(text), resolvers: resolvers[name] as never }]);
      const running = { context: (operation: Operation) => ({ operation, batches: new Map() }) };
      return [name, new SubgraphExecutor({ schema, running, tokens, log })] as const;
    }),
  );
  const supergraph = (urls: Record<string, string> = {}, changed: Record<string, string> = {}): string =>
    composeSupergraph(
      Object.entries({ ...sdl, ...changed }).map(([name, text]) => ({
        name,
        url: urls[name] ?? `inproc://${name}`,
        typeDefs: parse(text),
      })),
    ).sdl;
  return { seen, ticker, executors, supergraph };
}
