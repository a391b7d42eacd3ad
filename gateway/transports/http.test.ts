import { request } from "node:http";
import { describe, expect, test, vi } from "vitest";
import { post, sseClient, TOLD, WAIT } from "../../test/support/gateway/clients.ts";
import { startSmallGateway } from "../../test/support/gateway/small-gateway.ts";
import { LIMITS } from "../limits/limits.ts";

const TOKENS = [
  {
    token: "correct-horse-battery",
    identity: { user: "ann", groups: [], roles: ["viewer" as const], tenant: "t1", scope: null },
    expiresAt: null,
  },
  {
    token: "another-horse-battery",
    identity: { user: "bob", groups: [], roles: ["admin" as const], tenant: "t2", scope: null },
    expiresAt: null,
  },
];

/** A request with headers that fetch would not let through. */
function raw(url: string, options: { path: string; method?: string; headers?: Record<string, string>; body?: string }) {
  const { path, method = "GET", headers = {}, body } = options;
  const { promise, resolve, reject } = Promise.withResolvers<{
    status: number;
    headers: Record<string, unknown>;
    text: string;
  }>();
  request(new URL(path, url), { method, headers }, (response) => {
    let text = "";
    response.on("data", (chunk) => (text += chunk));
    response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
  })
    .on("error", reject)
    .end(body);
  return promise;
}

const JSON_TYPE = { "content-type": "application/json" };
const QUERY = JSON.stringify({ query: "{ clusters { id } }" });

describe("authentication", () => {
  test("each token is its identity; none and a wrong one are refused, coded", async () => {
    const { gateway, fleet } = await startSmallGateway({ config: { AIOPS_API_TOKENS: TOKENS } });
    for (const { token, identity } of TOKENS) {
      const { body } = await post(gateway.url, "{ operation }", { headers: { authorization: `Bearer ${token}` } });
      expect(JSON.parse(body.data.operation).identity).toEqual({
        ...identity,
        vouched: { by: "configuration", groups: [] },
      });
    }
    const hops = fleet.seen.hops.length;
    for (const headers of [
      {},
      { authorization: "Bearer wrong-horse-battery" },
      { authorization: "correct-horse-battery" },
    ]) {
      const refused = await post(gateway.url, "{ operation }", { headers });
      expect(refused.status).toBe(401);
      expect(refused.body.errors).toMatchObject([
        { extensions: { code: "UNAUTHENTICATED", traceId: refused.headers.get("x-request-id") } },
      ]);
      const stream = await fetch(`${gateway.url}/graphql/stream`, {
        method: "POST",
        headers: { ...JSON_TYPE, ...headers },
        body: QUERY,
      });
      expect(stream.status).toBe(401);
    }
    expect(fleet.seen.hops).toHaveLength(hops);
  });

  test("without tokens, a name that is not loopback is refused, and every loopback name is served", async () => {
    const { gateway } = await startSmallGateway();
    const served = async (host: string) =>
      (await raw(gateway.url, { path: "/graphql", method: "POST", headers: { ...JSON_TYPE, host }, body: QUERY }))
        .status;
    for (const host of ["localhost", "localhost:4000", "127.0.0.1:1", "127.1.2.3", "[::1]:4000"])
      expect(await served(host)).toBe(200);
    for (const host of ["evil.example.com", "localhost.example.com", "10.0.0.1", "127.0.0.1.example.com"]) {
      expect(await served(host)).toBe(403);
    }
  });

  test("with tokens, the name does not matter, but must be one", async () => {
    const { gateway } = await startSmallGateway({ config: { AIOPS_API_TOKENS: TOKENS } });
    const headers = { ...JSON_TYPE, host: "aiops.example.com", authorization: "Bearer correct-horse-battery" };
    expect((await raw(gateway.url, { path: "/graphql", method: "POST", headers, body: QUERY })).status).toBe(200);
    const none = { ...headers, host: "[" };
    expect((await raw(gateway.url, { path: "/graphql", method: "POST", headers: none, body: QUERY })).status).toBe(400);
  });
});

describe("pages of other origins", () => {
  test("are refused; an allowed one may ask, and read the answer", async () => {
    const { gateway } = await startSmallGateway({ config: { AIOPS_ALLOWED_ORIGINS: ["https://console.example.com"] } });
    for (const path of ["/graphql", "/graphql/stream"]) {
      const ask = (origin: string, method = "POST") =>
        raw(gateway.url, {
          path,
          method,
          headers: { ...JSON_TYPE, origin },
          ...(method === "POST" ? { body: QUERY } : {}),
        });
      const foreign = await ask("https://evil.example.com");
      expect(foreign.status).toBe(403);
      expect(foreign.headers["access-control-allow-origin"]).toBeUndefined();
      expect((await ask("https://evil.example.com", "OPTIONS")).status).toBe(403);
      const allowed = await ask("https://console.example.com");
      expect(allowed.status).toBe(200);
      expect(allowed.headers["access-control-allow-origin"]).toBe("https://console.example.com");
      const beforehand = await ask("https://console.example.com", "OPTIONS");
      expect(beforehand.status).toBe(204);
      expect(beforehand.headers["access-control-allow-headers"]).toContain("authorization");
      expect((await ask(gateway.url)).status).toBe(200);
    }
  });

  test("cannot send what a browser sends without asking", async () => {
    const { gateway, fleet } = await startSmallGateway();
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]) {
      for (const path of ["/graphql", "/graphql/stream"]) {
        const { status } = await raw(gateway.url, {
          path,
          method: "POST",
          headers: { "content-type": type },
          body: QUERY,
        });
        expect(status).toBe(415);
      }
    }
    const query = encodeURIComponent("{ clusters { id } }");
    const simple = await raw(gateway.url, { path: `/graphql?query=${query}` });
    expect(simple.status).toBe(400);
    expect(JSON.parse(simple.text).errors[0].extensions.code).toBe("BAD_USER_INPUT");
    expect(fleet.seen.hops).toHaveLength(0);
  });
});

describe("limits", () => {
  const nested = (depth: number): string => `${"{ nested ".repeat(depth - 1)} { leaf } ${"}".repeat(depth - 1)}`;
  const cases: [what: string, query: string, code: string | null][] = [
    ["as deep as allowed", nested(15), null],
    ["too deep", nested(16), "LIMIT_EXCEEDED"],
    [
      "too deep by fragments",
      `{ ...A } fragment A on Query ${nested(9).replace("leaf", "...B")} fragment B on Nested ${nested(8)}`,
      "LIMIT_EXCEEDED",
    ],
    ["too many tokens", `{ ${"crash ".repeat(LIMITS.tokens)} }`, "GRAPHQL_PARSE_FAILED"],
    ["too many aliases", `{ ${Array.from({ length: 51 }, (_, i) => `a${i}: operation`).join(" ")} }`, "LIMIT_EXCEEDED"],
    [
      "too many fields",
      `{ ${Array.from({ length: 50 }, (_, i) => `a${i}: clusters { ...F }`).join(" ")} } fragment F on Cluster { ${Array.from({ length: 10 }, (_, i) => `f${i}: id`).join(" ")} }`,
      "LIMIT_EXCEEDED",
    ],
  ];
  test.each(cases)("%s", async (_, query, code) => {
    const { gateway, fleet } = await startSmallGateway();
    const { status, body } = await post(gateway.url, query);
    expect(body.errors?.[0].extensions.code ?? null).toBe(code);
    expect(status).toBe(code ? 400 : 200);
    const [result] = await readStream(gateway.url, query);
    expect(result?.errors?.[0]?.extensions?.["code"] ?? null).toBe(code);
    expect(fleet.seen.hops.length > 0).toBe(code === null);
  });

  test("a body that is too large, or not JSON", async () => {
    const { gateway } = await startSmallGateway();
    const large = await post(gateway.url, " ".repeat(LIMITS.bodyBytes));
    expect(large.status).toBe(413);
    expect(large.body.errors[0].extensions.code).toBe("LIMIT_EXCEEDED");
    const broken = await raw(gateway.url, { path: "/graphql", method: "POST", headers: JSON_TYPE, body: "{" });
    expect(broken.status).toBe(400);
    expect(JSON.parse(broken.text).errors[0].extensions.code).toBe("BAD_USER_INPUT");
  });
});

async function readStream(url: string, query: string) {
  const stream = sseClient(url).follow(query);
  await stream.ended;
  return stream.results;
}

describe("operations", () => {
  test("introspection is served, whatever its size", async () => {
    const { gateway } = await startSmallGateway();
    const { getIntrospectionQuery } = await import("graphql");
    const { body } = await post(gateway.url, getIntrospectionQuery({ inputValueDeprecation: true, oneOf: true }));
    expect(body.errors).toBeUndefined();
    expect(body.data.__schema.types.map(({ name }: { name: string }) => name)).toContain("Cluster");
  });

  test("a mutation by GET is refused", async () => {
    const { gateway, fleet } = await startSmallGateway();
    const query = encodeURIComponent('mutation { rename(id: 1, name: "x") { id } }');
    const { status } = await raw(gateway.url, {
      path: `/graphql?query=${query}`,
      headers: { "apollo-require-preflight": "1" },
    });
    expect(status).toBe(405);
    const stream = await raw(gateway.url, { path: `/graphql/stream?query=${query}` });
    expect(stream.text).toContain('"code":"BAD_USER_INPUT"');
    expect(fleet.seen.hops).toHaveLength(0);
  });

  test("a subscription by POST is told where to go", async () => {
    const { gateway } = await startSmallGateway();
    const { status, body } = await post(gateway.url, "subscription { changed { cursor } }");
    expect(status).toBe(400);
    expect(body.errors[0]).toMatchObject({
      message: expect.stringContaining("/graphql/stream"),
      extensions: { code: "BAD_USER_INPUT" },
    });
  });

  test("wrong variables, an unknown operation, no query: all coded as the caller's", async () => {
    const { gateway } = await startSmallGateway();
    const query = "query A($id: ID!) { cluster(id: $id) { id } } query B { operation }";
    for (const answer of [
      await post(gateway.url, query, { operationName: "A", variables: { id: {} } }),
      await post(gateway.url, query, { operationName: "C" }),
      await post(gateway.url, ""),
    ]) {
      expect(answer.status).toBe(400);
      expect(answer.body.errors).toMatchObject([
        {
          extensions: {
            code: "BAD_USER_INPUT",
            traceId: answer.headers.get("x-request-id"),
            timestamp: expect.any(String),
          },
        },
      ]);
    }
  });

  test("server-sent events by GET, with variables in the search", async () => {
    const { gateway } = await startSmallGateway();
    const search = new URLSearchParams({
      query: "query ($id: ID!) { cluster(id: $id) { name } }",
      variables: '{"id":"2"}',
    });
    const { headers, text } = await raw(gateway.url, { path: `/graphql/stream?${search}` });
    expect(headers["content-type"]).toContain("text/event-stream");
    expect(text).toMatch(
      /^:\n\nevent: next\ndata: \{"data":\{"cluster":\{"name":"beta"\}\},"extensions":\{"cost":.+\}\}\n\nevent: complete\ndata:\n\n$/,
    );
    const bad = await raw(gateway.url, { path: `/graphql/stream?query=x&variables=nonsense` });
    expect(bad.status).toBe(400);
  });

  test("a reader of server-sent events that is too slow loses its stream", async () => {
    const { gateway, fleet } = await startSmallGateway();
    const { promise, resolve } = Promise.withResolvers<import("node:http").IncomingMessage>();
    const query = encodeURIComponent('subscription { changed(kind: "x") { cursor kind } }');
    request(new URL(`/graphql/stream?query=${query}`, gateway.url), resolve).end();
    const response = await promise;
    response.pause();
    await vi.waitFor(() => expect(fleet.streams.size).toBe(1), WAIT);
    const kind = "x".repeat(50_000);
    await vi.waitFor(
      () => {
        for (const { channel } of fleet.streams) channel.push({ cursor: "1", kind, cluster: { id: "1" } });
        expect(fleet.seen.closed).toBe(1);
      },
      { timeout: 20_000, interval: 1 },
    );
    let text = "";
    for await (const chunk of response) text = (text + String(chunk)).slice(-1000);
    expect(text).toContain('"code":"SLOW_CONSUMER"');
    expect(text.endsWith("event: complete\ndata:\n\n")).toBe(true);
  });
});

describe("health", () => {
  test("tells each component, and is 503 when one is down", async () => {
    let store = "ok";
    const { gateway } = await startSmallGateway({
      config: { AIOPS_API_TOKENS: TOKENS },
      readiness: async () => ({ store, bus: "ok" }),
    });
    expect(await (await fetch(`${gateway.url}/healthz`)).json()).toEqual({ status: "ok" });
    const ready = await fetch(`${gateway.url}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([200, { status: "ok", components: { store: "ok", bus: "ok" } }]);
    store = "no connection";
    const down = await fetch(`${gateway.url}/readyz`);
    expect([down.status, await down.json()]).toEqual([
      503,
      { status: "unavailable", components: { store: "no connection", bus: "ok" } },
    ]);
  });

  test("metrics count requests, operations and errors", async () => {
    const { gateway } = await startSmallGateway();
    await post(gateway.url, "{ clusters { id } }");
    await post(gateway.url, "{ refuse }");
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
    expect(metrics).toContain('http_request_duration_seconds_count{method="POST",route="/graphql",status="200"} 2');
    expect(metrics).toContain('aiops_gateway_operation_duration_seconds_count{type="query",outcome="ok"} 1');
    expect(metrics).toContain('aiops_gateway_errors_total{code="CLUSTER_NOT_FOUND"} 1');
    expect(metrics).toContain("process_cpu_seconds_total");
  });

  test("what is not there is a coded 404", async () => {
    const { gateway } = await startSmallGateway();
    const { status, text } = await raw(gateway.url, { path: "/nope" });
    expect([status, JSON.parse(text).errors[0].extensions.code]).toEqual([404, "BAD_USER_INPUT"]);
  });
});

describe("shutdown", () => {
  test("a request under way finishes, streams end with SHUTTING_DOWN, nothing new is taken", async () => {
    const { gateway, fleet } = await startSmallGateway();
    const { promise, resolve } = Promise.withResolvers<void>();
    fleet.gate.held = promise;
    const answer = post(gateway.url, "{ cluster(id: 1) { slow } }");
    const stream = sseClient(gateway.url).follow("subscription { changed { cursor } }");
    await vi.waitFor(() => expect(fleet.seen.hops).toHaveLength(2), WAIT);
    await vi.waitFor(() => expect(fleet.streams.size).toBe(1), WAIT);
    const closing = gateway.close();
    expect(await stream.until(1)).toMatchObject({ errors: [{ extensions: { code: "SHUTTING_DOWN" } }] });
    await expect(fetch(`${gateway.url}/healthz`)).rejects.toThrow("fetch failed");
    resolve();
    const answered = performance.now();
    expect((await answer).body).toEqual({ data: { cluster: { slow: "done" } }, extensions: TOLD });
    await closing;
    // Not held until the grace is over by connections that are only kept alive.
    expect(performance.now() - answered).toBeLessThan(2000);
  });

  test("what does not finish in time is cut off and cancelled", async () => {
    const { gateway, fleet } = await startSmallGateway({ config: { AIOPS_SHUTDOWN_GRACE_MS: 100 } });
    const answer = post(gateway.url, "{ hang }");
    await vi.waitFor(() => expect(fleet.seen.hops).toHaveLength(1), WAIT);
    await Promise.all([gateway.close(), expect(answer).rejects.toThrow("fetch failed")]);
    await vi.waitFor(() => expect(fleet.seen.aborted).toBe(1), WAIT);
  });
});
