import { expect, it } from "vitest";
import { CodedError } from "./errors.ts";
import { type Bounds, Limits } from "./limits.ts";

const PLENTY: Bounds = { total: 1000, perTarget: 1000, perCaller: 1000 };
const turn = (): Promise<void> => new Promise(setImmediate);

/** Calls that end when they are told to, and which of them are under way. */
function calls(running: Partial<Bounds>, waiting: Partial<Bounds> = {}) {
  const limits = new Limits({ running: { ...PLENTY, ...running }, waiting: { ...PLENTY, ...waiting } });
  const underWay = new Map<string, () => void>();
  const begin = (name: string, target = "t", caller = "c", signal = new AbortController().signal): Promise<string> =>
    limits.run({ target, caller, signal }, () =>
      new Promise((resolve) => underWay.set(name, () => resolve(name))).then(() => name),
    );
  const end = async (name: string): Promise<void> => {
    underWay.get(name)?.();
    underWay.delete(name);
    await turn();
  };
  return { begin, end, underWay: () => [...underWay.keys()] };
}

it.each<[string, Partial<Bounds>, [target: string, caller: string][]]>([
  [
    "in all",
    { total: 2 },
    [
      ["t1", "c1"],
      ["t2", "c2"],
      ["t3", "c3"],
    ],
  ],
  [
    "to one target",
    { perTarget: 2 },
    [
      ["t", "c1"],
      ["t", "c2"],
      ["t", "c3"],
    ],
  ],
  [
    "for one caller",
    { perCaller: 2 },
    [
      ["t1", "c"],
      ["t2", "c"],
      ["t3", "c"],
    ],
  ],
])("lets as many be under way %s as it is told, and the next when one has ended", async (_, bounds, asked) => {
  const { begin, end, underWay } = calls(bounds);
  const all = asked.map(([target, caller], index) => begin(String(index), target, caller));
  expect(underWay()).toEqual(["0", "1"]);
  await end("1");
  expect(underWay()).toEqual(["0", "2"]);
  await end("0");
  await end("2");
  expect(await Promise.all(all)).toEqual(["0", "1", "2"]);
});

it("counts a call that failed as ended", async () => {
  const limits = new Limits({ running: { ...PLENTY, total: 1 }, waiting: PLENTY });
  const call = { target: "t", caller: "c", signal: new AbortController().signal };
  const failing = limits.run(call, () => Promise.reject(new Error("No.")));
  const next = limits.run(call, () => Promise.resolve("It ran."));
  await expect(failing).rejects.toThrow("No.");
  expect(await next).toBe("It ran.");
});

it("holds up nobody for a target that hangs, or for a caller who asks for much", async () => {
  const { begin, underWay } = calls({ total: 5, perTarget: 2, perCaller: 3 });
  for (const name of ["h1", "h2", "h3", "h4"]) void begin(name, "hanging", "greedy");
  void begin("g1", "other", "greedy");
  void begin("g2", "another", "greedy");
  void begin("m1", "other", "modest");
  // h3 and h4 wait for their target, g2 for its caller, and none of them keeps a place from m1.
  expect(underWay()).toEqual(["h1", "h2", "g1", "m1"]);
});

it("starts those that wait in their order, past those that have to wait on", async () => {
  const { begin, end, underWay } = calls({ total: 2, perTarget: 1 });
  for (const [name, target] of [
    ["a1", "a"],
    ["b1", "b"],
    ["a2", "a"],
    ["c1", "c"],
    ["d1", "d"],
  ] as const)
    void begin(name, target);
  await end("b1");
  expect(underWay()).toEqual(["a1", "c1"]);
  await end("a1");
  expect(underWay()).toEqual(["c1", "a2"]);
  await end("c1");
  expect(underWay()).toEqual(["a2", "d1"]);
});

it("forgets one that is cancelled while it waits, with the canceller's reason", async () => {
  const { begin, end, underWay } = calls({ total: 1 }, { total: 1 });
  const leaving = new AbortController();
  const reason = new CodedError("CANCELLED", "The request was cancelled.");
  void begin("first");
  const second = begin("second", "t", "c", leaving.signal);
  leaving.abort(reason);
  await expect(second).rejects.toBe(reason);
  await expect(begin("late", "t", "c", leaving.signal)).rejects.toBe(reason);
  // Its place in the queue is free again.
  void begin("third");
  await end("first");
  expect(underWay()).toEqual(["third"]);
});

it.each<[string, Partial<Bounds>, [target: string, caller: string], [target: string, caller: string] | null]>([
  ["in all", { total: 1 }, ["t2", "c2"], null],
  ["for one target", { perTarget: 1 }, ["t", "c2"], ["t2", "c2"]],
  ["for one caller", { perCaller: 1 }, ["t2", "c"], ["t2", "c2"]],
])("refuses to let more wait %s than it is told", async (_, bounds, refused, accepted) => {
  const { begin, end, underWay } = calls({ total: 1 }, bounds);
  void begin("running");
  void begin("waiting");
  await expect(begin("refused", ...refused)).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" });
  if (accepted) void begin("accepted", ...accepted);
  await end("running");
  expect(underWay()).toEqual(["waiting"]);
  await end("waiting");
  expect(underWay()).toEqual(accepted ? ["accepted"] : []);
});
