import type { Identity } from "../subgraphs/shared/kernel/auth-context.ts";
import type { Probes } from "../subgraphs/shared/kernel/health-report.ts";
import { newOperation, requestIdOf } from "./context.ts";
import type { ProcessOptions, SubgraphDataSource } from "./data-sources/data-source.ts";

const PATIENCE_MS = 2000;
const GATEWAY: Identity = { user: "gateway", groups: [], roles: ["viewer"], tenant: "default", scope: null };

/** Whether each subgraph answers a hop, the cheapest there is: it asks none of what the subgraph depends on. */
export const subgraphProbes = (sources: ReadonlyMap<string, { source: SubgraphDataSource }>): Probes =>
  Object.fromEntries(
    Array.from(sources, ([name, { source }]) => [
      `subgraph:${name}`,
      async () => {
        const signal = AbortSignal.timeout(PATIENCE_MS);
        const { data } = await source
          .process({
            // As the gateway itself asks, and no client.
            kind: "loading schema" as ProcessOptions["kind"] & "loading schema",
            request: { query: "{ __typename }" },
            context: newOperation({ identity: GATEWAY, requestId: requestIdOf(undefined), signal }),
          })
          .catch(() => ({ data: null }));
        return data ? "ok" : "unreachable";
      },
    ]),
  );
