import { afterEach, expect, it, onTestFinished, vi } from "vitest";
import { until } from "../../../test/support/until.ts";
import { healthSweep, type SweepOptions } from "./health.job.ts";
import type { Checked } from "./health.repository.ts";

const stop = new Set<() => Promise<void>>();
afterEach(async () => {
  for (const each of stop) await each();
  stop.clear();
});

/** A sweep over clusters by name, each due once; a check lasts until it is told to end. */
function sweeping(
  names: readonly string[],
  {
    slow = () => false,
    claim = () => {},
    detect = async () => {},
  }: { slow?: (name: string) => boolean; claim?: () => void; detect?: SweepOptions["health"]["detect"] } = {},
) {
  const waiting = [...names];
  const began: string[] = [];
  const claims: number[] = [];
  const onError = vi.fn();
  const ending = new AbortController();
  const options: SweepOptions = {
    repository: {
      claimDue: async (_, limit) => {
        claim();
        claims.push(limit);
        return waiting.splice(0, limit).map((name) => ({ id: name, name })) as Checked[];
      },
    },
    health: {
      probe: ({ name }, signal) => {
        began.push(name);
        if (!slow(name)) return Promise.resolve(!name.startsWith("offline"));
        return new Promise((resolve) => signal.addEventListener("abort", () => resolve(false)));
      },
      detect,
    },
    clock: { now: () => new Date() },
    everyMs: 1,
    onError,
  };
  const run = healthSweep(options).run(ending.signal);
  stop.add(async () => {
    ending.abort();
    await run;
  });
  return { waiting, began, claims, onError, ending, run };
}

const fleet = (count: number): string[] => Array.from({ length: count }, (_, index) => `c${index}`);

it("checks all that is due, with few under way at once", async () => {
  const names = fleet(1000);
  const { began, claims } = sweeping(names);
  await until("all have been checked", () => began.length === 1000);
  expect(began).toEqual(names);
  expect(Math.max(...claims)).toBe(64);
});

it("takes what becomes due later", async () => {
  const { began, waiting } = sweeping(["a"]);
  await until("the first has been checked", () => began.length === 1);
  waiting.push("b");
  await until("the second has been checked", () => began.length === 2);
});

it("is not held back by clusters that hang, even where they are more than there are places", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  const names = [...fleet(150).map((name) => `slow-${name}`), ...fleet(100)];
  const { began } = sweeping(names, { slow: (name) => name.startsWith("slow") });
  for (let seconds = 0; seconds < 8; seconds += 2) await vi.advanceTimersByTimeAsync(2000);
  expect(began.filter((name) => !name.startsWith("slow"))).toHaveLength(100);
});

it("goes on after the database could not be asked", async () => {
  let failures = 3;
  const failure = new Error("no connection");
  const { began, onError } = sweeping(["a"], {
    claim: () => {
      failures -= 1;
      if (failures >= 0) throw failure;
    },
  });
  await until("the cluster has been checked", () => began.length === 1);
  expect(onError.mock.calls).toEqual([[failure], [failure], [failure]]);
});

it("ends what is under way when it is told to, and takes no more", async () => {
  const { began, ending, run, claims } = sweeping(fleet(3), { slow: () => true });
  await until("all are being checked", () => began.length === 3);
  ending.abort();
  await run;
  const asked = claims.length;
  await new Promise(setImmediate);
  expect(claims).toHaveLength(asked);
});

it("detects what reachable clusters have, few at a time, each once, and no check waits for it", async () => {
  const detected: string[] = [];
  const gate = Promise.withResolvers<void>();
  const names = [...fleet(300), "offline"];
  const { began, waiting } = sweeping(names, {
    detect: async ({ name }) => {
      detected.push(name);
      await gate.promise;
    },
  });
  await until("all have been checked", () => began.length === 301);
  expect(detected).toHaveLength(4);
  // Due again, while their detection waits.
  waiting.push(...fleet(300));
  await until("all have been checked again", () => began.length === 601);
  gate.resolve();
  await until("all have been looked at", () => detected.length === 300);
  expect(new Set(detected)).toEqual(new Set(fleet(300)));
});
