import { afterEach, describe, expect, it } from "vitest";
import { createTlsMaterial } from "../../demo/server/tls.ts";
import { type Endpoint, UpstreamHttp } from "../../subgraphs/shared/upstreams/http.ts";
import { LokiClient } from "../../subgraphs/shared/upstreams/loki/client.ts";
import type { TailFrame } from "../../subgraphs/shared/upstreams/loki/schema.ts";
import type { CallOptions } from "../../subgraphs/shared/upstreams/readiness.ts";
import { type Replay, recording, startReplayServer } from "../support/recordings.ts";
import { startTailServer } from "../support/tail-server.ts";
import { loopbackGuard, publicGuard } from "../support/target-guard.ts";
import { until } from "../support/until.ts";

const LOKI = "loki-3.7";
const RANGE = { start: 1_795_381_535_006_828_174n, end: 1_795_385_135_006_828_174n };
const QUERY = '{app="smf"} | json';

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

const options = (): CallOptions => ({ signal: new AbortController().signal, requestId: "r-1" });

function client(url: string, more: Partial<Endpoint> = {}, guard = loopbackGuard()): LokiClient {
  const http = new UpstreamHttp(guard);
  open.push({ [Symbol.asyncDispose]: () => http.close() });
  return new LokiClient(http, { url, token: "t-1", caCertificate: null, ...more });
}

const asked = (path: string, params: object): string =>
  `GET /loki/api/v1/${path}?${new URLSearchParams(Object.entries(params).map(([name, value]) => [name, String(value)]))}`;

/** What a call comes to, when each of these is asked for once and nothing else is. */
async function replayed<T>(call: (loki: LokiClient) => Promise<T>, replays: Replay[], tenant: string | null = null) {
  const server = await startReplayServer(replays);
  open.push(server);
  const outcome = await call(client(server.url, { tenant })).catch((error: unknown) => error);
  server.verify();
  for (const { headers } of server.requests)
    expect(headers).toMatchObject({ authorization: "Bearer t-1", "x-request-id": "r-1" });
  return { outcome, requests: server.requests };
}

const lines = async (
  name: string,
  { limit = 20, direction = "BACKWARD" as const, server = LOKI, tenant = null as string | null } = {},
) =>
  await replayed(
    (loki) => loki.lines({ query: QUERY, ...RANGE, limit, direction }, options()),
    [
      {
        request: asked("query_range", { query: QUERY, ...RANGE, limit, direction: direction.toLowerCase() }),
        answer: recording(server, name),
      },
    ],
    tenant,
  );

describe("The lines of a recorded Loki 3.7", () => {
  it("have what is their own beside them, and not in their stream", async () => {
    const { outcome, requests } = await lines("query-range-categorize-labels");
    expect(requests[0]?.headers).toMatchObject({ "x-loki-response-encoding-flags": "categorize-labels" });
    expect(outcome).toMatchObject({ limit: 20, warnings: [], bytes: expect.any(Number) });
    const { streams } = outcome as Awaited<ReturnType<LokiClient["lines"]>>;
    expect(streams.map(({ labels }) => labels)).toEqual(
      ["error", "info"].map((level) => ({
        app: "smf",
        cluster: "alpha",
        container: "smf",
        level,
        namespace: "upf-core",
        pod: "smf-0",
        service_name: "smf",
      })),
    );
    expect(new Set(streams.map(({ hash }) => hash)).size).toBe(2);
    expect(streams[0]?.rows).toEqual([
      [
        "1795385088687767410",
        expect.stringContaining("PFCP session establishment failed"),
        {
          structuredMetadata: {
            detected_level: "error",
            span_id: "290471487eba8622",
            trace_id: "290471487eba8622d24a6eee49b66195",
          },
          parsed: expect.objectContaining({ duration_ms: "341", level_extracted: "error", user_name: "Zoë" }),
        },
      ],
    ]);
  });

  it.each<[string, number]>([
    ["query-range-streams", 4],
    ["query-range-parser-error-label", 2],
    ["query-range-multiline", 1],
    ["query-range-empty", 0],
  ])("are read without that too: %s", async (name, count) => {
    const { outcome } = await lines(name);
    expect((outcome as { streams: unknown[] }).streams).toHaveLength(count);
  });

  it("are asked for with the limit that the server allows, once it has named it", async () => {
    const query = (limit: number) => asked("query_range", { query: QUERY, ...RANGE, limit, direction: "forward" });
    const { outcome } = await replayed(
      (loki) => loki.lines({ query: QUERY, ...RANGE, limit: 999_999, direction: "FORWARD" }, options()),
      [
        { request: query(999_999), answer: recording(LOKI, "limit-too-high") },
        { request: query(5000), answer: recording(LOKI, "query-range-streams-forward") },
      ],
    );
    expect(outcome).toMatchObject({ limit: 5000 });
  });

  it("are asked for in the name of the cluster's tenant", async () => {
    const { requests } = await lines("other-tenant-sees-nothing", { server: `${LOKI}-multitenant`, tenant: "other" });
    expect(requests[0]?.headers).toMatchObject({ "x-scope-orgid": "other" });
  });
});

describe("What a recorded Loki 3.7 refuses", () => {
  it.each<[string, string]>([
    ["parse-error", "parse error at line 1, col "],
    ["parse-error-match-all", "queries require at least one regexp or equality matcher"],
    ["range-too-long", "the query time range exceeds the limit"],
    ["end-before-start", "end timestamp must not be before or equal to start time"],
  ])("is told in its own words: %s", async (name, words) => {
    const { outcome } = await lines(name);
    expect(outcome).toMatchObject({ code: "UPSTREAM_QUERY_FAILED", message: expect.stringContaining(words) });
  });

  it("is a matter of the tenant where it wants one and has none", async () => {
    const { outcome } = await lines("no-org-id-query", { server: `${LOKI}-multitenant` });
    expect(outcome).toMatchObject({
      code: "UPSTREAM_REFUSED",
      message: expect.stringContaining("endpoints.lokiTenant"),
    });
  });

  it("is not told where it is no word about the query", async () => {
    const { outcome } = await lines("two-tenants", { server: `${LOKI}-multitenant`, tenant: "beta" });
    expect(outcome).toMatchObject({ code: "UPSTREAM_ERROR", message: "Loki answered HTTP 500." });
    expect((await lines("not-found")).outcome).toMatchObject({ code: "UPSTREAM_INVALID_ANSWER" });
    expect((await lines("ready")).outcome).toMatchObject({ code: "UPSTREAM_INVALID_ANSWER" });
    expect((await lines("query-instant-vector")).outcome).toMatchObject({ code: "UPSTREAM_INVALID_ANSWER" });
  });

  it("shows no address, and nothing of a web page", async () => {
    const answers = [
      { status: 400, contentType: "text/plain", answer: "dial tcp 10.0.0.7:9095: no such host loki.svc:3100" },
      { status: 400, contentType: "text/html", answer: "<b>10.0.0.7</b>" },
      { status: 504, contentType: "text/plain", answer: "context deadline exceeded at 10.0.0.7" },
    ];
    const outcomes = [];
    for (const answer of answers) {
      const request = asked("labels", RANGE);
      outcomes.push((await replayed((loki) => loki.labels(RANGE, options()), [{ request, answer }])).outcome);
    }
    expect(outcomes).toMatchObject([
      { code: "UPSTREAM_QUERY_FAILED" },
      { code: "UPSTREAM_ERROR", message: "Loki answered HTTP 400." },
      { code: "UPSTREAM_TIMEOUT" },
    ]);
    expect(outcomes.map(String).join()).not.toMatch(/10\.0|3100|<b>/);
  });
});

describe("The samples of a recorded Loki 3.7", () => {
  const instant = async (name: string, at = 1_795_385_136.084) => {
    const request = asked("query", { query: QUERY, time: BigInt(Math.round(at * 1000)) * 1_000_000n });
    return (
      await replayed((loki) => loki.samples(QUERY, { at }, options()), [{ request, answer: recording(LOKI, name) }])
    ).outcome;
  };

  it("are those of an instant", async () => {
    const result = await instant("query-instant-vector");
    expect(result).toMatchObject({ resultType: "VECTOR", warnings: [] });
    expect((result as { series: unknown[] }).series).toContainEqual({
      metric: { namespace: "ai-serving" },
      values: [[1795385135.915, "449"]],
    });
    expect(await instant("query-instant-empty")).toMatchObject({ resultType: "VECTOR", series: [] });
    expect(await instant("query-error-pipeline")).toMatchObject({
      series: [{ metric: {}, values: [[expect.any(Number), "0.06222222222222222"]] }],
    });
  });

  it("are of the time that was asked for, whatever it says of a scalar", async () => {
    expect(await instant("query-instant-scalar", 1_795_385_000)).toMatchObject({
      resultType: "SCALAR",
      series: [{ metric: {}, values: [[1_795_385_000, "2"]] }],
    });
  });

  it("are those of a range", async () => {
    const when = { start: 1_795_381_500, end: 1_795_385_100, step: 300 };
    const params = { query: QUERY, start: 1_795_381_500_000_000_000n, end: 1_795_385_100_000_000_000n, step: 300 };
    const request = asked("query_range", params);
    const call = (name: string) =>
      replayed((loki) => loki.samples(QUERY, when, options()), [{ request, answer: recording(LOKI, name) }]);
    const { outcome } = await call("query-range-matrix");
    expect(outcome).toMatchObject({ resultType: "MATRIX" });
    expect((outcome as { series: unknown[] }).series).toContainEqual({
      metric: { level: "error" },
      values: [
        [1795381800, "2"],
        [1795382100, "3"],
        [1795382400, "5"],
        [1795382700, "3"],
        [1795383000, "3"],
      ],
    });
    expect((await call("too-many-points")).outcome).toMatchObject({
      code: "UPSTREAM_QUERY_FAILED",
      message: expect.stringContaining("exceeded maximum resolution"),
    });
  });

  it("are refused for what selects lines", async () => {
    expect(await instant("query-instant-log-query")).toMatchObject({
      code: "UPSTREAM_QUERY_FAILED",
      message: expect.stringContaining("log queries are not supported as an instant query type"),
    });
  });
});

describe("The labels of a recorded Loki 3.7", () => {
  it("are names, values and label sets", async () => {
    const values = { query: '{app="smf"}', ...RANGE };
    const { outcome } = await replayed(
      async (loki) => [
        (await loki.labels(RANGE, options())).items,
        (await loki.labelValues("namespace", { ...RANGE, query: null }, options())).items,
        (await loki.labelValues("nope/../x", { ...RANGE, query: values.query }, options())).items,
        (await loki.series(values.query, RANGE, options())).items.length,
      ],
      [
        { request: asked("labels", RANGE), answer: recording(LOKI, "labels") },
        { request: asked("label/namespace/values", RANGE), answer: recording(LOKI, "label-values") },
        // Without a key for the data, where there is none.
        {
          request: asked("label/nope%2F..%2Fx/values", { ...RANGE, query: values.query }),
          answer: recording(LOKI, "label-values-unknown"),
        },
        { request: asked("series", { "match[]": values.query, ...RANGE }), answer: recording(LOKI, "series") },
      ],
    );
    expect(outcome).toEqual([
      ["app", "cluster", "container", "level", "namespace", "pod", "service_name"],
      ["ai-serving", "du-site1", "nvidia-gpu-operator", "openshift-ingress", "openshift-monitoring", "upf-core"],
      [],
      4,
    ]);
  });
});

interface RecordedTail {
  handshake: { status: number; body?: string };
  frames: { data?: object }[];
  close: { code: number; reason: string } | null;
}

describe("The tail of a recorded Loki 3.7", () => {
  const tailing = async (server: string, name: string) => {
    const { handshake, frames, close } = recording(server, name).answer as RecordedTail;
    const loki = await startTailServer();
    open.push(loki);
    if (handshake.status !== 101) loki.refusal = { status: handshake.status, body: handshake.body ?? "" };
    const seen: TailFrame[] = [];
    let opened = 0;
    const asking = {
      query: QUERY,
      start: 1n,
      limit: 3,
      onOpen: () => {
        opened += 1;
      },
      onFrame: (frame: TailFrame) => void seen.push(frame),
    };
    const ended = client(loki.url, { tenant: "beta" })
      .tail(asking, options())
      .then(
        () => "It ended.",
        (error: unknown) => error,
      );
    const told = frames.flatMap(({ data }) => data ?? []);
    if (handshake.status === 101) {
      const tail = await until("the tail is open", () => loki.tails[0]);
      for (const frame of told) tail.send(frame);
      if (close) tail.socket.close(close.code === 1005 ? undefined : close.code, close.reason);
    }
    return { outcome: await ended, seen, opened, loki };
  };

  it("is told frame by frame, and ends", async () => {
    const { outcome, seen, opened, loki } = await tailing(LOKI, "tail-frames");
    expect([outcome, opened]).toEqual(["It ended.", 1]);
    expect(seen.map(({ dropped, streams }) => [dropped, streams.map(({ rows }) => rows)])).toEqual([
      [0, [[["1795385137281657304", "live 0"]]]],
      [0, [[["1795385138284938631", "live 1"]]]],
      [0, [[["1795385139291547909", "live 2"]]]],
    ]);
    const [{ params, headers } = { params: new URLSearchParams(), headers: {} }] = loki.asked;
    expect(Object.fromEntries(params)).toEqual({ query: QUERY, start: "1", limit: "3" });
    expect(headers).toMatchObject({
      authorization: "Bearer t-1",
      "x-request-id": "r-1",
      "x-scope-orgid": "beta",
      "x-loki-response-encoding-flags": "categorize-labels",
    });
  });

  it("begins with what was there, several streams in a frame", async () => {
    const { seen } = await tailing(LOKI, "tail-history");
    expect(seen.map(({ streams }) => streams.length)).toEqual([3]);
  });

  it.each<[string, string, object]>([
    [LOKI, "tail-parse-error", { code: "UPSTREAM_QUERY_FAILED", message: expect.stringContaining("unexpected $end") }],
    [
      LOKI,
      "tail-metric-query",
      { code: "UPSTREAM_ERROR", message: "Loki ended the tail: only log selector is supported." },
    ],
    [`${LOKI}-multitenant`, "tail-no-org-id", { code: "UPSTREAM_REFUSED" }],
  ])("of %s is refused: %s", async (server, name, error) => {
    const { outcome, seen } = await tailing(server, name);
    expect(outcome).toMatchObject(error);
    expect(seen).toEqual([]);
  });
});

describe("A tail", () => {
  const follow = async (signal = new AbortController().signal) => {
    const loki = await startTailServer();
    open.push(loki);
    const seen: TailFrame[] = [];
    const ended = client(loki.url)
      .tail(
        { query: QUERY, start: 1n, limit: 3, onOpen: () => {}, onFrame: (frame) => void seen.push(frame) },
        { signal, requestId: "r-1" },
      )
      .then(
        () => "It ended.",
        (error: unknown) => error,
      );
    return { loki, ended, seen, tail: await until("the tail is open", () => loki.tails[0]) };
  };

  const attempt = async (tls: boolean, more: Partial<Endpoint>, guard?: ReturnType<typeof loopbackGuard>) => {
    const { ca, ...key } = await createTlsMaterial(["127.0.0.1"]);
    const loki = await startTailServer(tls ? key : undefined);
    open.push(loki);
    const endpoint = { ...more, ...(more.caCertificate === "its own" ? { caCertificate: ca } : {}) };
    const onOpen = () => loki.tails[0]?.socket.close(1000);
    const ended = client(loki.url, endpoint, guard).tail(
      { query: QUERY, start: 1n, limit: 3, onOpen, onFrame: () => {} },
      options(),
    );
    const outcome = await ended.then(
      () => "It ended.",
      (error: unknown) => error,
    );
    return { outcome, tokens: loki.asked.map(({ headers }) => headers.authorization) };
  };

  it("trusts the cluster's own authority, and no other", async () => {
    expect(await attempt(true, { caCertificate: "its own" })).toEqual({ outcome: "It ended.", tokens: ["Bearer t-1"] });
    expect(await attempt(true, {})).toMatchObject({ outcome: { code: "UPSTREAM_UNREACHABLE" }, tokens: [] });
  });

  it("goes only where the guard permits", async () => {
    const refused = { outcome: { code: "TARGET_NOT_ALLOWED" }, tokens: [] };
    expect(await attempt(false, {}, publicGuard())).toMatchObject(refused);
    expect(await attempt(false, {}, publicGuard("127.0.0.1"))).toMatchObject({ outcome: "It ended." });
  });

  it("takes the next token where the first is refused", async () => {
    const loki = await startTailServer();
    open.push(loki);
    loki.refusal = { status: 401, body: "no" };
    let token = "old";
    const renew = (): Promise<boolean> => {
      token = "new";
      loki.refusal = null;
      return Promise.resolve(true);
    };
    const onOpen = () => loki.tails[0]?.socket.close(1000);
    const source = { get: () => Promise.resolve(token), renew };
    await client(loki.url, { token: source }).tail(
      { query: QUERY, start: 1n, limit: 3, onOpen, onFrame: () => {} },
      options(),
    );
    expect(loki.asked.map(({ headers }) => headers.authorization)).toEqual(["Bearer old", "Bearer new"]);
  });

  it("counts what Loki says that it has left out", async () => {
    const { tail, seen, ended } = await follow();
    tail.send({ streams: null, dropped_entries: [{ timestamp: "1", labels: {} }, { timestamp: "2" }] });
    tail.socket.close(1000);
    expect([await ended, seen]).toEqual(["It ended.", [{ streams: [], dropped: 2 }]]);
  });

  it("is cut at once when nobody wants it any more", async () => {
    const caller = new AbortController();
    const { loki, ended } = await follow(caller.signal);
    const left = performance.now();
    caller.abort(new Error("gone"));
    expect(await ended).toBe(caller.signal.reason);
    await until("the socket is closed", () => loki.tails.length === 0);
    expect(performance.now() - left).toBeLessThan(500);
  });

  it.each<[string, (tail: Awaited<ReturnType<typeof follow>>["tail"]) => void, object]>([
    ["what is no frame", (tail) => tail.send("nonsense"), { code: "UPSTREAM_INVALID_ANSWER" }],
    ["a line without a time", (tail) => tail.lines({}, ["now", "x"]), { code: "UPSTREAM_INVALID_ANSWER" }],
    ["a frame beyond 16 MiB", (tail) => tail.send("x".repeat(17 * 1024 * 1024)), { code: "UPSTREAM_UNREACHABLE" }],
    ["a connection that breaks off", (tail) => tail.socket.terminate(), { code: "UPSTREAM_UNREACHABLE" }],
    [
      "a reason with an address",
      (tail) => tail.socket.close(1011, "dial 10.0.0.7:9095"),
      { message: "Loki ended the tail: dial …." },
    ],
  ])("ends with a coded error at %s", async (_, act, error) => {
    const { tail, ended } = await follow();
    act(tail);
    expect(await ended).toMatchObject(error);
  });
});
