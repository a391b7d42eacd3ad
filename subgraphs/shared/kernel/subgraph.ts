import type { DocumentNode, GraphQLSchema } from "graphql";
import type { Identity } from "./auth-context.ts";
import type { WebRoute } from "./web-routes.ts";

/** One client operation, as every hop of it sees it. */
export interface Operation {
  /** Unique; hops with the same id belong to one operation and share its loaders. */
  id: string;
  /** For logs and upstreams (X-Request-Id); may come from the client. */
  requestId: string;
  /** The operation's one "now", so that every hop and cluster is asked for the same window. */
  startedAt: Date;
  identity: Identity;
  /** Ends when the client goes away. */
  signal: AbortSignal;
}

export interface FederatedSchema {
  /** What composition reads. */
  typeDefs: DocumentNode;
  /** What executes. */
  schema: GraphQLSchema;
}

/** A repeated duty of a subgraph; the job engine runs one at a time over all replicas, unless it shares the work itself. */
export interface Job {
  name: string;
  everyMs: number;
  /** Runs on each replica at once: the job itself sees to it that no work is done twice. A run may last until its signal ends. */
  onEveryReplica?: true;
  run(signal: AbortSignal): Promise<void>;
}

/** What a subgraph serves beside the graph, to callers who know no GraphQL: a webhook. Who may call is its own to see to. */
export interface Route {
  method: "POST";
  /** A parameter as ":name". */
  path: string;
  handler: (request: RouteRequest) => Promise<RouteAnswer>;
}

export interface RouteRequest {
  params: Readonly<Record<string, string>>;
  requestId: string;
  /** The body's length, as announced; null where it is not. */
  bytes: number | null;
  /** Reads the body; who is refused before sends it in vain. @throws LIMIT_EXCEEDED beyond so many bytes. */
  body(limit: number): Promise<string>;
}

export interface RouteAnswer {
  status: number;
  body: object;
}

export interface RunningSubgraph {
  /** The context of one operation: its loaders, and the services it may use. */
  context(operation: Operation): object;
  jobs?: readonly Job[];
  /** Served by the subgraph's own server, or by the gateway's where all is one process. */
  routes?: readonly Route[];
  /** As `routes`, for callers who are signed in. */
  webRoutes?: readonly WebRoute[];
  close?(): Promise<void>;
}

/** A subgraph as a value: whether it runs in one process with the others or alone is not its business. */
export interface Subgraph<Platform> {
  name: string;
  schema(): Promise<FederatedSchema>;
  start(platform: Platform): Promise<RunningSubgraph>;
}
