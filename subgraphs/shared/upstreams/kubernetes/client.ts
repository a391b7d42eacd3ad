import type { ConfigurationOptions, KubeConfig } from "@kubernetes/client-node";
import type { Agent } from "undici";
import type { z } from "zod";
import { CodedError } from "../../kernel/errors.ts";
import { upstreamError } from "../http.ts";
import { boundedAgent } from "./bounded-agent.ts";
import { kubernetesLibrary, loadKubeconfig } from "./kubeconfig.ts";
import { ClusterVersion, MicroshiftVersion, type Node, NodeList, Version } from "./schema.ts";

export interface CallOptions {
  signal: AbortSignal;
}

const NODES_PER_PAGE = 500;

/** One cluster's API server, by the official client. Every failure is a coded error without address or body. */
export class KubernetesClient {
  readonly #config: KubeConfig;
  readonly #library: Awaited<ReturnType<typeof kubernetesLibrary>>;
  readonly #agent: Agent;

  private constructor(config: KubeConfig, library: Awaited<ReturnType<typeof kubernetesLibrary>>, agent: Agent) {
    this.#config = config;
    this.#library = library;
    this.#agent = agent;
  }

  /** @param server the API server that is asked: the registered one, whatever the kubeconfig says. */
  static async connect(kubeconfig: string, server: string): Promise<KubernetesClient> {
    const [{ cluster, user }, library] = await Promise.all([loadKubeconfig(kubeconfig), kubernetesLibrary()]);
    const config = new library.KubeConfig();
    config.loadFromClusterAndUser({ ...cluster, server: server.replace(/\/+$/, "") }, user);
    const { agent, dispatcher } = boundedAgent(cluster, user);
    // The library makes an agent per call, which would reuse no connection.
    const sign = config.applySecurityAuthentication.bind(config);
    config.applySecurityAuthentication = async (context) => {
      await sign(context);
      context.setHeaderParam("Accept-Encoding", "identity");
      context.setDispatcher(dispatcher);
    };
    return new KubernetesClient(config, library, agent);
  }

  /** Ends its connections, those in use after what is under way. */
  close(): Promise<void> {
    return this.#agent.close();
  }

  /** Resolves when the API server is ready and accepts the credentials. */
  async ready(options: CallOptions): Promise<void> {
    const ready = await this.#call(options, () =>
      new this.#library.Health(this.#config).readyz({ signal: options.signal }),
    );
    if (ready) return;
    // readyz only says no; the version call says whether it was the credentials.
    await this.version(options);
    throw new CodedError("UPSTREAM_ERROR", "The API server is not ready.");
  }

  /** Such as "v1.36.2". */
  async version(options: CallOptions): Promise<string> {
    const api = this.#config.makeApiClient(this.#library.VersionApi);
    return decode(Version, await this.#call(options, (call) => api.getCode({}, call))).gitVersion;
  }

  /** OpenShift's version, such as "4.14.5"; null where there is no OpenShift (404). */
  async openshiftVersion(options: CallOptions): Promise<string | null> {
    const api = this.#config.makeApiClient(this.#library.CustomObjectsApi);
    const which = { group: "config.openshift.io", version: "v1", plural: "clusterversions", name: "version" };
    return await orAbsent(async () =>
      decode(ClusterVersion, await this.#call(options, (call) => api.getClusterCustomObject(which, call))),
    );
  }

  /** MicroShift's version, such as "4.18.6", which it keeps in a ConfigMap; null where there is none (404). */
  async microshiftVersion(options: CallOptions): Promise<string | null> {
    const api = this.#config.makeApiClient(this.#library.CoreV1Api);
    const which = { namespace: "kube-public", name: "microshift-version" };
    return await orAbsent(async () =>
      decode(MicroshiftVersion, await this.#call(options, (call) => api.readNamespacedConfigMap(which, call))),
    );
  }

  /** Every node, read in pages. */
  async nodes(options: CallOptions): Promise<Node[]> {
    const api = this.#config.makeApiClient(this.#library.CoreV1Api);
    const nodes: Node[] = [];
    let next: string | undefined;
    do {
      const page = { limit: NODES_PER_PAGE, ...(next ? { _continue: next } : {}) };
      const list = decode(NodeList, await this.#call(options, (call) => api.listNode(page, call)));
      nodes.push(...list.items);
      next = list.metadata?._continue;
    } while (next);
    return nodes;
  }

  async #call<T>({ signal }: CallOptions, call: (options: ConfigurationOptions) => Promise<T>): Promise<T> {
    const { Observable } = this.#library;
    const withSignal: ConfigurationOptions = {
      middlewareMergeStrategy: "append",
      middleware: [
        {
          pre: (context) => {
            context.setSignal(signal);
            return new Observable(Promise.resolve(context));
          },
          post: (context) => new Observable(Promise.resolve(context)),
        },
      ],
    };
    try {
      return await call(withSignal);
    } catch (error) {
      throw signal.aborted ? signal.reason : this.#coded(error);
    }
  }

  #coded(error: unknown): CodedError {
    if (!(error instanceof this.#library.ApiException)) {
      // A failure of the transport has a cause; without one, the library could make nothing of the answer.
      return error instanceof Error && error.cause === undefined ? invalidAnswer(error) : upstreamError(error);
    }
    const status = error.code;
    if (status === 401)
      return new CodedError("UPSTREAM_REFUSED", "The API server refused the credentials (401).", { status });
    if (status === 403)
      return new CodedError("UPSTREAM_REFUSED", "The API server forbids this to the credentials (403).", { status });
    return new CodedError("UPSTREAM_ERROR", `The API server answered HTTP ${status}.`, { status });
  }
}

/** Null where the API server says that there is no such thing. */
async function orAbsent<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof CodedError && error.details?.["status"] === 404) return null;
    throw error;
  }
}

function decode<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalidAnswer(parsed.error);
}

const invalidAnswer = (cause: Error): CodedError =>
  new CodedError("UPSTREAM_INVALID_ANSWER", "The endpoint does not answer like a Kubernetes API server.", undefined, {
    cause,
  });
