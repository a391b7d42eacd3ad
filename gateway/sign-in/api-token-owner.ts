import { z } from "zod";
import { ApiTokenOwner } from "../../subgraphs/shared/kernel/api-tokens.ts";
import type { Identity } from "../../subgraphs/shared/kernel/auth-context.ts";
import { newOperation, requestIdOf } from "../context.ts";
import type { ProcessOptions, SubgraphDataSource } from "../data-sources/data-source.ts";
import { cannotCheck } from "./sign-in.ts";

/** Of the subgraph that keeps the tokens, and of no graph that clients see. */
const QUESTION = "query ApiTokenOwner($hash: String!) { apiTokenOwner(hash: $hash) }";
export const API_TOKEN_KEEPER = "clusters";

const Answer = z.object({ apiTokenOwner: ApiTokenOwner.nullable() });
/** Nobody is signed in yet: the gateway asks for itself. */
const GATEWAY: Identity = { user: "gateway", groups: [], roles: ["viewer"], tenant: "default", scope: null };
const PATIENCE_MS = 5000;

/** Whose API token has this hash; null for nobody's. @throws SIGN_IN_UNAVAILABLE where its keeper does not answer */
export async function apiTokenOwner(
  source: SubgraphDataSource | undefined,
  hash: string,
): Promise<ApiTokenOwner | null> {
  const answer = await source?.process({
    // As the gateway itself asks, and no client.
    kind: "loading schema" as ProcessOptions["kind"] & "loading schema",
    request: { query: QUESTION, variables: { hash } },
    context: newOperation({
      identity: GATEWAY,
      requestId: requestIdOf(undefined),
      signal: AbortSignal.timeout(PATIENCE_MS),
    }),
  });
  const found = Answer.safeParse(answer?.data);
  if (!found.success) throw cannotCheck(answer?.errors ?? found.error);
  return found.data.apiTokenOwner;
}
