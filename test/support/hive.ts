import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type HivePlanner, startHive } from "../../bench/hive-gateway.ts";
import { remoteDataSource } from "../../gateway/data-sources/remote.ts";
import { API_TOKEN_KEEPER } from "../../gateway/sign-in/api-token-owner.ts";
import { openSignIn } from "../../gateway/sign-in/open-sign-in.ts";
import type { InternalTokens } from "../../subgraphs/shared/kernel/auth-context.ts";
import type { Config } from "../../subgraphs/shared/kernel/config.ts";
import type { Lifecycle } from "../../subgraphs/shared/kernel/lifecycle.ts";
import type { Logger } from "../../subgraphs/shared/kernel/log.ts";
import { hopHeaders } from "../../subgraphs/shared/kernel/subgraph-request.ts";
import { type Asker, asker } from "./asker.ts";

/** Through which planner of Hive Gateway the tests over HTTP ask; undefined for our own gateway. */
export const HIVE_PLANNER: HivePlanner | undefined = ({ hive: "JavaScript", "hive-rust": "Rust" } as const)[
  process.env["TEST_GATEWAY"] ?? ""
];

export interface Behind {
  config: Config;
  sdl: string;
  /** Where each subgraph is. */
  urls: Readonly<Record<string, string>>;
  tokens: InternalTokens;
  log: Logger;
  lifecycle: Lifecycle;
  /** For a file that goes with it. */
  directory: string;
}

/** Hive Gateway over the same subgraphs. Signing in stays ours: it plans and joins, and hands on whose operation it is. */
export async function hiveInFront(behind: Behind, planner: HivePlanner): Promise<Asker> {
  const { config, sdl, urls, tokens, log, lifecycle, directory } = behind;
  const supergraph = join(directory, `supergraph-${randomUUID()}.graphql`);
  await writeFile(supergraph, sdl);
  const server = await startHive(
    {
      AIOPS_SUPERGRAPH: supergraph,
      AIOPS_SUBGRAPH_URLS: Object.entries(urls)
        .map(([name, url]) => `${name}=${url}`)
        .join(","),
      HIVE_OPERATIONS: "caller",
    },
    planner,
  );
  lifecycle.onClose("Hive Gateway", () => server[Symbol.asyncDispose]());
  await server.until("{ __typename }", () => true);
  const keeper = remoteDataSource({ name: API_TOKEN_KEEPER, url: urls[API_TOKEN_KEEPER] ?? "", tokens, log });
  lifecycle.onClose("the keeper of API tokens", () => keeper.close());
  const signIn = openSignIn({ config, internal: tokens, keeper: () => keeper, log });
  lifecycle.onClose("sign-in", () => signIn.close());
  return asker(server.url, lifecycle, async ({ token, headers = {} }) => {
    const { identity } = await signIn.authenticate(token ? { authorization: `Bearer ${token}` } : {});
    const signed = await tokens.sign(identity);
    const { "x-request-id": requestId = randomUUID() } = headers;
    return {
      ...headers,
      ...hopHeaders({ token: signed, operationId: randomUUID(), requestId, startedAt: new Date() }),
    };
  });
}
