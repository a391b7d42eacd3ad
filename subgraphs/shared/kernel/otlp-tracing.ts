import {
  type Span as ApiSpan,
  type Context,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import type { Logger } from "./log.ts";
import { productVersion } from "./package-root.ts";
import type { Span, SpanAttributes, Tracer } from "./tracing.ts";

export interface OtlpOptions {
  url: string;
  headers: Record<string, string>;
  /** Of traces that begin here; one that a client began is recorded if the client says so. */
  ratio: number;
  service: string;
  log: Logger;
}

const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;
const KINDS = { client: SpanKind.CLIENT, internal: SpanKind.INTERNAL };
const EXPORT_MS = 10_000;
const QUIET_MS = 60_000;

/** Spans by OTLP over HTTP, as JSON, in batches and in the background. What the collector does not take is dropped. */
export function otlpTracing({ url, headers, ratio, service, log }: OtlpOptions): {
  tracer: Tracer;
  close(): Promise<void>;
} {
  const exporter = telling(new OTLPTraceExporter({ url, headers, timeoutMillis: EXPORT_MS }), log);
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ "service.name": service, "service.version": productVersion() }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  });
  const contexts = new AsyncLocalStorageContextManager().enable();
  const spans = provider.getTracer("aiops-nextgen");
  const wrapped = (span: ApiSpan): Span => new OtlpSpan(span, contexts);
  return {
    tracer: {
      begin: (name, attributes, traceparent) =>
        wrapped(spans.startSpan(name, { kind: SpanKind.SERVER, attributes }, remote(traceparent))),
      part(name, kind, attributes) {
        const parent = contexts.active();
        // Nothing is added to what has ended: work that a request has only set off would make its trace endless.
        if (!trace.getSpan(parent)?.isRecording()) return null;
        return wrapped(spans.startSpan(name, { kind: KINDS[kind], attributes }, parent));
      },
      current() {
        const span = trace.getSpan(contexts.active());
        return span ? wrapped(span) : null;
      },
    },
    // What was not taken is in the log, and nobody can do more about it now.
    close: () => provider.shutdown().catch(() => {}),
  };
}

class OtlpSpan implements Span {
  readonly #span: ApiSpan;
  readonly #contexts: AsyncLocalStorageContextManager;

  constructor(span: ApiSpan, contexts: AsyncLocalStorageContextManager) {
    this.#span = span;
    this.#contexts = contexts;
  }

  get traceId(): string {
    return this.#span.spanContext().traceId;
  }

  get spanId(): string {
    return this.#span.spanContext().spanId;
  }

  get traceparent(): string {
    const { traceId, spanId, traceFlags } = this.#span.spanContext();
    return `00-${traceId}-${spanId}-0${traceFlags & TraceFlags.SAMPLED}`;
  }

  set(attributes: SpanAttributes): void {
    this.#span.setAttributes({ ...attributes });
  }

  end(failure?: string): void {
    // The code alone: a message may repeat what a cluster or a user wrote.
    if (failure) this.#span.setAttribute("error.type", failure).setStatus({ code: SpanStatusCode.ERROR });
    this.#span.end();
  }

  run<T>(work: () => T): T {
    return this.#contexts.with(trace.setSpan(ROOT_CONTEXT, this.#span), work);
  }
}

/** The context of somebody else's span; of none where `traceparent` names none. */
function remote(traceparent: unknown): Context {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(String(traceparent)) ?? [];
  if (!traceId || !spanId || !flags) return ROOT_CONTEXT;
  const traceFlags = Number.parseInt(flags, 16) & TraceFlags.SAMPLED;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
}

/** Says in the log, now and then, that spans are not taken. Not by what: an error may name the collector with its credentials. */
function telling(exporter: SpanExporter, log: Logger): SpanExporter {
  let toldAt = Number.NEGATIVE_INFINITY;
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        if (result.code !== 0 && performance.now() - toldAt > QUIET_MS) {
          toldAt = performance.now();
          log.warn({ spans: spans.length }, "the collector of traces (OTEL_EXPORTER_OTLP_ENDPOINT) does not take them");
        }
        done(result);
      }),
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  };
}
