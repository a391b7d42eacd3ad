import "./no-telemetry.ts";
import { ApolloGateway } from "@apollo/gateway";
import { ApolloServer, type ApolloServerPlugin } from "@apollo/server";
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from "@apollo/server/plugin/disabled";
import { GraphQLError, type GraphQLSchema } from "graphql";
import { ConfigError } from "../subgraphs/shared/kernel/config.ts";
import type { Logger } from "../subgraphs/shared/kernel/log.ts";
import { type Span, tracer } from "../subgraphs/shared/kernel/tracing.ts";
import type { GatewayContext } from "./context.ts";
import type { SubgraphDataSource } from "./data-sources/data-source.ts";
import type { ErrorPresenter } from "./errors.ts";
import { introspect } from "./introspection.ts";
import type { Admission } from "./limits/admission.ts";
import { limitOperations } from "./limits/apollo-plugin.ts";
import { documentStore } from "./limits/documents.ts";
import { LIMIT_RULES, LIMITS } from "./limits/limits.ts";
import type { PersistedDocuments } from "./limits/persisted-documents.ts";
import { surfaceMissingValues } from "./missing-values.ts";
import { type LoadedSupergraph, preflight, type SupergraphSource } from "./supergraph.ts";

type GatewayInterface = NonNullable<ConstructorParameters<typeof ApolloServer<GatewayContext>>[0]["gateway"]>;

/** As JSON; in memory they take about twice that. */
const PLAN_STORE_MIB = 32;

export interface ApolloOptions {
  supergraph: SupergraphSource;
  dataSource: (name: string, url: string) => SubgraphDataSource;
  /** Told of every supergraph that is served, the first included. */
  onSupergraph: (loaded: {
    sdl: string;
    apiSchema: GraphQLSchema;
    sources: Readonly<Record<string, SubgraphDataSource>>;
  }) => void;
  admission: Admission;
  persisted: PersistedDocuments;
  present: ErrorPresenter;
  /** The id of the request under way, for its errors. */
  requestId: () => string;
  /** Told of every query and mutation that ended. */
  onOperation: (operation: EndedOperation) => void;
  log: Logger;
}

/** A query or mutation that ended. Neither its text nor its variables: they may hold secrets. */
export interface EndedOperation {
  type: string;
  name: string | null;
  outcome: "ok" | "error";
  /** Of its errors. */
  codes: string[];
  seconds: number;
  user: string;
  requestId: string;
}

/** Apollo Server over Apollo Gateway, started. Closing it closes the data sources and the supergraph's source. */
export async function startApollo(
  options: ApolloOptions,
): Promise<{ server: ApolloServer<GatewayContext>; close(): Promise<void> }> {
  const opened = new Set<SubgraphDataSource>();
  const sources: Record<string, SubgraphDataSource> = {};
  const logger = apolloLogger(options.log);
  let loaded: LoadedSupergraph | undefined;
  const gateway = new ApolloGateway({
    supergraphSdl: async ({ update }) => {
      loaded = await follow(options, update);
      return { supergraphSdl: loaded.sdl, cleanup: loaded.close };
    },
    buildService({ name, url = "" }) {
      const source = options.dataSource(name, url);
      opened.add(source);
      sources[name] = source;
      return source;
    },
    experimental_didResolveQueryPlan: ({ requestContext }) => planning.get(requestContext)?.end(),
    experimental_approximateQueryPlanStoreMiB: PLAN_STORE_MIB,
    __exposeQueryPlanExperimental: false,
    validateSupergraph: false,
    logger,
  });
  gateway.onSchemaLoadOrUpdate(({ apiSchema, coreSupergraphSdl: sdl }) =>
    options.onSupergraph({ sdl, apiSchema, sources: { ...sources } }),
  );
  const server = new ApolloServer<GatewayContext>({
    gateway: completed(gateway),
    // As in production wherever it runs: an answer must not depend on the environment.
    nodeEnv: "production",
    includeStacktraceInErrorResponses: false,
    introspection: true,
    csrfPrevention: true,
    persistedQueries: { cache: options.persisted.cache },
    documentStore: documentStore(),
    stopOnTerminationSignals: false,
    parseOptions: { maxTokens: LIMITS.tokens },
    validationRules: [...LIMIT_RULES],
    formatError: (_formatted, error) => options.present(error, options.requestId()),
    logger,
    plugins: [
      // Installed by environment variables otherwise: they report to Apollo's cloud.
      ApolloServerPluginUsageReportingDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      refuseWhatCannotRun,
      limitOperations(options.admission),
      timeOperations(options.onOperation),
      endOperations(opened),
    ],
  });
  try {
    await server.start();
  } catch (cause) {
    if (cause instanceof ConfigError || !loaded) throw cause;
    await loaded.close();
    // At the start there is no older one to go on with.
    throw new ConfigError(`The supergraph (${loaded.origin}) cannot be served: ${String(cause)}`, { cause });
  }
  return {
    server,
    async close() {
      await server.stop();
      await Promise.all([...opened].map((source) => source.close()));
    },
  };
}

function follow({ supergraph, log }: ApolloOptions, update: (sdl: string) => void): Promise<LoadedSupergraph> {
  return supergraph.load((next) => {
    try {
      preflight(next);
      update(next);
      log.info("the supergraph was replaced");
    } catch (error) {
      log.error({ err: error }, "the new supergraph cannot be served; the last one keeps serving");
    }
  });
}

/** Operations whose plan is being made, by their request. */
const planning = new WeakMap<object, Span>();

/** The gateway, with what its own answers lack. */
function completed(gateway: ApolloGateway): GatewayInterface {
  return {
    async load(options) {
      const { schema, executor } = await gateway.load(options);
      return {
        schema,
        async executor(context) {
          const { document, operation, request, operationName } = context;
          const { variables } = request;
          const answer = introspect({ document, operation, schema: context.schema, operationName, variables });
          const span = answer ? null : tracer()?.part("plan", "internal", {});
          if (span) planning.set(context, span);
          return answer ? await answer : surfaceMissingValues(await executor(context));
        },
      };
    },
    onSchemaLoadOrUpdate: (listener) => gateway.onSchemaLoadOrUpdate(listener),
    stop: () => gateway.stop(),
  };
}

/** What the gateway would answer as a failure of its own. */
const refuseWhatCannotRun: ApolloServerPlugin<GatewayContext> = {
  requestDidStart: async () => ({
    async didResolveOperation({ operation }) {
      if (!operation) throw badRequest("The document has no such operation, or several and no operationName.");
      if (operation.operation === "subscription") {
        throw badRequest("Subscribe by WebSocket (graphql-transport-ws) or by server-sent events at /graphql/stream.");
      }
    },
  }),
};

const badRequest = (message: string): GraphQLError =>
  new GraphQLError(message, { extensions: { code: "BAD_USER_INPUT", http: { status: 400 } } });

const timeOperations = (onOperation: ApolloOptions["onOperation"]): ApolloServerPlugin<GatewayContext> => ({
  async requestDidStart() {
    const start = performance.now();
    return {
      async willSendResponse({ operation, operationName, contextValue, response: { body } }) {
        const errors = body.kind === "single" ? body.singleResult.errors : undefined;
        onOperation({
          type: operation?.operation ?? "invalid",
          name: operationName ?? null,
          outcome: errors ? "error" : "ok",
          codes: [...new Set((errors ?? []).map(({ extensions }) => String(extensions?.["code"])))],
          seconds: (performance.now() - start) / 1000,
          user: contextValue.identity.user,
          requestId: contextValue.requestId,
        });
      },
    };
  },
});

const endOperations = (sources: ReadonlySet<SubgraphDataSource>): ApolloServerPlugin<GatewayContext> => ({
  requestDidStart: async () => ({
    async willSendResponse({ contextValue }) {
      for (const source of sources) source.end?.(contextValue);
    },
  }),
});

/** Apollo's routine messages are of no interest to an operator. */
const apolloLogger = (log: Logger) => ({
  debug: (message?: unknown) => log.trace(message),
  info: (message?: unknown) => log.debug(message),
  warn: (message?: unknown) => log.warn(message),
  error: (message?: unknown) => log.error(message),
});
