import { type DestinationStream, type Logger as PinoLogger, pino } from "pino";
import { tracer } from "./tracing.ts";

export type Logger = PinoLogger;

/** Keys whose values never reach a log line, wherever an object carries them. */
const SECRET_KEYS = [
  "authorization",
  "token",
  "kubeconfig",
  "password",
  "prometheusToken",
  "clientSecret",
  "keyData",
  "cookie",
  "secret",
];

interface LoggerOptions {
  level: string;
  name: string;
  pretty?: boolean;
  /** Where lines go; standard output unless given. */
  destination?: DestinationStream;
}

function traceIds(): object {
  const span = tracer()?.current();
  return span ? { trace_id: span.traceId, span_id: span.spanId } : {};
}

export function createLogger({ level, name, pretty, destination }: LoggerOptions): Logger {
  const options = {
    name,
    level,
    base: { name },
    redact: { paths: SECRET_KEYS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), censor: "[redacted]" },
    // What was logged while something was under way is found by its trace.
    mixin: traceIds,
    ...(pretty ? { transport: { target: "pino-pretty", options: { ignore: "pid,hostname" } } } : {}),
  };
  return destination ? pino(options, destination) : pino(options);
}
