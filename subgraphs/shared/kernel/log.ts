import { type Logger as PinoLogger, pino } from "pino";

export type Logger = PinoLogger;

/** Keys whose values never reach a log line, wherever an object carries them. */
const SECRET_KEYS = ["authorization", "token", "kubeconfig", "password", "prometheusToken", "cookie", "secret"];

export function createLogger(options: { level: string; name: string; pretty?: boolean }): Logger {
  return pino({
    name: options.name,
    level: options.level,
    base: { name: options.name },
    redact: { paths: SECRET_KEYS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), censor: "[redacted]" },
    ...(options.pretty ? { transport: { target: "pino-pretty", options: { ignore: "pid,hostname" } } } : {}),
  });
}
