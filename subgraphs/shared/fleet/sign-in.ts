import { CodedError } from "../kernel/errors.ts";
import type { TokenSource } from "../upstreams/bearer-token.ts";
import type { Endpoint } from "../upstreams/http.ts";
import type { KubernetesSignIn } from "../upstreams/kubernetes/sign-in.ts";
import { type AskedAs, requireAskable } from "./asked-as.ts";
import type { EndpointAccess } from "./credentials.ts";

/** How to sign in to one cluster now. What it holds in clear stays in this process's memory. */
export interface SignIn {
  /** To the API server. */
  readonly kubernetes: () => Promise<KubernetesSignIn>;
  /** To another endpoint. A token for Prometheus goes there alone; the cluster's own only over TLS, and a user's in place of it. */
  readonly endpoint: (url: string, kind: "prometheus" | "other", as?: AskedAs) => Endpoint;
}

/** The parts of a sign-in, each opened where it is needed: a record with a lost key fails alone. */
export interface SignInParts {
  access: () => EndpointAccess;
  kubeconfig: () => Promise<string | null>;
  /** Instead of a kubeconfig and the cluster's own token. */
  clusterToken: TokenSource | null;
  /** Instead of the token for Prometheus. */
  prometheusToken: TokenSource | null;
}

export const signInOf = (parts: SignInParts): SignIn => ({
  kubernetes: async () => {
    if (parts.clusterToken) return { token: parts.clusterToken, caCertificate: parts.access().caCertificate };
    const kubeconfig = await parts.kubeconfig();
    if (kubeconfig === null) throw noCredentials();
    return kubeconfig;
  },
  endpoint: (url, kind, as) => {
    const access = parts.access();
    const own = kind === "prometheus" ? (parts.prometheusToken ?? access.prometheusToken) : null;
    const user = own ? null : userSignIn(url, as);
    const clusterToken = isTls(url) ? (parts.clusterToken ?? access.clusterToken) : null;
    return { url, token: own ?? clusterToken, caCertificate: access.caCertificate, ...user };
  },
});

/** Where none are stored: endpoints that ask for none can be asked all the same. */
export const SIGNED_OUT: SignIn = {
  kubernetes: () => Promise.reject(noCredentials()),
  endpoint: (url, _kind, as) => ({ url, token: null, caCertificate: null, ...userSignIn(url, as) }),
};

const isTls = (url: string): boolean => new URL(url).protocol === "https:";

/** Whether an endpoint, other than a Prometheus with a token of its own, is asked in the user's name. */
export const isAskedAs = (url: string | null, as: AskedAs | undefined): as is AskedAs =>
  as?.access === "USER_TOKEN" && url !== null && isTls(url);

/** @throws CLUSTER_FORBIDS_USER for who has no token of their own. */
function userSignIn(url: string, as: AskedAs | undefined): Pick<Endpoint, "token" | "user"> | null {
  if (!isAskedAs(url, as)) return null;
  requireAskable(as);
  return { token: as.token?.reveal() ?? null, user: as.user };
}

const noCredentials = (): CodedError =>
  new CodedError("CREDENTIALS_INVALID", "No credentials are stored for the API server.");
