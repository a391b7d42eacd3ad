import type { ConfigurationOptions } from "@kubernetes/client-node";
import { type Dispatcher, request } from "undici";
import type WebSocket from "ws";
import type { z } from "zod";
import { CodedError } from "../../kernel/errors.ts";
import { upstreamError } from "../failures.ts";
import { openSocket } from "../socket.ts";
import { beginningOf, decode, invalidAnswer, statusError } from "./answers.ts";
import { type AsUser, type SentHeaders, userHeaders, userRefusal } from "./as-user.ts";
import { type Connection, openConnection } from "./connection.ts";
import { ClusterVersion, MicroshiftVersion, Version } from "./schema.ts";

export interface CallOptions {
  signal: AbortSignal;
}

interface RequestOptions extends CallOptions {
  idleMs?: number;
  accept?: string;
  /** What to POST; without it, it is a GET. */
  json?: string;
}

/** The caller's signal carries the patience; this only bounds what nobody waits for any more. */
const IDLE_MS = 310_000;
const MAX_FRAME_BYTES = 1024 * 1024;

/** One cluster's API server, by the official client. Every failure is a coded error without address or body. */
export class KubernetesClient {
  readonly #connection: Connection;
  readonly #as: AsUser | null;

  private constructor(connection: Connection, as: AsUser | null) {
    this.#connection = connection;
    this.#as = as;
  }

  static async connect(...how: Parameters<typeof openConnection>): Promise<KubernetesClient> {
    return new KubernetesClient(await openConnection(...how), null);
  }

  /** The same connections, in somebody's name. Only what reads, creates and opens sockets by itself can be asked so. */
  as(user: AsUser): KubernetesClient {
    return new KubernetesClient(this.#connection, user);
  }

  /** Ends its connections, those in use after what is under way. */
  close(): Promise<void> {
    return this.#connection.agent.close();
  }

  /** Resolves when the API server is ready and accepts the credentials. */
  async ready(options: CallOptions): Promise<void> {
    if (await this.#readyz(options)) return;
    // readyz only says no; the version call says whether it was the credentials, and finds the newer ones if there are any.
    await this.version(options);
    if (this.#connection.session.renews && (await this.#readyz(options))) return;
    throw new CodedError("UPSTREAM_ERROR", "The API server is not ready.");
  }

  /** Resolves when the API server takes the credentials for somebody: `readyz` and `version` it answers to anyone without. */
  async authenticate(options: CallOptions): Promise<void> {
    await (await this.stream("/api", options)).dump();
  }

  /** Such as "v1.36.2". */
  async version(options: CallOptions): Promise<string> {
    const api = this.#connection.config.makeApiClient(this.#connection.library.VersionApi);
    return decode(Version, await this.#call(options, (call) => api.getCode({}, call))).gitVersion;
  }

  /** OpenShift's version, such as "4.14.5"; null where there is no OpenShift (404). */
  async openshiftVersion(options: CallOptions): Promise<string | null> {
    const api = this.#connection.config.makeApiClient(this.#connection.library.CustomObjectsApi);
    const which = { group: "config.openshift.io", version: "v1", plural: "clusterversions", name: "version" };
    return await orAbsent(async () =>
      decode(ClusterVersion, await this.#call(options, (call) => api.getClusterCustomObject(which, call))),
    );
  }

  /** MicroShift's version, such as "4.18.6", which it keeps in a ConfigMap; null where there is none (404). */
  async microshiftVersion(options: CallOptions): Promise<string | null> {
    const api = this.#connection.config.makeApiClient(this.#connection.library.CoreV1Api);
    const which = { namespace: "kube-public", name: "microshift-version" };
    return await orAbsent(async () =>
      decode(MicroshiftVersion, await this.#call(options, (call) => api.readNamespacedConfigMap(which, call))),
    );
  }

  /**
   * The answer to GET `path` (with its query string) as `schema` decodes it. For what there is much of: the library would make
   * an object of a class of its own from each part of an answer, and drop the parts that it does not know.
   */
  async read<T extends z.ZodType>(
    schema: T,
    path: string,
    options: CallOptions & { accept?: string },
  ): Promise<z.output<T>> {
    const body = await this.stream(path, options);
    try {
      return decode(schema, await body.json());
    } catch (error) {
      if (options.signal.aborted) throw options.signal.reason;
      throw error instanceof SyntaxError ? invalidAnswer(error) : upstreamError(error);
    }
  }

  /**
   * What the API server makes of `object`, POSTed to `path` as JSON, as `schema` decodes it. For reviews, which change nothing: after
   * a 401 it is sent again with a newer token. An answer echoes what was sent, a secret too, so no error keeps any of it.
   */
  async create<T extends z.ZodType>(
    schema: T,
    path: string,
    object: object,
    options: CallOptions,
  ): Promise<z.output<T>> {
    const json = JSON.stringify(object);
    const body = await this.#connection.session.run(options.signal, () => this.#request(path, { ...options, json }));
    try {
      return decode(schema, await body.json());
    } catch (error) {
      if (options.signal.aborted) throw options.signal.reason;
      throw error instanceof SyntaxError ? invalidAnswer() : upstreamError(error);
    }
  }

  /** The bytes that answer GET `path`, as they come: at most 64 MiB, and never `idleMs` without one. Whoever stops reading destroys it. */
  async stream(path: string, options: CallOptions & { idleMs?: number }): Promise<Dispatcher.ResponseData["body"]> {
    return await this.#connection.session.run(options.signal, () => this.#request(path, options));
  }

  /** A WebSocket that is open and paused, on one of the protocols. Whoever stops reading ends it. */
  async socket(path: string, protocols: readonly string[], { signal }: CallOptions): Promise<WebSocket> {
    return await this.#connection.session.run(signal, async () => {
      const { connect } = this.#connection;
      const signed = await this.#signed(path, {});
      const opened = await openSocket({ ...signed, protocols, connect, maxFrameBytes: MAX_FRAME_BYTES, signal });
      if ("socket" in opened) return opened.socket;
      throw this.#as ? userRefusal(opened.status, opened.body, this.#as) : statusError(opened.status);
    });
  }

  /** Where to, and with which headers. */
  async #signed(path: string, headers: Readonly<Record<string, string>>) {
    const url = `${this.#connection.config.getCurrentCluster()?.server ?? ""}${path}`;
    const context = new this.#connection.library.RequestContext(url, this.#connection.library.HttpMethod.GET);
    for (const [name, value] of Object.entries(headers)) context.setHeaderParam(name, value);
    await this.#connection.config.applySecurityAuthentication(context);
    const signed: SentHeaders = { ...context.getHeaders(), ...(this.#as ? userHeaders(this.#as) : {}) };
    return { url, headers: signed };
  }

  async #request(
    path: string,
    { signal, idleMs = IDLE_MS, accept = "application/json", json }: RequestOptions,
  ): Promise<Dispatcher.ResponseData["body"]> {
    const content = json === undefined ? {} : { "Content-Type": "application/json" };
    const { url, headers } = await this.#signed(path, { Accept: accept, ...content });
    try {
      const { statusCode, body } = await request(url, {
        dispatcher: this.#connection.dispatcher,
        method: json === undefined ? "GET" : "POST",
        body: json ?? null,
        headers,
        signal,
        headersTimeout: idleMs,
        bodyTimeout: idleMs,
      });
      if (statusCode === 200 || (json !== undefined && statusCode === 201)) return body;
      // Of a refusal the status says enough, but to users; a little is read so that the connection can be used again.
      if (this.#as) throw userRefusal(statusCode, await beginningOf(body), this.#as);
      await body.dump();
      throw statusError(statusCode);
    } catch (error) {
      throw signal.aborted ? signal.reason : upstreamError(error);
    }
  }

  #readyz(options: CallOptions): Promise<boolean> {
    return this.#call(options, () =>
      new this.#connection.library.Health(this.#connection.config).readyz({ signal: options.signal }),
    );
  }

  async #call<T>({ signal }: CallOptions, call: (options: ConfigurationOptions) => Promise<T>): Promise<T> {
    // The library would send one header for all groups, and the name of a group that nobody has.
    if (this.#as) throw new Error("The official client cannot ask in a user's name.");
    const { Observable } = this.#connection.library;
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
    return await this.#connection.session.run(signal, async () => {
      try {
        return await call(withSignal);
      } catch (error) {
        throw signal.aborted ? signal.reason : this.#coded(error);
      }
    });
  }

  #coded(error: unknown): CodedError {
    if (error instanceof CodedError) return error;
    if (!(error instanceof this.#connection.library.ApiException)) {
      // A failure of the transport has a cause; without one, the library could make nothing of the answer.
      return error instanceof Error && error.cause === undefined ? invalidAnswer(error) : upstreamError(error);
    }
    return statusError(error.code);
  }
}

/** Null where the API server says that there is no such thing. */
export async function orAbsent<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof CodedError && error.details?.["status"] === 404) return null;
    throw error;
  }
}
