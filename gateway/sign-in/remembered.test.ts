import { expect, test } from "vitest";
import { Remembered } from "./remembered.ts";

const START = 1_800_000_000_000;

function remembering() {
  const state = { now: START, asked: 0 };
  const remembered = new Remembered({ keepMs: 60_000, now: () => state.now });
  const get = (token: string, found: { expiresAt: Date | null } | null) =>
    remembered.get(token, async () => {
      state.asked += 1;
      return found;
    });
  return { state, remembered, get };
}

test("what was found is believed for its time, and a refusal for a shorter one", async () => {
  const { state, get } = remembering();
  for (const ms of [0, 59_999, 1]) {
    state.now += ms;
    await get("good", { expiresAt: null });
  }
  expect(state.asked).toBe(2);
  for (const ms of [0, 4999, 1]) {
    state.now += ms;
    expect(await get("bad", null)).toBeNull();
  }
  expect(state.asked).toBe(4);
});

test("nothing is believed beyond the token's own end", async () => {
  const { state, get } = remembering();
  const found = { expiresAt: new Date(START + 1000) };
  await get("short", found);
  state.now += 999;
  await get("short", found);
  expect(state.asked).toBe(1);
  state.now += 1;
  await get("short", found);
  expect(state.asked).toBe(2);
});

test("who asks at once shares one question; its failure is everybody's, and not remembered", async () => {
  const { remembered } = remembering();
  let asked = 0;
  const answer = Promise.withResolvers<null>();
  const ask = () => {
    asked += 1;
    return answer.promise;
  };
  const waiting = [remembered.get("a", ask), remembered.get("a", ask)];
  answer.reject(new Error("down"));
  expect((await Promise.allSettled(waiting)).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(asked).toBe(1);
  expect(await remembered.get("a", async () => ({ expiresAt: null }))).toEqual({ expiresAt: null });
});

test("what is being asked about while all is forgotten is not remembered", async () => {
  const { state, remembered, get } = remembering();
  const answer = Promise.withResolvers<{ expiresAt: Date | null }>();
  const waiting = remembered.get("a", () => answer.promise);
  remembered.forget();
  answer.resolve({ expiresAt: null });
  expect(await waiting).toEqual({ expiresAt: null });
  expect(await get("a", null)).toBeNull();
  expect(state.asked).toBe(1);
});

test("who guesses tokens does not bury what vouches for them", async () => {
  const { remembered } = remembering();
  const never = Promise.withResolvers<null>();
  for (let n = 0; n < 100; n++) void remembered.get(`guess-${n}`, () => never.promise);
  await expect(remembered.get("one more", () => never.promise)).rejects.toMatchObject({ code: "SIGN_IN_UNAVAILABLE" });
  never.resolve(null);
  expect(await remembered.get("guess-1", () => never.promise)).toBeNull();
  expect(await remembered.get("one more", async () => null)).toBeNull();
});
