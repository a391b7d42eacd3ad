import { isDeepStrictEqual } from "node:util";

/** What is asked again and again may change in between: an alert is read, a line is written. */
const ATTEMPTS = 5;

/** The data of one gateway's answer. */
export type Ask = (turn: number) => Promise<unknown>;

/** The places where two gateways' answers differ; none where they are the same. */
export async function differences(one: Ask, other: Ask): Promise<string[]> {
  let found: string[] = [];
  for (let turn = 0; turn < ATTEMPTS; turn += 1) {
    const [left, right] = await Promise.all([one(turn), other(turn)]);
    found = [...differing(left, right, "data")];
    if (found.length === 0) break;
  }
  return found;
}

/** Keys may come in any order: an object is what it holds. */
function* differing(one: unknown, other: unknown, at: string): Generator<string> {
  if (isDeepStrictEqual(one, other)) return;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) {
    yield `${at}: ${JSON.stringify(one)} and ${JSON.stringify(other)}`;
    return;
  }
  const [left, right] = [one as Record<string, unknown>, other as Record<string, unknown>];
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
    yield* differing(left[key], right[key], `${at}.${key}`);
  }
}
