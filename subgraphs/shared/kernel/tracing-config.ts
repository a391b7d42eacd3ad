import { z } from "zod";

/** `key=value` pairs, comma separated; values are percent-encoded, as the OpenTelemetry specification has it. */
const headers = z.string().transform((text, ctx) => {
  const pairs = text.split(",").map((pair) => pair.trim().split(/=(.*)/s));
  const wrong = pairs.some(
    ([name = "", value = ""]) => !/^[\w-]+$/.test(name) || !/^(?:[^%\s]|%[0-9a-f]{2})+$/i.test(value),
  );
  if (wrong) ctx.addIssue({ code: "custom", message: "each entry is name=value" });
  return wrong ? {} : Object.fromEntries(pairs.map(([name = "", value = ""]) => [name, decodeURIComponent(value)]));
});

/** By the names that every OpenTelemetry SDK reads. */
export const TRACING_VARIABLES = {
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    schema: z
      .url({ protocol: /^https?$/, error: "a URL with http: or https:" })
      .transform((text) => text.replace(/\/+$/, ""))
      .optional(),
    example: "http://collector:4318",
  },
  OTEL_EXPORTER_OTLP_HEADERS: { schema: headers.default({}), example: "authorization=Bearer%20<token>" },
  OTEL_TRACES_SAMPLER_ARG: { schema: z.coerce.number().min(0).max(1).default(1), example: "0.1" },
} as const;

export type TracingConfig = {
  [K in keyof typeof TRACING_VARIABLES]: z.output<(typeof TRACING_VARIABLES)[K]["schema"]>;
};
