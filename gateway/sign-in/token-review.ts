import type { Logger } from "../../subgraphs/shared/kernel/log.ts";
import type { AccessRules } from "../../subgraphs/shared/kernel/sign-in-config.ts";
import { tokenExpiry } from "../../subgraphs/shared/upstreams/bearer-token.ts";
import { HomeCluster } from "../../subgraphs/shared/upstreams/kubernetes/home-cluster.ts";
import { reviewToken } from "../../subgraphs/shared/upstreams/kubernetes/token-review.ts";
import { accessOf, type Vouched } from "./access.ts";
import { Remembered } from "./remembered.ts";
import { cannotCheck, type SignIn } from "./sign-in.ts";

export interface TokenReviewOptions {
  /** A kubeconfig's path, or "in-cluster". */
  kubeconfig: string;
  audiences: readonly string[];
  access: AccessRules;
  log: Logger;
  now?: () => number;
}

const KEEP_MS = 60_000;
const PATIENCE_MS = 5000;

/** Tokens of users and service accounts of a Kubernetes or OpenShift cluster, by asking its API server whose they are. */
export function tokenReview({ kubeconfig, audiences, access, log, now = Date.now }: TokenReviewOptions): SignIn & {
  close(): void;
} {
  const home = new HomeCluster({
    kubeconfigFile: kubeconfig === "in-cluster" ? undefined : kubeconfig,
    variable: "AIOPS_TOKENREVIEW_KUBECONFIG",
    purpose: "review tokens",
  });
  const remembered = new Remembered<Vouched>({ keepMs: KEEP_MS, now });

  const review = async (token: string) => {
    try {
      const signal = AbortSignal.timeout(PATIENCE_MS);
      return await reviewToken(await home.client(), token, { audiences, signal });
    } catch (error) {
      log.warn({ err: error }, "a token cannot be reviewed");
      throw cannotCheck(error);
    }
  };

  return {
    name: "TokenReview",
    accepts: (token) => token !== "",
    async signIn(token) {
      const vouched = await remembered.get(token, async () => {
        const owner = await review(token);
        return owner && { via: "kubernetes", ...owner, expiresAt: tokenExpiry(token) };
      });
      return vouched && { identity: accessOf(access, vouched, token, log), expiresAt: vouched.expiresAt };
    },
    close: () => home.close(),
  };
}
