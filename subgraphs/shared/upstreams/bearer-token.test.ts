import { describe, expect, it } from "vitest";
import { CodedError } from "../kernel/errors.ts";
import { expired, type IssuedToken, RenewedToken, tokenExpiry } from "./bearer-token.ts";

const SECOND = 1000;

/** Tokens "t1", "t2", … that are to be renewed after 80 s and end after 100 s, on a clock of the test's own. */
function issuing() {
  const state = { now: 0, fetched: 0, error: null as Error | null, held: null as Promise<void> | null };
  const source = new RenewedToken(
    async (): Promise<IssuedToken> => {
      state.fetched += 1;
      const token = `t${state.fetched}`;
      await state.held;
      if (state.error) throw state.error;
      return { token, renewAt: state.now + 80 * SECOND, endsAt: state.now + 100 * SECOND };
    },
    () => state.now,
  );
  return { state, source };
}

const down = new CodedError("UPSTREAM_UNREACHABLE", "The connection was refused.");

describe("RenewedToken", () => {
  it("keeps a token until it is to be renewed, and then has the next one", async () => {
    const { state, source } = issuing();
    expect(await source.get()).toBe("t1");
    state.now = 79.9 * SECOND;
    expect(await source.get()).toBe("t1");
    state.now = 80 * SECOND;
    expect(await source.get()).toBe("t2");
    expect(state.fetched).toBe(2);
  });

  it("fetches once for all who ask at the same time, also after a refusal", async () => {
    const { state, source } = issuing();
    expect(await Promise.all([source.get(), source.get(), source.get()])).toEqual(["t1", "t1", "t1"]);
    state.now = 10 * SECOND;
    expect(await Promise.all([source.renew("t1"), source.renew("t1"), source.get()])).toEqual([true, true, "t1"]);
    expect(await source.get()).toBe("t2");
    expect(state.fetched).toBe(2);
  });

  it("goes on with a token that has not ended while the next one cannot be had, and does not try at each request", async () => {
    const { state, source } = issuing();
    await source.get();
    state.error = down;
    state.now = 90 * SECOND;
    expect([await source.get(), await source.get()]).toEqual(["t1", "t1"]);
    expect(state.fetched).toBe(2);
    state.now = 100 * SECOND;
    await expect(source.get()).rejects.toBe(down);
    state.error = null;
    expect(await source.get()).toBe("t4");
  });

  it("knows of a newer token than the refused one without fetching", async () => {
    const { state, source } = issuing();
    await source.get();
    expect(await source.renew("an older one")).toBe(true);
    expect(state.fetched).toBe(1);
  });

  it("does not fetch again and again for a server that refuses whatever comes", async () => {
    const { state, source } = issuing();
    await source.get();
    expect(await source.renew("t1")).toBe(false);
    state.now = 5 * SECOND;
    expect(await source.renew("t1")).toBe(true);
    expect(await source.renew("t2")).toBe(false);
    expect(state.fetched).toBe(2);
  });

  it("lets whoever gives up go at once, and the others have their token", async () => {
    const { state, source } = issuing();
    let release = (): void => {};
    state.held = new Promise((resolve) => {
      release = resolve;
    });
    const patience = new AbortController();
    const impatient = source.get(patience.signal);
    const patient = source.get();
    patience.abort(new Error("gone"));
    await expect(impatient).rejects.toThrow("gone");
    release();
    expect(await patient).toBe("t1");
    await expect(source.renew("t1", patience.signal)).resolves.toBe(false);
  });
});

const jwt = (payload: object): string => `e30.${Buffer.from(JSON.stringify(payload)).toString("base64url")}.sig`;

describe("tokenExpiry", () => {
  it.each<[string, string, Date | null]>([
    ["a JWT that says so", jwt({ exp: 1_800_000_000 }), new Date(1_800_000_000_000)],
    ["a JWT that does not", jwt({ sub: "x" }), null],
    ["a JWT that says nonsense", jwt({ exp: "soon" }), null],
    ["a JWT beyond all time", jwt({ exp: 1e300 }), null],
    ["an opaque token", "sha256~abc", null],
    ["an empty token", "", null],
  ])("of %s", (_, token, expected) => {
    expect(tokenExpiry(token)).toEqual(expected);
  });
});

describe("expired", () => {
  it("says when, where that is past", () => {
    expect(expired(new Date("2020-01-01T00:00:00Z"))).toMatchObject({
      code: "CREDENTIALS_EXPIRED",
      message: "The stored credentials ended on 2020-01-01T00:00:00.000Z, and are refused (401). Set new ones.",
    });
    expect(expired(new Date(Date.now() + 60_000))).toBeNull();
    expect(expired(null)).toBeNull();
  });
});
