import type { ServerResponse } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type HttpServer, startHttpServer } from "../../../test/support/http-server.ts";
import { loopbackGuard } from "../../../test/support/target-guard.ts";
import { setCallScope } from "../kernel/call-scope.ts";
import { CodedError } from "../kernel/errors.ts";
import { type Bounds, Limits } from "../kernel/limits.ts";
import { CallPolicy } from "./call-policy.ts";
import { type Endpoint, UpstreamHttp, type UpstreamRequest } from "./http.ts";

const PLENTY: Bounds = { total: 100, perTarget: 100, perCaller: 100 };
const ok = (response: ServerResponse) => response.end("ok");
const status =
  (code: number, headers: Record<string, string> = {}) =>
  (response: ServerResponse) =>
    response.writeHead(code, headers).end();
const reset = (response: ServerResponse) => response.socket?.resetAndDestroy();

describe("Calls by a policy", () => {
  let server: HttpServer;
  let http: UpstreamHttp;
  let endpoint: Endpoint;
  /** How the server answers, one call after another; the last one stays. */
  let answers: ((response: ServerResponse) => unknown)[];

  beforeEach(async () => {
    server = await startHttpServer((_, response) => (answers.length > 1 ? answers.shift() : answers[0])?.(response));
    http = new UpstreamHttp(loopbackGuard());
    endpoint = { url: server.url, token: null, caCertificate: null, policy: policy() };
  });
  afterEach(async () => {
    await http.close();
    await server[Symbol.asyncDispose]();
  });

  const policy = (running: Partial<Bounds> = {}): CallPolicy =>
    new CallPolicy({
      name: "Prometheus",
      target: "t",
      limits: new Limits({ running: { ...PLENTY, ...running }, waiting: PLENTY }),
      restMs: 60_000,
    });

  /** @param patienceMs told to the policy, as a fan-out does. */
  function send(request: Partial<UpstreamRequest> = {}, patienceMs = 10_000, caller = "ann") {
    const { signal } = new AbortController();
    setCallScope(signal, { caller, deadline: performance.now() + patienceMs });
    return http.send(endpoint, { path: "/", signal, requestId: "r", ...request });
  }
  const outcome = (call: Promise<{ status: number }>): Promise<string> =>
    call.then(
      (answer) => String(answer.status),
      (error: CodedError) => error.code,
    );

  it("go out again once a health check is answered, and not for one that is not", async () => {
    answers = [status(500)];
    for (let call = 0; call < 5; call += 1) await outcome(send({ idempotent: false }));
    await expect(send()).rejects.toMatchObject({ reason: "CIRCUIT_OPEN" });
    expect(await outcome(send({ probe: true }))).toBe("500");
    await expect(send()).rejects.toMatchObject({ reason: "CIRCUIT_OPEN" });
    answers = [ok];
    expect(await outcome(send({ probe: true }))).toBe("200");
    expect(await outcome(send())).toBe("200");
  });

  it.each([
    ["a 502", status(502)],
    ["a 503", status(503)],
    ["a 504", status(504)],
    ["a connection that is reset", reset],
    ["one that breaks off", (response: ServerResponse) => response.socket?.end()],
  ])("are sent again after %s, at most twice", async (_, fault) => {
    answers = [fault, fault, ok];
    expect(await outcome(send())).toBe("200");
    expect(server.requests).toHaveLength(3);
    answers = [fault];
    expect(await outcome(send())).toMatch(/^50|^UPSTREAM_UNREACHABLE/);
    expect(server.requests).toHaveLength(6);
  });

  it.each<[string, (response: ServerResponse) => unknown]>([
    ["a good answer", ok],
    ["a 400", status(400)],
    ["a 404", status(404)],
    ["a 500", status(500)],
    ["the backend's own word", status(503, { "content-type": "application/json; charset=utf-8" })],
    [
      "an answer that breaks off",
      (response) => response.writeHead(200, { "content-length": 9 }).write("x", () => reset(response)),
    ],
    ["a login page", status(200, { "content-type": "text/html" })],
    ["a 429 that does not say when to come back", status(429)],
    ["a 429 that asks for more patience than there is", status(429, { "retry-after": "11" })],
  ])("are not sent again after %s", async (_, how) => {
    answers = [how];
    await outcome(send());
    expect(server.requests).toHaveLength(1);
  });

  it.each<[string, Partial<UpstreamRequest>, number]>([
    ["a form", { form: { a: "1" } }, 1],
    ["a form that may be sent twice", { form: { a: "1" }, idempotent: true }, 3],
    ["JSON", { json: {} }, 1],
    ["a DELETE", { method: "DELETE" }, 1],
    ["a GET that may not be sent twice", { idempotent: false }, 1],
    ["a probe", { probe: true }, 1],
  ])("with %s are sent as often as they may", async (_, request, times) => {
    answers = [status(503)];
    expect(await outcome(send(request))).toBe("503");
    expect(server.requests).toHaveLength(times);
  });

  it("come back when a 429 says so, and not before", async () => {
    answers = [status(429, { "retry-after": "1" }), ok];
    const began = performance.now();
    expect(await outcome(send())).toBe("200");
    expect(performance.now() - began).toBeGreaterThanOrEqual(1000);
    expect(server.requests).toHaveLength(2);
  });

  it.each([
    ["seconds", "90", 90],
    ["a date", new Date(Date.now() + 90_500).toUTCString(), expect.closeTo(90, -1)],
  ])(
    "are RATE_LIMITED where a 429 asks for more, with when to come back, which it says in %s",
    async (_, text, seconds) => {
      answers = [status(429, { "retry-after": text })];
      const error = await send().catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: "RATE_LIMITED", details: { retryAfterSeconds: seconds } });
    },
  );

  it("are not sent again where patience would not last as long again", async () => {
    answers = [(response) => setTimeout(() => status(503)(response), 300)];
    expect(await outcome(send({}, 500))).toBe("503");
    expect(server.requests).toHaveLength(1);
  });

  it("are not sent again after they were cancelled", async () => {
    answers = [status(429, { "retry-after": "5" })];
    const leaving = new AbortController();
    setCallScope(leaving.signal, { deadline: performance.now() + 60_000 });
    const call = send({ signal: leaving.signal });
    await expect.poll(() => server.requests).toHaveLength(1);
    const reason = new CodedError("CANCELLED", "The request was cancelled.");
    setTimeout(() => leaving.abort(reason), 50);
    const began = performance.now();
    await expect(call).rejects.toBe(reason);
    expect(performance.now() - began).toBeLessThan(1000);
    expect(server.requests).toHaveLength(1);
  });

  it("do not go out while the endpoint rests, but for probes; a call counts once, however often it was sent", async () => {
    answers = [status(503)];
    for (let i = 0; i < 5; i += 1) expect(await outcome(send())).toBe("503");
    expect(server.requests).toHaveLength(15);
    await expect(send()).rejects.toMatchObject({ reason: "CIRCUIT_OPEN" });
    expect(server.requests).toHaveLength(15);
    expect(await outcome(send({ probe: true }))).toBe("503");
    expect(server.requests).toHaveLength(16);
  });

  it("do not wait for a turn at an endpoint that rests", async () => {
    endpoint = { ...endpoint, policy: policy({ perCaller: 1 }) };
    const held: ServerResponse[] = [];
    answers = [(response) => held.push(response), status(503)];
    const first = send();
    await expect.poll(() => held).toHaveLength(1);
    for (let i = 0; i < 5; i += 1) await send({ idempotent: false }, 10_000, "bob");
    await expect(send()).rejects.toMatchObject({ reason: "CIRCUIT_OPEN" });
    held[0]?.end();
    expect(await outcome(first)).toBe("200");
  });

  it("wait for their turn, which ends with their patience and is no failure of the endpoint", async () => {
    endpoint = { ...endpoint, policy: policy({ perCaller: 1 }) };
    const held: ServerResponse[] = [];
    answers = [(response) => held.push(response)];
    const first = send();
    await expect.poll(() => held).toHaveLength(1);
    const patience = new AbortController();
    setCallScope(patience.signal, { caller: "ann" });
    const waiting = Array.from({ length: 6 }, () => outcome(send({ signal: patience.signal })));
    const others = send({}, 10_000, "bob");
    await expect.poll(() => held).toHaveLength(2);
    patience.abort(new CodedError("UPSTREAM_TIMEOUT", "No complete answer within 1 s."));
    expect(await Promise.all(waiting)).toEqual(Array(6).fill("UPSTREAM_TIMEOUT"));
    for (const response of held) response.end();
    expect(await Promise.all([outcome(first), outcome(others)])).toEqual(["200", "200"]);
    answers = [ok];
    expect(await outcome(send())).toBe("200");
  });
});
