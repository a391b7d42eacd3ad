import { describe, expect, it } from "vitest";
import { CodedError, type ErrorCode } from "../kernel/errors.ts";
import { Circuit } from "./circuit.ts";
import type { UpstreamAnswer } from "./http.ts";

const answer = (status: number): UpstreamAnswer => ({
  status,
  body: "",
  bytes: 0,
  contentType: "",
  retryAfterSeconds: null,
});
const answering = (status: number) => () => Promise.resolve(answer(status));
const failing = (code: ErrorCode) => () => Promise.reject(new CodedError(code, "It failed."));
const refused = failing("UPSTREAM_UNREACHABLE");
const REST_MS = 10_000;

function circuit() {
  let now = 5_000;
  let asked = 0;
  const tested = new Circuit({ name: "Prometheus", restMs: REST_MS, now: () => now });
  /** How the call ended; "skipped" where it never began. */
  const call = async (how: () => Promise<UpstreamAnswer>): Promise<string> => {
    const before = asked;
    const counted = (): Promise<UpstreamAnswer> => {
      asked += 1;
      return how();
    };
    return await tested.run(counted).then(
      ({ status }) => String(status),
      (error: CodedError) => (asked === before ? error.message : "failed"),
    );
  };
  const times = async (count: number, how: () => Promise<UpstreamAnswer>): Promise<void> => {
    for (let i = 0; i < count; i += 1) await call(how);
  };
  const pass = (ms: number): void => {
    now += ms;
  };
  return { tested, call, times, pass };
}
const RESTING = (seconds: number) => `Prometheus failed 5 times in a row: it is tried again in ${seconds} s.`;

describe("A circuit", () => {
  it.each<[string, () => Promise<UpstreamAnswer>]>([
    ["no connection", refused],
    ["no answer in time", failing("UPSTREAM_TIMEOUT")],
    ["a 500", answering(500)],
    ["a 503", answering(503)],
  ])("opens after five times %s in a row, and says when it is tried again", async (_, how) => {
    const { tested, call, times, pass } = circuit();
    await times(5, how);
    expect(await call(answering(200))).toBe(RESTING(10));
    pass(6_500);
    expect(await call(answering(200))).toBe(RESTING(4));
    expect(() => tested.check()).toThrow(expect.objectContaining({ reason: "CIRCUIT_OPEN" }));
  });

  it.each<[string, () => Promise<UpstreamAnswer>]>([
    ["a good answer", answering(200)],
    ["a refusal", answering(403)],
    ["too many requests", answering(429)],
    ["an answer that is not its API", failing("UPSTREAM_INVALID_ANSWER")],
    ["one that is too large", failing("UPSTREAM_ANSWER_TOO_LARGE")],
  ])("stays closed where %s comes between", async (_, how) => {
    const { call, times } = circuit();
    await times(4, refused);
    await call(how);
    await times(4, refused);
    expect(await call(answering(200))).toBe("200");
  });

  it.each<[string, () => Promise<UpstreamAnswer>]>([
    ["cancelled", failing("CANCELLED")],
    ["ended by a bug of ours", () => Promise.reject(new TypeError("No."))],
  ])("learns nothing from a call that was %s", async (_, how) => {
    const { call, times, pass } = circuit();
    await times(9, how);
    await times(4, refused);
    await call(how);
    expect(await call(refused)).toBe("failed");
    expect(await call(answering(200))).toBe(RESTING(10));
    // Nor from the one that tries it: the next one does.
    pass(REST_MS);
    expect(await call(how)).toBe("failed");
    expect(await call(answering(200))).toBe("200");
  });

  it("lets one call try it after its rest, and closes when that is answered", async () => {
    const { call, times, pass } = circuit();
    await times(5, refused);
    pass(REST_MS);
    const { promise, resolve } = Promise.withResolvers<UpstreamAnswer>();
    const trying = call(() => promise);
    expect(await call(answering(200))).toBe("Prometheus failed 5 times in a row: it is being tried again now.");
    resolve(answer(404));
    expect(await trying).toBe("404");
    await times(4, refused);
    expect(await call(answering(200))).toBe("200");
  });

  it("rests twice as long after each try in vain, up to six times, and as at first once it was answered", async () => {
    const { call, times, pass } = circuit();
    await times(5, refused);
    for (const seconds of [20, 40, 60, 60]) {
      pass(60_000);
      expect(await call(refused)).toBe("failed");
      expect(await call(refused)).toBe(RESTING(seconds));
    }
    pass(60_000);
    expect(await call(answering(200))).toBe("200");
    await times(5, refused);
    expect(await call(refused)).toBe(RESTING(10));
  });

  it("counts calls that come together once for each, and those that end after it opened for nothing", async () => {
    const { call, pass } = circuit();
    const together = Array.from({ length: 12 }, () => Promise.withResolvers<UpstreamAnswer>());
    const ended = together.map(({ promise }) => call(() => promise));
    for (const { reject } of together.slice(0, 6)) reject(new CodedError("UPSTREAM_TIMEOUT", "No."));
    await Promise.all(ended.slice(0, 6));
    pass(9_000);
    for (const { reject } of together.slice(6)) reject(new CodedError("UPSTREAM_TIMEOUT", "No."));
    await Promise.all(ended);
    expect(await call(answering(200))).toBe(RESTING(1));
    pass(1_000);
    expect(await call(answering(200))).toBe("200");
  });
});
