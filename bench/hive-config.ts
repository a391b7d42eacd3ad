import { randomUUID } from "node:crypto";
import { type Identity, InternalTokens } from "../subgraphs/shared/kernel/auth-context.ts";
import { readConfig } from "../subgraphs/shared/kernel/config.ts";
import { hopHeaders } from "../subgraphs/shared/kernel/subgraph-request.ts";

// Hive Gateway's own configuration file (hive-gateway.ts starts it): where the subgraphs are, that their streams are graphql-ws,
// and the identity that they ask of whoever stands in front of them.
const config = readConfig(process.env);
const tokens = new InternalTokens(config.AIOPS_INTERNAL_SECRET ?? "");
const identity: Identity = { user: "bench", groups: [], roles: ["admin"], tenant: "default", scope: null };

interface SubgraphExecution {
  executionRequest: { extensions?: Record<string, unknown> };
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
      /** Over HTTP it sends these as headers, and by graphql-ws as they are: what a subgraph reads either way. */
      async onSubgraphExecute({ executionRequest }: SubgraphExecution): Promise<void> {
        const id = randomUUID();
        const token = await tokens.sign(identity);
        const headers = hopHeaders({ token, operationId: id, requestId: id, startedAt: new Date() });
        executionRequest.extensions = { ...executionRequest.extensions, headers };
      },
    },
  ],
};
