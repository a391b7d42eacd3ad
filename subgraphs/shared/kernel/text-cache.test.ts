import { expect, it } from "vitest";
import { ENTRY_CHARACTERS, textCache } from "./text-cache.ts";

it("holds so many characters, however they are spread over texts", () => {
  const cache = textCache<number>(10 * ENTRY_CHARACTERS);
  for (let index = 0; index < 100; index += 1) cache.set(`${index}`, index);
  expect([...cache.keys()]).toEqual(["99", "98", "97", "96", "95", "94", "93", "92", "91"]);
  const long = "x".repeat(8 * ENTRY_CHARACTERS);
  cache.set(long, 1);
  expect([...cache.keys()]).toEqual([long]);
});

it("does not keep what is longer than all of it", () => {
  const cache = textCache<number>(1000);
  cache.set("a", 1);
  cache.set("x".repeat(1000), 2);
  expect([...cache.keys()]).toEqual(["a"]);
});
