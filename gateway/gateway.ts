import "./no-telemetry.ts";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { FastifyRequest } from "fastify";
import type { FormattedExecutionResult, GraphQLSchema } from "graphql";
import { Registry } from "prom-client";
import type { Identity, InternalTokens } from "../subgraphs/shared/kernel/auth-context.ts";
import type { EventBus } from "../subgraphs/shared/kernel/bus/event-bus.ts";
import type { Config } from "../subgraphs/shared/kernel/config.ts";
import { CodedError } from "../subgraphs/shared/kernel/errors.ts";
import type { Probes } from "../subgraphs/shared/kernel/health-report.ts";
import type { LimitsConfig } from "../subgraphs/shared/kernel/limits-config.ts";
import type { Logger } from "../subgraphs/shared/kernel/log.ts";
import { serveRoutes } from "../subgraphs/shared/kernel/routes.ts";
import type { SignInConfig } from "../subgraphs/shared/kernel/sign-in-config.ts";
import type { Route } from "../subgraphs/shared/kernel/subgraph.ts";
import { serveWebRoutes, type WebRoute } from "../subgraphs/shared/kernel/web-routes.ts";
import { startApollo } from "./apollo.ts";
import type { Authenticator } from "./authenticate.ts";
import { newOperation, requestIdOf } from "./context.ts";
import type { SubgraphDataSource } from "./data-sources/data-source.ts";
import { observedSource } from "./data-sources/observed.ts";
import { endedOperations } from "./ended-operations.ts";
import { createErrorPresenter, type ErrorPresenter } from "./errors.ts";
import { forwardRoutes } from "./forwarded-routes.ts";
import { graphiqlRoute } from "./graphiql/route.ts";
import { Documents } from "./limits/documents.ts";
import { openLimits } from "./limits/open-limits.ts";
import { createMetrics, type GatewayMetrics } from "./metrics.ts";
import { isAllowedOrigin, isForeignWithoutOrigin } from "./origin.ts";
import { API_TOKEN_KEEPER } from "./sign-in/api-token-owner.ts";
import { openSignIn } from "./sign-in/open-sign-in.ts";
import { hearRevocations } from "./sign-in/revocations.ts";
import { stopServing } from "./stop.ts";
import { subgraphProbes } from "./subgraph-probes.ts";
import { answerQuestions } from "./subscriptions/answers.ts";
import { createGeneration } from "./subscriptions/generation.ts";
import { recheckStreams } from "./subscriptions/recheck.ts";
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
    | "AIOPS_ALLOWED_ORIGINS"
    | "AIOPS_SHUTDOWN_GRACE_MS"
    | "AIOPS_SOCKETS_PER_USER"
    | "AIOPS_SUBSCRIPTIONS_PER_USER"
    | "REDIS_URL"
    | "AIOPS_REDIS_PREFIX"
  > &
    Partial<Pick<Config, "AIOPS_SUBGRAPH_URLS">> &
    LimitsConfig &
    SignInConfig;
  log: Logger;
  supergraph: SupergraphSource;
  dataSource: (name: string, url: string) => SubgraphDataSource;
  /** The state of each component that the gateway's answers depend on: "ok", or what is wrong. */
  readiness: Readiness;
  /** What `/healthz/detailed` asks besides the subgraphs. */
  probes?: Probes;
  /** What subgraphs of this process serve beside the graph. */
  routes?: readonly Route[];
  /** As `routes`, for callers who are signed in; without it, those of subgraphs elsewhere are forwarded. */
  webRoutes?: readonly WebRoute[];
  /** What subgraphs elsewhere and this gateway know each other by; without it, none asks the other's routes. */
  tokens?: InternalTokens;
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
  execute(
    query: string,
    variables: Readonly<Record<string, unknown>>,
    identity: Identity,
    options?: { signal?: AbortSignal; requestId?: string | undefined },
  ): Promise<FormattedExecutionResult>;
  /** Streams end with SHUTTING_DOWN and requests under way finish; at most AIOPS_SHUTDOWN_GRACE_MS long. */
  close: () => Promise<void>;
}

/** Serve the graph: queries, mutations, subscriptions, GraphiQL, health and metrics, on one port. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { config, log, registry = new Registry() } = options;
  const sources = new Map<string, { url: string; source: SubgraphDataSource }>();
  const keeper = () => sources.get(API_TOKEN_KEEPER)?.source;
  const authenticator = openSignIn({ config, internal: options.tokens, keeper, log });
  const guard = guardOf(authenticator, config.AIOPS_ALLOWED_ORIGINS);
  const limits = await openLimits({ config, keeper, log, onCost: (cost) => metrics.costs.observe(cost) });
  const { admission, persisted } = limits;
  const metrics = createMetrics(registry, () => ({
    sockets: sockets.sockets,
    ...subscriptions.counts,
    sharedRates: limits.sharedRates,
  }));
  const present = counted(createErrorPresenter(log), metrics);
  const subscriptions = new Subscriptions({ present, log, perUser: config.AIOPS_SUBSCRIPTIONS_PER_USER });
  let apiSchema: GraphQLSchema | undefined;
  const schema = (): GraphQLSchema => {
    if (!apiSchema) throw new Error("An operation came before the supergraph.");
    return apiSchema;
  };
  const apollo = await startApollo({
    supergraph: options.supergraph,
    dataSource(name, url) {
      const source = options.dataSource(name, url);
      sources.set(name, { url: config.AIOPS_SUBGRAPH_URLS?.[name] ?? url, source });
      return observedSource(name, source, metrics);
    },
    admission,
    persisted,
    present,
    requestId: () => currentRequestId.getStore() ?? requestIdOf(undefined),
    onOperation: endedOperations(metrics, log),
    onSupergraph(loaded) {
      apiSchema = loaded.apiSchema;
      limits.use(loaded);
      subscriptions.use(() => createGeneration(loaded));
    },
    log,
  });
  const { server } = apollo;
  const documents = new Documents(schema);
  const operations = new Operations({ server, subscriptions, documents, persisted, admission, present });
  const onRequest = ({ seconds, status, ...at }: { method: string; route: string; status: number; seconds: number }) =>
    metrics.http.observe({ ...at, status: String(status) }, seconds);
  const requestMs = config.AIOPS_LIMITS.requestSeconds * 1000;
  const app = httpTransport({ server, operations, authenticator, guard, requestMs, present, onRequest });
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

  const recheck = recheckStreams(subscriptions);
  const { bus } = options;
  const stopHearing = bus
    ? [
        answerQuestions({ bus, subscriptions, sockets: () => sockets.sockets, log }),
        hearRevocations({ bus, authenticator, recheck, log }),
      ]
    : [];
  const stopTalking = (): void => {
    recheck.stop();
    for (const stop of stopHearing) stop();
  };

  let closing: Promise<void> | undefined;
  healthRoutes(app, {
    draining: () => closing !== undefined,
    readiness: options.readiness,
    metrics: () => metrics.text(),
    detailed: {
      registry,
      probes: () => ({ ...options.probes, ...subgraphProbes(sources) }),
      signIn: (request) => signIn(request),
    },
  });
  graphiqlRoute(app);
  serveRoutes(app, options.routes ?? [], log);
  const signIn = async (request: FastifyRequest): Promise<Identity> => {
    guard(request.raw);
    return (await authenticator.authenticate(request.headers)).identity;
  };
  const { tokens, webRoutes } = options;
  if (webRoutes) serveWebRoutes(app, webRoutes, { signIn, log });
  else if (tokens) forwardRoutes(app, { signIn, tokens, urlOf: (name) => sources.get(name)?.url, log });

  const lifetime = new AbortController();
  const close = async (): Promise<void> => {
    stopTalking();
    await stopServing({ app, sockets, subscriptions, graceMs: config.AIOPS_SHUTDOWN_GRACE_MS });
    lifetime.abort(new CodedError("SHUTTING_DOWN", "The server is stopping."));
    limits.close();
    await Promise.all([apollo.close(), authenticator.close()]);
  };
  try {
    await app.listen({ host: config.HOST, port: options.port ?? config.PORT });
  } catch (error) {
    stopTalking();
    limits.close();
    await Promise.all([apollo.close(), authenticator.close()]);
    throw error;
  }
  const { port } = app.server.address() as AddressInfo;
  return {
    url: `http://${config.HOST.includes(":") ? `[${config.HOST}]` : config.HOST}:${port}`,
    port,
    async execute(query, variables, identity, { signal, requestId } = {}) {
      const context = newOperation({
        identity,
        internal: true,
        requestId: requestIdOf(requestId),
        signal: signal ? AbortSignal.any([signal, lifetime.signal]) : lifetime.signal,
      });
      const result = await operations.execute({ query, variables: { ...variables } }, context);
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
  ({ headers: { host, origin, "sec-fetch-site": site } }: IncomingMessage): void => {
    if (!URL.canParse(`http://${host}`)) throw new CodedError("BAD_USER_INPUT", "The Host header is not a host.");
    authenticator.checkHost(host);
    if (isAllowedOrigin(origin, host, allowedOrigins) && !isForeignWithoutOrigin(origin, site)) return;
    throw new CodedError("FORBIDDEN", "Pages of this origin are not allowed here; see AIOPS_ALLOWED_ORIGINS.");
  };

const counted =
  (present: ErrorPresenter, metrics: GatewayMetrics): ErrorPresenter =>
  (error, requestId) => {
    const presented = present(error, requestId);
    metrics.errors.inc({ code: String(presented.extensions?.["code"]) });
    return presented;
  };
