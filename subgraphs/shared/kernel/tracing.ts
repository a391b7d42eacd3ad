/** What is recorded with a span. Never a URL, a query, a token or a name that a user gave to something. */
export type SpanAttributes = Readonly<Record<string, string | number>>;

export interface Span {
  /** 32 hex digits. */
  readonly traceId: string;
  readonly spanId: string;
  /** As W3C Trace Context passes it on. */
  readonly traceparent: string;
  set(attributes: SpanAttributes): void;
  /** @param failure an error code, where it failed */
  end(failure?: string): void;
  /** What is begun while `work` runs is a part of this. */
  run<T>(work: () => T): T;
}

export interface Tracer {
  /** Somebody else's request begins here: a part of the trace that `traceparent` names, or a trace of its own. */
  begin(name: string, attributes: SpanAttributes, traceparent?: unknown): Span;
  /** A part of what is under way; null where nothing is, where it has ended, or where it is not recorded. */
  part(name: string, kind: "client" | "internal", attributes: SpanAttributes): Span | null;
  /** What is under way here, or has begun it. */
  current(): Span | null;
}

let active: Tracer | null = null;

/** Null unless tracing is configured: whoever asks has no other work with it then. */
export const tracer = (): Tracer | null => active;

/** From now on spans are recorded by `tracing`. */
export function useTracer(tracing: Tracer | null): void {
  active = tracing;
}

/** What an error tells to find it by: the trace's id where there is one, else the request's. */
export const traceIdOr = (requestId: string): string => active?.current()?.traceId ?? requestId;

/** Ends with `work`, which is all it holds. Null: `work` as it is. @param failed the code of an answer that tells of a failure */
export async function spanning<T>(
  span: Span | null | undefined,
  work: () => Promise<T>,
  failed?: (answer: T) => string | undefined,
): Promise<T> {
  if (!span) return await work();
  try {
    const answer = await span.run(work);
    span.end(failed?.(answer));
    return answer;
  } catch (error) {
    span.end(codeOf(error));
    throw error;
  }
}

/** Of a coded error, ours or graphql-js's. */
export function codeOf(error: unknown): string {
  const code = (error as { extensions?: { code?: unknown } } | null)?.extensions?.code;
  return typeof code === "string" ? code : "INTERNAL_SERVER_ERROR";
}

/** What a request to another part of ours takes along; undefined without a trace. */
export const traceparent = (): string | undefined => active?.current()?.traceparent;
