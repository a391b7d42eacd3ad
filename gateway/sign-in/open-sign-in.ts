import type { InternalTokens } from "../../subgraphs/shared/kernel/auth-context.ts";
import { isLoopback } from "../../subgraphs/shared/kernel/config-schemas.ts";
import type { Logger } from "../../subgraphs/shared/kernel/log.ts";
import { asksForCredentials, type SignInConfig } from "../../subgraphs/shared/kernel/sign-in-config.ts";
import { type Authenticator, createAuthenticator } from "../authenticate.ts";
import type { SubgraphDataSource } from "../data-sources/data-source.ts";
import { apiTokenOwner } from "./api-token-owner.ts";
import { apiTokens } from "./api-tokens.ts";
import { oidc } from "./oidc.ts";
import { staticTokens } from "./static-tokens.ts";
import { tokenReview } from "./token-review.ts";

export interface SignInOptions {
  config: SignInConfig & { HOST: string };
  internal: InternalTokens | undefined;
  /** The way to the subgraph that keeps API tokens; undefined before there is one. */
  keeper: () => SubgraphDataSource | undefined;
  log: Logger;
}

export interface OpenSignIn extends Authenticator {
  /** Ask anew whose API tokens there are. */
  forgetApiTokens(): void;
  close(): Promise<void>;
}

/** The ways to sign in that are configured, and API tokens of our own, in the order in which they are tried. */
export function openSignIn({ config, internal, keeper, log }: SignInOptions): OpenSignIn {
  const { AIOPS_API_TOKENS: tokens, AIOPS_ACCESS: access, AIOPS_OIDC_ISSUER: issuer } = config;
  const { AIOPS_OIDC_AUDIENCE: audience, AIOPS_TOKENREVIEW_KUBECONFIG: kubeconfig } = config;
  const own = apiTokens((hash) => apiTokenOwner(keeper(), hash));
  const claims = { userClaim: config.AIOPS_OIDC_USER_CLAIM, groupsClaim: config.AIOPS_OIDC_GROUPS_CLAIM };
  const audiences = config.AIOPS_TOKENREVIEW_AUDIENCES;
  const byIssuer = issuer && audience && access ? oidc({ issuer, audience, ...claims, access, log }) : null;
  const byCluster = kubeconfig && access ? tokenReview({ kubeconfig, audiences, access, log }) : null;
  const signIns = [tokens ? staticTokens(tokens) : null, own, byIssuer, byCluster].filter((each) => each !== null);
  const developer = isLoopback(config.HOST) && !asksForCredentials(config);
  return {
    ...createAuthenticator({ signIns, developer, internal }),
    forgetApiTokens: () => own.forget(),
    async close() {
      byCluster?.close();
      await byIssuer?.close();
    },
  };
}
