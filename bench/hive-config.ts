import { randomUUID } from "node:crypto";
import { type Identity, InternalTokens } from "../subgraphs/shared/kernel/auth-context.ts";
import { readConfig } from "../subgraphs/shared/kernel/config.ts";
import { hopHeaders } from "../subgraphs/shared/kernel/subgraph-request.ts";

// Hive Gateway's own configuration file (hive-gateway.ts starts it): where the subgraphs are, that their streams are graphql-ws,
// and the identity that they ask of whoever stands in front of them.
const config = readConfig(process.env);
const tokens = new InternalTokens(config.AIOPS_INTERNAL_SECRET ?? "");
const identity: Identity = { user: "bench", groups: [], roles: ["admin"], tenant: "default", scope: null };

async function headers(): Promise<Record<string, string>> {
  const id = randomUUID();
  return hopHeaders({ token: await tokens.sign(identity), operationId: id, requestId: id, startedAt: new Date() });
}

interface SubgraphExecution {
  executionRequest: { operationType?: string; extensions?: Record<string, unknown> };
}

interface SubgraphFetch {
  options: { headers?: Record<string, string> };
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
      /** A stream's, by graphql-ws. */
      async onSubgraphExecute({ executionRequest }: SubgraphExecution): Promise<void> {
        if (executionRequest.operationType !== "subscription") return;
        executionRequest.extensions = { ...executionRequest.extensions, headers: await headers() };
      },
      /** By HTTP, only now: Hive shares a request in flight with all that ask the same under the same headers. */
      async onFetch({ options }: SubgraphFetch): Promise<void> {
        options.headers = { ...options.headers, ...(await headers()) };
      },
    },
  ],
};
