import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CodedError } from "../../kernel/errors.ts";
import { RenewedToken } from "../bearer-token.ts";
import { TargetGuard } from "../target-guard.ts";
import { KubernetesClient } from "./client.ts";
import { loadKubeconfig } from "./kubeconfig.ts";
import type { KubernetesSignIn } from "./sign-in.ts";

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

export interface HomeClusterOptions {
  /** Without one, the cluster that this process runs in. */
  kubeconfigFile: string | undefined;
  /** What the operator names that file by, and what for, as errors have it. */
  variable: string;
  purpose: string;
  /** Where a pod finds its own credentials, and its cluster. */
  serviceAccount?: string;
  server?: string;
}

/**
 * The cluster that the platform itself runs in, or the one whose kubeconfig its operator names: where Secrets are read, or tokens
 * are reviewed. Its address is the operator's and no user's, so that only the addresses that are never asked are closed to it.
 */
export class HomeCluster {
  readonly #options: HomeClusterOptions;
  readonly #guard = new TargetGuard({ loopbackOnly: true, allow: { hosts: [], ranges: [] } });
  #open: { key: string; client: Promise<KubernetesClient> } | undefined;

  constructor(options: HomeClusterOptions) {
    this.#options = options;
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
    const { kubeconfigFile, variable, serviceAccount = SERVICE_ACCOUNT, server = IN_CLUSTER } = this.#options;
    if (kubeconfigFile) {
      const text = await readFile(kubeconfigFile, "utf8").catch(() => {
        throw this.#nowhere(`the file that ${variable} names cannot be read`);
      });
      return { key: text, server: (await loadKubeconfig(text)).cluster.server, signIn: text };
    }
    const caCertificate = await readFile(join(serviceAccount, "ca.crt"), "utf8").catch(() => {
      throw this.#nowhere(`the platform runs in no cluster, and ${variable} names no kubeconfig`);
    });
    return { key: caCertificate, server, signIn: { token: mountedToken(serviceAccount), caCertificate } };
  }

  #nowhere(why: string): CodedError {
    return new CodedError("CREDENTIALS_INVALID", `There is no cluster to ${this.#options.purpose}: ${why}.`);
  }
}

const mountedToken = (serviceAccount: string): RenewedToken =>
  new RenewedToken(async () => {
    const token = (await readFile(join(serviceAccount, "token"), "utf8")).trim();
    return { token, renewAt: Date.now() + REREAD_MS, endsAt: Number.POSITIVE_INFINITY };
  }, Date.now);
