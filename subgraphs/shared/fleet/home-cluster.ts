import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CodedError } from "../kernel/errors.ts";
import { RenewedToken } from "../upstreams/bearer-token.ts";
import { KubernetesClient } from "../upstreams/kubernetes/client.ts";
import { loadKubeconfig } from "../upstreams/kubernetes/kubeconfig.ts";
import type { KubernetesSignIn } from "../upstreams/kubernetes/sign-in.ts";
import { TargetGuard } from "../upstreams/target-guard.ts";

/** Where Kubernetes mounts a pod's own credentials. */
const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";
const IN_CLUSTER = "https://kubernetes.default.svc";
/** The kubelet replaces the mounted token long before it ends. */
const REREAD_MS = 60_000;

interface Home {
  /** Changes when the client must be made anew. */
  key: string;
  server: string;
  signIn: KubernetesSignIn;
}

/**
 * The cluster that the platform itself runs in, or the one whose kubeconfig its operator names: where Secrets are read. Its address
 * is the operator's and no user's, so that only the addresses that are never asked are closed to it.
 */
export class HomeCluster {
  readonly #kubeconfigFile: string | undefined;
  readonly #serviceAccount: string;
  readonly #server: string;
  readonly #guard = new TargetGuard({ loopbackOnly: true, allow: { hosts: [], ranges: [] } });
  #open: { key: string; client: Promise<KubernetesClient> } | undefined;

  constructor(kubeconfigFile: string | undefined, serviceAccount = SERVICE_ACCOUNT, server = IN_CLUSTER) {
    this.#kubeconfigFile = kubeconfigFile;
    this.#serviceAccount = serviceAccount;
    this.#server = server;
  }

  /** @throws CREDENTIALS_INVALID where there is no such cluster, or its kubeconfig cannot be used. */
  async client(): Promise<KubernetesClient> {
    const { key, server, signIn } = await this.#find();
    if (this.#open?.key !== key) {
      this.close();
      this.#open = { key, client: KubernetesClient.connect(signIn, server, this.#guard) };
      this.#open.client.catch(() => this.close());
    }
    return await this.#open.client;
  }

  /** Ends its connections, those in use after what is under way. */
  close(): void {
    this.#open?.client.then(
      (client) => client.close(),
      () => {},
    );
    this.#open = undefined;
  }

  async #find(): Promise<Home> {
    if (this.#kubeconfigFile) {
      const text = await readFile(this.#kubeconfigFile, "utf8").catch(() => {
        throw nowhere("the file that AIOPS_SECRETS_KUBECONFIG names cannot be read");
      });
      return { key: text, server: (await loadKubeconfig(text)).cluster.server, signIn: text };
    }
    const caCertificate = await readFile(join(this.#serviceAccount, "ca.crt"), "utf8").catch(() => {
      throw nowhere("the platform runs in no cluster, and AIOPS_SECRETS_KUBECONFIG names no kubeconfig");
    });
    return { key: caCertificate, server: this.#server, signIn: { token: this.#mountedToken(), caCertificate } };
  }

  #mountedToken(): RenewedToken {
    return new RenewedToken(async () => {
      const token = (await readFile(join(this.#serviceAccount, "token"), "utf8")).trim();
      return { token, renewAt: Date.now() + REREAD_MS, endsAt: Number.POSITIVE_INFINITY };
    }, Date.now);
  }
}

const nowhere = (why: string): CodedError =>
  new CodedError("CREDENTIALS_INVALID", `There is no cluster to read Secrets from: ${why}.`);
