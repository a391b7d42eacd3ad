import { z } from "zod";
import { type HttpServer, startHttpServer } from "./http-server.ts";

const Value = z.looseObject({
  stringValue: z.string().optional(),
  intValue: z.union([z.string(), z.number()]).optional(),
  doubleValue: z.number().optional(),
});
const Export = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.looseObject({ attributes: z.array(z.object({ key: z.string(), value: Value })) }),
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.looseObject({
              traceId: z.string(),
              spanId: z.string(),
              parentSpanId: z.string().optional(),
              name: z.string(),
              attributes: z.array(z.object({ key: z.string(), value: Value })),
              status: z.looseObject({ code: z.number().optional() }),
            }),
          ),
        }),
      ),
    }),
  ),
});

export interface ReceivedSpan {
  traceId: string;
  spanId: string;
  parentSpanId: string | undefined;
  name: string;
  attributes: Record<string, string | number>;
  failed: boolean;
}

const ERROR = 2;

/** A collector of traces: takes OTLP over HTTP as JSON, as any does. */
export async function startOtlpReceiver(): Promise<{
  url: string;
  server: HttpServer;
  spans(): ReceivedSpan[];
  /** All that came, as it came. */
  text(): string;
}> {
  const server = await startHttpServer(({ method, path }, response) => {
    response.writeHead(method === "POST" && path === "/v1/traces" ? 200 : 404, { "content-type": "application/json" });
    response.end("{}");
  });
  const exported = () =>
    server.requests.flatMap(({ body }) =>
      Export.parse(JSON.parse(body)).resourceSpans.flatMap(({ scopeSpans }) =>
        scopeSpans.flatMap(({ spans }) => spans),
      ),
    );
  return {
    url: server.url,
    server,
    text: () => server.requests.map(({ body }) => body).join("\n"),
    spans: () =>
      exported().map(({ traceId, spanId, parentSpanId, name, attributes, status }) => ({
        traceId,
        spanId,
        parentSpanId: parentSpanId || undefined,
        name,
        attributes: Object.fromEntries(
          attributes.map(({ key, value }) => [key, value.stringValue ?? Number(value.intValue ?? value.doubleValue)]),
        ),
        failed: status.code === ERROR,
      })),
  };
}
