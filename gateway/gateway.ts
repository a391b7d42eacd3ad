import "./no-telemetry.ts";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { FormattedExecutionResult, GraphQLSchema } from "graphql";
import { Registry } from "prom-client";
import type { Identity } from "../subgraphs/shared/kernel/auth-context.ts";
import type { EventBus } from "../subgraphs/shared/kernel/bus/event-bus.ts";
import { type Config, isLoopback } from "../subgraphs/shared/kernel/config.ts";
import { CodedError } from "../subgraphs/shared/kernel/errors.ts";
import type { Logger } from "../subgraphs/shared/kernel/log.ts";
import { serveRoutes } from "../subgraphs/shared/kernel/routes.ts";
import type { Route } from "../subgraphs/shared/kernel/subgraph.ts";
import { startApollo } from "./apollo.ts";
import { type Authenticator, createAuthenticator } from "./authenticate.ts";
import { newOperation, requestIdOf } from "./context.ts";
import type { SubgraphDataSource } from "./data-sources/data-source.ts";
import { createErrorPresenter, type ErrorPresenter } from "./errors.ts";
import { graphiqlRoute } from "./graphiql/route.ts";
import { Documents } from "./limits/documents.ts";
import { createMetrics, type GatewayMetrics } from "./metrics.ts";
import { isAllowedOrigin } from "./origin.ts";
import { stopServing } from "./stop.ts";
import { answerQuestions } from "./subscriptions/answers.ts";
import { createGeneration } from "./subscriptions/generation.ts";
import { Subscriptions } from "./subscriptions/subscriptions.ts";
import type { SupergraphSource } from "./supergraph.ts";
import { healthRoutes, type Readiness } from "./transports/health.ts";
import { httpTransport } from "./transports/http.ts";
import { currentRequestId, Operations } from "./transports/operations.ts";
import { socketTransport } from "./transports/websocket.ts";

export interface GatewayOptions {
  config: Pick<
    Config,
    | "HOST"
    | "PORT"
    | "AIOPS_API_TOKENS"
    | "AIOPS_ALLOWED_ORIGINS"
    | "AIOPS_SHUTDOWN_GRACE_MS"
    | "AIOPS_SOCKETS_PER_USER"
    | "AIOPS_SUBSCRIPTIONS_PER_USER"
  >;
  log: Logger;
  supergraph: SupergraphSource;
  dataSource: (name: string, url: string) => SubgraphDataSource;
  /** The state of each component that the gateway's answers depend on: "ok", or what is wrong. */
  readiness: Readiness;
  /** What subgraphs of this process serve beside the graph. */
  routes?: readonly Route[];
  /** Where other parts ask who is connected; without it nobody can. */
  bus?: EventBus;
  /** Instead of the configured one; 0 for any that is free. */
  port?: number;
  /** Metrics of others in the process, shown with the gateway's own. */
  registry?: Registry;
}

export interface Gateway {
  url: string;
  port: number;
  /** A query or mutation of this process's own, by the same pipeline; the answer is as over HTTP. */
  execute(query: string, variables: Record<string, unknown>, identity: Identity): Promise<FormattedExecutionResult>;
  /** Streams end with SHUTTING_DOWN and requests under way finish; at most AIOPS_SHUTDOWN_GRACE_MS long. */
  close: () => Promise<void>;
}

/** Serve the graph: queries, mutations, subscriptions, GraphiQL, health and metrics, on one port. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { config, log, registry = new Registry() } = options;
  const authenticator = createAuthenticator({ tokens: config.AIOPS_API_TOKENS, loopback: isLoopback(config.HOST) });
  const guard = guardOf(authenticator, config.AIOPS_ALLOWED_ORIGINS);
  const metrics = createMetrics(registry, () => ({ sockets: sockets.sockets, ...subscriptions.counts }));
  const present = counted(createErrorPresenter(log), metrics);
  const subscriptions = new Subscriptions({ present, log, perUser: config.AIOPS_SUBSCRIPTIONS_PER_USER });
  let apiSchema: GraphQLSchema | undefined;
  const schema = (): GraphQLSchema => {
    if (!apiSchema) throw new Error("An operation came before the supergraph.");
    return apiSchema;
  };
  const apollo = await startApollo({
    supergraph: options.supergraph,
    dataSource: options.dataSource,
    present,
    requestId: () => currentRequestId.getStore() ?? requestIdOf(undefined),
    onOperation: ({ type, outcome, seconds, ...operation }) => {
      metrics.operations.observe({ type, outcome }, seconds);
      log.info({ type, outcome, ms: Math.round(seconds * 1000), ...operation }, "operation");
    },
    onSupergraph(loaded) {
      apiSchema = loaded.apiSchema;
      subscriptions.use(() => createGeneration(loaded));
    },
    log,
  });
  const { server } = apollo;
  const operations = new Operations({ server, subscriptions, documents: new Documents(schema), present });
  const onRequest = ({ seconds, status, ...at }: { method: string; route: string; status: number; seconds: number }) =>
    metrics.http.observe({ ...at, status: String(status) }, seconds);
  const app = httpTransport({ server, operations, authenticator, guard, present, onRequest });
  const sockets = socketTransport({
    server: app.server,
    path: "/graphql",
    schema,
    operations,
    authenticator,
    guard,
    socketsPerUser: config.AIOPS_SOCKETS_PER_USER,
    log,
  });

  const stopAnswering = options.bus
    ? answerQuestions({ bus: options.bus, subscriptions, sockets: () => sockets.sockets, log })
    : () => {};

  let closing: Promise<void> | undefined;
  healthRoutes(app, {
    draining: () => closing !== undefined,
    readiness: options.readiness,
    metrics: () => metrics.text(),
  });
  graphiqlRoute(app);
  serveRoutes(app, options.routes ?? [], log);

  const lifetime = new AbortController();
  const close = async (): Promise<void> => {
    stopAnswering();
    await stopServing({ app, sockets, subscriptions, graceMs: config.AIOPS_SHUTDOWN_GRACE_MS });
    lifetime.abort(new CodedError("SHUTTING_DOWN", "The server is stopping."));
    await apollo.close();
  };
  try {
    await app.listen({ host: config.HOST, port: options.port ?? config.PORT });
  } catch (error) {
    stopAnswering();
    await apollo.close();
    throw error;
  }
  const { port } = app.server.address() as AddressInfo;
  return {
    url: `http://${config.HOST.includes(":") ? `[${config.HOST}]` : config.HOST}:${port}`,
    port,
    async execute(query, variables, identity) {
      const context = newOperation({ identity, requestId: requestIdOf(undefined), signal: lifetime.signal });
      const result = await operations.execute({ query, variables }, context);
      return JSON.parse(JSON.stringify(result)) as FormattedExecutionResult;
    },
    close() {
      closing ??= close();
      return closing;
    },
  };
}

const guardOf =
  (authenticator: Authenticator, allowedOrigins: readonly string[]) =>
  ({ headers: { host, origin } }: IncomingMessage): void => {
    if (!URL.canParse(`http://${host}`)) throw new CodedError("BAD_USER_INPUT", "The Host header is not a host.");
    authenticator.checkHost(host);
    if (isAllowedOrigin(origin, host, allowedOrigins)) return;
    throw new CodedError("FORBIDDEN", "Pages of this origin are not allowed here; see AIOPS_ALLOWED_ORIGINS.");
  };

const counted =
  (present: ErrorPresenter, metrics: GatewayMetrics): ErrorPresenter =>
  (error, requestId) => {
    const presented = present(error, requestId);
    metrics.errors.inc({ code: String(presented.extensions?.["code"]) });
    return presented;
  };
