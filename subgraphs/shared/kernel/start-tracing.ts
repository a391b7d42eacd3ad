import type { Logger } from "./log.ts";
import { useTracer } from "./tracing.ts";
import type { TracingConfig } from "./tracing-config.ts";

/**
 * Record traces, where a collector is configured; its libraries are loaded only then.
 * @returns sends what is left, and stops
 */
export async function startTracing(config: TracingConfig, service: string, log: Logger): Promise<() => Promise<void>> {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } = config;
  if (endpoint === undefined) return async () => {};
  const { otlpTracing } = await import("./otlp-tracing.ts");
  const tracing = otlpTracing({
    url: `${endpoint}/v1/traces`,
    headers: config.OTEL_EXPORTER_OTLP_HEADERS,
    ratio: config.OTEL_TRACES_SAMPLER_ARG,
    service,
    log,
  });
  useTracer(tracing.tracer);
  return async () => {
    useTracer(null);
    await tracing.close();
  };
}
