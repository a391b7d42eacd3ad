import { randomBytes } from "node:crypto";
import { createClient } from "graphql-ws";
import { afterAll, beforeAll, expect, it } from "vitest";
import WebSocket from "ws";
import type { DemoFleet } from "../../demo/fleet.ts";
import { readConfig } from "../../subgraphs/shared/kernel/config.ts";
import { createLogger } from "../../subgraphs/shared/kernel/log.ts";
import { startTracing } from "../../subgraphs/shared/kernel/start-tracing.ts";
import { enrolledFleet } from "../support/demo.ts";
import { startGraph, type TestGraph } from "../support/graph.ts";
import { describeModes } from "../support/modes.ts";
import { type ReceivedSpan, startOtlpReceiver } from "../support/otlp-receiver.ts";
import { SecretSearch } from "../support/secret-search.ts";

const CLUSTERS = 3;
const TOKEN = "token-that-no-trace-may-hold";
const USER = "user-whom-no-trace-may-name";
const SECRET = "value-that-no-trace-may-hold";
const FLEET = `query TracedOne($query: String!) { metrics(query: { query: $query }) { outcomes { status error { code } } } }`;

const newTraceparent = (): { traceId: string; parentId: string; traceparent: string } => {
  const traceId = randomBytes(16).toString("hex");
  const parentId = randomBytes(8).toString("hex");
  return { traceId, parentId, traceparent: `00-${traceId}-${parentId}-01` };
};

await describeModes("Tracing", (mode) => {
  let receiver: Awaited<ReturnType<typeof startOtlpReceiver>>;
  let graph: TestGraph;
  let fleet: DemoFleet;
  let stop: () => Promise<void>;
  const lines: string[] = [];

  beforeAll(async () => {
    receiver = await startOtlpReceiver();
    const config = readConfig({
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_HEADERS: "x-collector-key=for%20the%20collector",
      // Of what begins here nothing is recorded; what a client wants recorded is.
      OTEL_TRACES_SAMPLER_ARG: "0",
    });
    stop = await startTracing(config, "aiops-test", createLogger({ level: "silent", name: "test" }));
    const env = { AIOPS_API_TOKENS: JSON.stringify([{ token: TOKEN, user: USER, roles: ["admin"] }]) };
    graph = await startGraph({ mode, env, logTo: (line) => lines.push(line) });
    fleet = await enrolledFleet(graph, { clusters: CLUSTERS });
  });
  afterAll(async () => {
    await stop();
    await graph[Symbol.asyncDispose]();
    await fleet.close();
    await receiver.server[Symbol.asyncDispose]();
  });

  const ask = (query: string, variables: Record<string, unknown>, traceparent: string) =>
    graph.ask(query, variables, { token: TOKEN, headers: { traceparent } });

  it("tells in every error and log line which trace it belongs to", async () => {
    const { traceId, traceparent } = newTraceparent();
    const { errors } = await ask(FLEET, { query: "sum(" }, traceparent);
    expect(errors?.map(({ extensions }) => extensions["traceId"])).toEqual([traceId]);
    const told = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === "operation");
    expect(told.at(-1)).toMatchObject({
      name: "TracedOne",
      trace_id: traceId,
      span_id: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
    expect(told.at(-1).requestId).not.toBe(traceId);

    const refused = await fetch(`${graph.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", traceparent },
      body: JSON.stringify({ query: "{ __typename }" }),
    });
    expect((await refused.json()).errors[0].extensions).toMatchObject({ code: "UNAUTHENTICATED", traceId });

    const own = await graph.ask("{ nothingOfThisName }", {}, { token: TOKEN, headers: { traceparent: "not one" } });
    expect(own.errors?.[0]?.extensions["traceId"]).toMatch(/^(?!0{32})[0-9a-f]{32}$/);
  });

  it("follows what comes by WebSocket and by server-sent events, too", async () => {
    const bySocket = newTraceparent();
    const client = createClient({
      url: `${graph.url.replace(/^http/, "ws")}/graphql`,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      connectionParams: { authorization: `Bearer ${TOKEN}` },
    });
    const extensions = { traceparent: bySocket.traceparent };
    const results = client.iterate({ query: FLEET, variables: { query: "sum(" }, extensions });
    const { value } = await results.next();
    expect(value.errors[0].extensions.traceId).toBe(bySocket.traceId);
    const refused = client.iterate({ query: "subscription { nothingOfThisName }", extensions });
    const told = await refused.next().catch((error: unknown) => error);
    expect(told).toMatchObject([{ extensions: { code: "GRAPHQL_VALIDATION_FAILED", traceId: bySocket.traceId } }]);
    await client.dispose();

    const byEvents = newTraceparent();
    const response = await fetch(`${graph.url}/graphql/stream`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "text/event-stream",
        authorization: `Bearer ${TOKEN}`,
        traceparent: byEvents.traceparent,
      },
      body: JSON.stringify({ query: FLEET, variables: { query: "sum(" } }),
    });
    expect(await response.text()).toContain(`"traceId":"${byEvents.traceId}"`);
  });

  it("goes from the client's span through plan, hop and fan-out to each request to a cluster", async () => {
    const { traceId, parentId, traceparent } = newTraceparent();
    const broken = fleet.clusters[0]?.name ?? "";
    await fleet.setFault(broken, "prometheus", "error-503");
    const { data, errors } = await ask(FLEET, { query: `vector(1) or up{job="${SECRET}"}` }, traceparent);
    await fleet.setFault(broken, "prometheus", null);
    expect(errors).toBeUndefined();
    expect(data.metrics.outcomes).toHaveLength(CLUSTERS);
    await stop();

    const spans = receiver.spans().filter((span) => span.traceId === traceId);
    const named = (name: string): ReceivedSpan[] => spans.filter((span) => span.name === name);
    const [root] = named("POST /graphql");
    expect(root).toMatchObject({
      parentSpanId: parentId,
      attributes: { "graphql.operation.type": "query", "graphql.operation.name": "TracedOne", "aiops.outcome": "ok" },
    });
    const childrenOf = (parent: ReceivedSpan | undefined): ReceivedSpan[] =>
      spans.filter(({ parentSpanId }) => parentSpanId === parent?.spanId);
    expect(
      childrenOf(root)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(["hop observability", "plan"]);
    const [subgraph, ...others] = childrenOf(named("hop observability")[0]);
    expect([subgraph?.name, others]).toEqual(["subgraph observability", []]);
    const [fanOut, ...more] = childrenOf(subgraph);
    expect([fanOut?.name, more]).toEqual(["fan-out", []]);
    expect(fanOut?.attributes).toEqual({
      "aiops.targets": CLUSTERS,
      "aiops.targets.success": CLUSTERS - 1,
      "aiops.targets.error": 1,
    });
    const requests = childrenOf(fanOut);
    expect(new Set(requests.map(({ name }) => name))).toEqual(new Set(["prometheus"]));
    const answered = requests.filter(({ failed }) => !failed);
    expect(answered).toHaveLength(CLUSTERS - 1);
    for (const { attributes } of answered) {
      expect(Object.keys(attributes).sort()).toEqual([
        "aiops.backend",
        "aiops.cluster.type",
        "http.response.body.size",
        "http.response.status_code",
      ]);
      expect(attributes["http.response.body.size"]).toBeGreaterThan(0);
    }
    const failed = requests.filter((span) => span.failed);
    expect(failed.length).toBeGreaterThan(0);
    expect(failed[0]?.attributes).toMatchObject({ "http.response.status_code": 503, "error.type": "HTTP_5XX" });
    // Whatever is recorded is a part of something that was.
    const known = new Set([parentId, ...spans.map(({ spanId }) => spanId)]);
    expect(spans.filter(({ parentSpanId }) => !known.has(parentSpanId ?? ""))).toEqual([]);
  });

  it("sends no secret, query, address, user or cluster, and only what a client wanted recorded", async () => {
    const search = new SecretSearch();
    for (const [what, secret] of Object.entries({ TOKEN, USER, SECRET })) search.add(what, secret);
    for (const { name, token, apiServerUrl } of fleet.clusters) {
      search.add("a cluster's token", token);
      search.add("a cluster's address", apiServerUrl);
      expect(receiver.text()).not.toContain(`"${name}"`);
    }
    expect(search.in("what was exported", receiver.text())).toEqual([]);
    expect(receiver.text()).not.toMatch(/127\.0\.0\.1|vector\(/);
    expect(receiver.server.requests.length).toBeGreaterThan(0);
    for (const { headers } of receiver.server.requests) expect(headers["x-collector-key"]).toBe("for the collector");
    expect(receiver.spans().filter(({ name }) => name === "plan").length).toBeLessThanOrEqual(5);
  });
});
