import { z } from "zod";
import { CodedError } from "../../kernel/errors.ts";
import { upstreamError } from "../failures.ts";
import type { KubernetesClient } from "./client.ts";
import { LineSplitter } from "./line-splitter.ts";
import type { KubernetesObject } from "./objects/metadata.ts";
import { type Resource, resourcePath } from "./resource.ts";

export type ChangeType = "ADDED" | "MODIFIED" | "DELETED";

/** What a watch tells. A bookmark only says that everything up to its resource version has been told. */
export type Frame<T> =
  | { type: ChangeType; object: T; resourceVersion: string }
  | { type: "BOOKMARK"; resourceVersion: string };

export interface WatchOptions<T> {
  /** Only what changed after it is told. */
  resourceVersion: string;
  signal: AbortSignal;
  /** The API server has accepted the watch. */
  onOpen: () => void;
  onFrame: (frame: Frame<T>) => void;
}

/** The server ends the stream after this long, so that a watch never outlives its credentials by much. */
const LONGEST_SECONDS = 300;
/** Servers send a bookmark a minute; a connection silent for longer may be dead, and going on from where it was costs little. */
const SILENCE_MS = 120_000;

const Envelope = z.object({ type: z.string(), object: z.unknown() });
const Versioned = z.object({ metadata: z.object({ resourceVersion: z.string() }) });
const Failure = z.object({ code: z.number().catch(500) });

/**
 * Follows a kind of object for one connection, and resolves when that ends in an orderly way. A resource version that the server
 * has forgotten is an error with the status 410, whether it comes as an answer or (HTTP 200) as a frame.
 * @throws a coded error for everything else that ends it.
 */
export async function watch<T extends KubernetesObject>(
  client: KubernetesClient,
  resource: Resource<T>,
  { resourceVersion, signal, onOpen, onFrame }: WatchOptions<T>,
): Promise<void> {
  const query = {
    watch: "true",
    resourceVersion,
    allowWatchBookmarks: "true",
    timeoutSeconds: String(Math.round(LONGEST_SECONDS * (0.8 + 0.2 * Math.random()))),
  };
  const body = await client.stream(resourcePath(resource, {}, query), { signal, idleMs: SILENCE_MS });
  onOpen();
  const lines = new LineSplitter();
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      for (const line of lines.push(chunk)) onFrame(frameOf(resource, line));
    }
  } catch (error) {
    throw signal.aborted ? signal.reason : upstreamError(error);
  } finally {
    body.destroy();
  }
}

function frameOf<T extends KubernetesObject>(resource: Resource<T>, line: string): Frame<T> {
  const { type, object } = decoded(Envelope, parsed(line));
  if (type === "ERROR") {
    const status = decoded(Failure, object).code;
    throw new CodedError("UPSTREAM_ERROR", `The API server ended the watch (${status}).`, { status });
  }
  const { resourceVersion } = decoded(Versioned, object).metadata;
  // Its other fields may be empty skeletons.
  if (type === "BOOKMARK") return { type, resourceVersion };
  if (type !== "ADDED" && type !== "MODIFIED" && type !== "DELETED") throw invalid();
  return { type, object: decoded(resource.schema, object), resourceVersion };
}

function decoded<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw invalid(result.error);
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw invalid(error);
  }
}

const invalid = (cause?: unknown): CodedError =>
  new CodedError("UPSTREAM_INVALID_ANSWER", "The endpoint does not watch like a Kubernetes API server.", undefined, {
    cause,
  });
