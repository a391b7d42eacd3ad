import { describe, expect, it } from "vitest";
import { startHttpServer } from "../../../test/support/http-server.ts";
import { until } from "../../../test/support/until.ts";
import { ConfigError, readConfig } from "./config.ts";
import { createLogger } from "./log.ts";
import { startTracing } from "./start-tracing.ts";
import { spanning, traceIdOr, traceparent, tracer } from "./tracing.ts";

describe("Tracing", () => {
  it("is nothing at all unless it is configured", async () => {
    const stop = await startTracing(readConfig({}), "test", createLogger({ level: "silent", name: "test" }));
    expect([tracer(), traceparent(), traceIdOr("the request's id")]).toEqual([null, undefined, "the request's id"]);
    const work = async (): Promise<number> => 1;
    expect(await spanning(null, work)).toBe(1);
    await stop();
  });

  it("says in the log that the collector takes nothing, without its address or credentials, and holds nobody up", async () => {
    await using collector = await startHttpServer((_, response) => void response.writeHead(401).end("no"));
    const lines: string[] = [];
    const log = createLogger({ level: "warn", name: "test", destination: { write: (line) => void lines.push(line) } });
    const config = readConfig({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20the-collectors-secret",
    });
    const stop = await startTracing(config, "test", log);
    expect(await spanning(tracer()?.begin("work", {}), async () => "done")).toBe("done");
    await stop();
    await until("it is in the log", () => lines.length > 0);
    expect(collector.requests[0]?.headers.authorization).toBe("Bearer the-collectors-secret");
    expect(lines.join("")).toContain("does not take them");
    expect(lines.join("")).not.toMatch(/the-collectors-secret|127\.0\.0\.1/);
  });

  it("adds nothing to what has ended, nor to what is not recorded", async () => {
    await using collector = await startHttpServer((_, response) => void response.writeHead(200).end("{}"));
    const config = readConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
    const stop = await startTracing(config, "test", createLogger({ level: "silent", name: "test" }));
    const span = tracer()?.begin("request", {});
    const part = () => tracer()?.part("part", "internal", {}) ?? null;
    expect(part()).toBeNull();
    expect(span?.run(part)).not.toBeNull();
    span?.end();
    expect(span?.run(part)).toBeNull();
    const unwanted = tracer()?.begin("request", {}, `00-${"a".repeat(32)}-${"b".repeat(16)}-00`);
    expect([unwanted?.traceId, unwanted?.run(part)]).toEqual(["a".repeat(32), null]);
    expect(unwanted?.traceparent).toMatch(/-00$/);
    await stop();
  });

  it.each([
    ["OTEL_EXPORTER_OTLP_ENDPOINT", "no-address:1"],
    ["OTEL_EXPORTER_OTLP_HEADERS", "no-value"],
    ["OTEL_EXPORTER_OTLP_HEADERS", "name=%zz"],
    ["OTEL_TRACES_SAMPLER_ARG", "2"],
  ])("refuses a wrong %s, and does not repeat it: %s", (name, value) => {
    expect(() => readConfig({ [name]: value })).toThrow(ConfigError);
    expect(() => readConfig({ [name]: value })).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining(value) }),
    );
  });
});
