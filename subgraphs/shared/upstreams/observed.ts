import type { Dispatcher } from "undici";
import { type Span, tracer } from "../kernel/tracing.ts";
import { type Calls, failureOf, outcomeOf } from "./call-meter.ts";
import { upstreamError } from "./failures.ts";
import type { UpstreamAnswer } from "./http.ts";

/** One request, told to whoever counts them and to the trace that it belongs to. */
export async function observed(calls: Calls | undefined, call: () => Promise<UpstreamAnswer>): Promise<UpstreamAnswer> {
  if (!calls) return await call();
  const span = spanOf(calls);
  const began = performance.now();
  try {
    const answer = await call();
    const outcome = outcomeOf(answer.status);
    calls.ended(outcome, secondsSince(began));
    span?.set({ "http.response.status_code": answer.status, "http.response.body.size": answer.bytes });
    span?.end(outcome === "OK" ? undefined : outcome);
    return answer;
  } catch (error) {
    const code = failureOf(error);
    calls.ended(code, secondsSince(began));
    span?.end(code);
    throw error;
  }
}

/** As `observed`, for a client that is not ours: by what goes through its dispatcher. An answer counts when it begins, since a watch has no end. */
export const observing =
  (calls: Calls): Dispatcher.DispatcherComposeInterceptor =>
  (dispatch) =>
  (options, handler) => {
    const span = spanOf(calls);
    const began = performance.now();
    let answered = "";
    let bytes = 0;
    return dispatch(options, {
      onRequestStart: (controller, context) => handler.onRequestStart?.(controller, context),
      onRequestUpgrade: (...upgrade) => handler.onRequestUpgrade?.(...upgrade),
      onResponseStart: (controller, status, headers, message) => {
        answered = outcomeOf(status);
        calls.ended(answered, secondsSince(began));
        span?.set({ "http.response.status_code": status });
        handler.onResponseStart?.(controller, status, headers, message);
      },
      onResponseData: (controller, chunk) => {
        bytes += chunk.length;
        handler.onResponseData?.(controller, chunk);
      },
      onResponseEnd: (controller, trailers) => {
        span?.set({ "http.response.body.size": bytes });
        span?.end(answered === "OK" ? undefined : answered);
        handler.onResponseEnd?.(controller, trailers);
      },
      onResponseError: (controller, error) => {
        const code = isAbort(error) ? "CANCELLED" : upstreamError(error).code;
        if (!answered) calls.ended(code, secondsSince(began));
        span?.end(code);
        handler.onResponseError?.(controller, error);
      },
    });
  };

const spanOf = ({ backend, clusterType }: Calls): Span | null =>
  tracer()?.part(backend, "client", { "aiops.backend": backend, "aiops.cluster.type": clusterType }) ?? null;

const isAbort = (error: unknown): boolean => error instanceof Error && error.name === "AbortError";

const secondsSince = (began: number): number => (performance.now() - began) / 1000;
