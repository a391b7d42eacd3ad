import { createHash } from "node:crypto";
import { AwsClient } from "aws4fetch";
import { CodedError } from "../../shared/kernel/errors.ts";
import { type ReportStore, requireName, type StoredItem } from "./report.store.ts";

const PATIENCE_MS = 60_000;
const RETRIES = 2;

export interface S3Options {
  /** Of the bucket, with a prefix if there is one: https://s3.eu-central-1.amazonaws.com/bucket/prefix */
  url: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
}

/** Reports as objects of a bucket, of anything that speaks S3's API with the bucket in the path. */
export class S3ReportStore implements ReportStore {
  readonly #client: AwsClient;
  readonly #bucket: URL;
  /** Without a slash before it, and with one behind it; empty for all of the bucket. */
  readonly #prefix: string;

  constructor({ url, region, accessKeyId, secretAccessKey }: S3Options) {
    const { origin, pathname } = new URL(url);
    const [bucket = "", ...prefix] = decodeURIComponent(pathname).split("/").filter(Boolean);
    this.#bucket = new URL(`/${encodeURIComponent(bucket)}/`, origin);
    this.#prefix = prefix.map((part) => `${part}/`).join("");
    this.#client = new AwsClient({ region, accessKeyId, secretAccessKey, service: "s3", retries: RETRIES });
  }

  async put(name: string, bytes: Uint8Array, contentType: string): Promise<void> {
    const headers = {
      "content-type": contentType,
      // Signed with the rest: what arrives damaged is refused.
      "x-amz-content-sha256": createHash("sha256").update(bytes).digest("hex"),
    };
    await this.#ask("PUT", this.#object(name), { body: new Uint8Array(bytes), headers });
  }

  async get(name: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array> | null> {
    const { status, body } = await this.#ask("GET", this.#object(name), { signal });
    return status === 404 ? null : body;
  }

  async delete(name: string): Promise<void> {
    const { body } = await this.#ask("DELETE", this.#object(name), {});
    await body?.cancel();
  }

  async list(after: string | null): Promise<{ items: StoredItem[]; next: string | null }> {
    const url = new URL(this.#bucket);
    url.searchParams.set("list-type", "2");
    url.searchParams.set("prefix", this.#prefix);
    if (after !== null) url.searchParams.set("continuation-token", after);
    const text = await (await this.#ask("GET", url, {})).text();
    const items = [...text.matchAll(/<Contents>(.*?)<\/Contents>/gs)].map(([, content = ""]) => ({
      name: element(content, "Key").slice(this.#prefix.length),
      modifiedAt: new Date(element(content, "LastModified")),
    }));
    return { items, next: element(text, "NextContinuationToken") || null };
  }

  #object(name: string): URL {
    return new URL((this.#prefix + requireName(name)).split("/").map(encodeURIComponent).join("/"), this.#bucket);
  }

  /** @throws UPSTREAM_ERROR; its answer may hold what is nobody's business, and is left out */
  async #ask(method: string, url: URL, init: RequestInit): Promise<Response> {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), PATIENCE_MS);
    const signal = init.signal ? AbortSignal.any([init.signal, late.signal]) : late.signal;
    try {
      const answer = await this.#client.fetch(url, { ...init, method, signal });
      if (answer.ok || (answer.status === 404 && method !== "PUT")) return answer;
      await answer.body?.cancel();
      throw new CodedError("UPSTREAM_ERROR", `The storage of reports answered ${method} with ${answer.status}.`);
    } catch (cause) {
      if (cause instanceof CodedError || init.signal?.aborted) throw cause;
      throw new CodedError("UPSTREAM_UNREACHABLE", "The storage of reports cannot be reached.", undefined, { cause });
    } finally {
      clearTimeout(timer);
    }
  }
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

const element = (xml: string, name: string): string =>
  (new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? "").replace(
    /&(amp|lt|gt|quot|apos);/g,
    (_, entity: string) => ENTITIES[entity] ?? "",
  );
