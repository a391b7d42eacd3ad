import { randomUUID } from "node:crypto";
import { type Identity, InternalTokens } from "../subgraphs/shared/kernel/auth-context.ts";
import { readConfig } from "../subgraphs/shared/kernel/config.ts";
import { HOP_HEADERS, hopHeaders } from "../subgraphs/shared/kernel/subgraph-request.ts";

// Hive Gateway's own configuration file (hive-gateway.ts starts it): where the subgraphs are, that their streams are graphql-ws,
// and the identity that they ask of whoever stands in front of them.
const config = readConfig(process.env);
const tokens = new InternalTokens(...(config.AIOPS_INTERNAL_SECRET ?? [""]));
const identity: Identity = { user: "bench", groups: [], roles: ["admin"], tenant: "default", scope: null };

/**
 * Whose hops are whose. "each": every hop is an operation of its own, so that Hive may share one with all that ask the same.
 * "operation": those of one operation say so, as ours do. "caller": as the caller says, who has made the headers of a hop.
 */
const OPERATIONS = process.env["HIVE_OPERATIONS"] ?? "each";

type Headers = Record<string, string>;

interface Context {
  headers?: Headers;
  connectionParams?: Headers;
}

interface SubgraphExecution {
  executionRequest: { operationType?: string; context?: Context; extensions?: Record<string, unknown> };
}

interface SubgraphFetch {
  options: { headers?: Headers };
}

async function headers(): Promise<Headers> {
  const id = randomUUID();
  return hopHeaders({ token: await tokens.sign(identity), operationId: id, requestId: id, startedAt: new Date() });
}

/** Of operations under way, by their contexts. */
const known = new WeakMap<Context, Promise<Headers>>();

function headersOf(context: Context): Promise<Headers> {
  const made = known.get(context) ?? (OPERATIONS === "caller" ? callers(context) : headers());
  known.set(context, made);
  return made;
}

async function callers({ headers, connectionParams }: Context): Promise<Headers> {
  const given = { ...headers, ...connectionParams };
  return Object.fromEntries(
    Object.values(HOP_HEADERS).flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]]])),
  );
}

export const gatewayConfig = {
  transportEntries: Object.fromEntries(
    Object.entries(config.AIOPS_SUBGRAPH_URLS).map(([name, location]) => [
      name,
      { location, options: { subscriptions: { kind: "ws", location: "/graphql" } } },
    ]),
  ),
  plugins: () => [
    {
      /** A stream's, by graphql-ws; and those of an operation. */
      async onSubgraphExecute({ executionRequest }: SubgraphExecution): Promise<void> {
        const { operationType, context = {}, extensions } = executionRequest;
        if (operationType !== "subscription" && OPERATIONS === "each") return;
        const given = await (OPERATIONS === "each" ? headers() : headersOf(context));
        executionRequest.extensions = { ...extensions, headers: given };
      },
      /** By HTTP, only now: Hive shares a request in flight with all that ask the same under the same headers. */
      async onFetch({ options }: SubgraphFetch): Promise<void> {
        if (OPERATIONS === "each") options.headers = { ...options.headers, ...(await headers()) };
      },
    },
  ],
};
