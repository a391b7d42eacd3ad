import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { clusterRow } from "../../../test/support/clusters.ts";
import { openTestDatabase, type TestDatabase } from "../../../test/support/database.ts";
import { until } from "../../../test/support/until.ts";
import { Schedule } from "../../shared/fleet/schedule.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import { tellErrorTraces } from "./error-traces.job.ts";
import { ErrorTracesRepository, type TracedCluster } from "./error-traces.repository.ts";

describe("tellErrorTraces", () => {
  let test: TestDatabase;
  let now: Date;
  const ending = new Set<() => Promise<void>>();

  beforeAll(async () => {
    test = await openTestDatabase("embedded");
  });
  afterAll(() => test.dispose());
  beforeEach(async () => {
    now = new Date("2026-01-01T12:00:00Z");
    await test.database.prisma.cluster.deleteMany();
    await test.database.prisma.scheduledTask.deleteMany();
  });
  afterEach(async () => {
    for (const end of ending) await end();
    ending.clear();
  });

  const cluster = async (name: string): Promise<void> => {
    await test.database.prisma.cluster.create({ data: clusterRow({ name, tempoUrl: "http://127.0.0.1:9" }) });
  };
  /** A replica whose looks end as `look` does. */
  function replica(look: (name: string, signal: AbortSignal) => Promise<void>) {
    const { prisma } = test.database;
    const looks: string[] = [];
    const onFailure = vi.fn<(cluster: TracedCluster, failure: unknown, rest: number) => void>();
    const onError = vi.fn();
    const stop = new AbortController();
    const running = tellErrorTraces({
      schedule: new Schedule(prisma, "test.error-traces"),
      repository: new ErrorTracesRepository(prisma),
      errorTraces: {
        look: ({ name }, signal) => {
          looks.push(name);
          return look(name, signal);
        },
      },
      clock: { now: () => now },
      everyMs: 50,
      onFailure,
      onError,
    }).run(stop.signal);
    ending.add(async () => {
      stop.abort();
      await running;
    });
    return { looks, onFailure, onError };
  }
  const pass = (ms: number): void => {
    now = new Date(now.getTime() + ms);
  };

  it("looks at each cluster in its turn, and two replicas share them", async () => {
    for (const name of ["a", "b", "c", "d"]) await cluster(name);
    const replicas = [replica(() => Promise.resolve()), replica(() => Promise.resolve())];
    const looks = (): string[] => replicas.flatMap((each) => each.looks).sort();
    await until("all have been looked at", () => looks().length === 4);
    expect(looks()).toEqual(["a", "b", "c", "d"]);
    pass(50);
    await until("all have been looked at again", () => looks().length === 8);
    expect(looks()).toEqual(["a", "a", "b", "b", "c", "c", "d", "d"]);
  });

  it("lets one that fails rest, longer each time, and looks at the others meanwhile", async () => {
    await cluster("good");
    await cluster("bad");
    let fails = true;
    const { looks, onFailure, onError } = replica((name) =>
      name === "bad" && fails
        ? Promise.reject(new CodedError("UPSTREAM_UNREACHABLE", "The connection was refused."))
        : Promise.resolve(),
    );
    const count = (name: string): number => looks.filter((each) => each === name).length;
    const rested = async (): Promise<void> => {
      const before = onFailure.mock.calls.length;
      await until("it has failed again", () => {
        if (onFailure.mock.calls.length === before) pass(50);
        return onFailure.mock.calls.length > before;
      });
    };
    for (let round = 0; round < 5; round += 1) await rested();
    expect(onFailure.mock.calls.map(([, , rest]) => rest)).toEqual([2, 4, 8, 16, 16]);
    expect(onFailure.mock.calls[0]?.slice(0, 2)).toMatchObject([{ name: "bad" }, { code: "UPSTREAM_UNREACHABLE" }]);
    expect(count("good")).toBeGreaterThan(count("bad"));
    fails = false;
    const before = count("bad");
    await until("it is well again", () => {
      pass(50);
      return count("bad") > before + 1;
    });
    fails = true;
    await rested();
    expect(onFailure.mock.calls.at(-1)?.[2]).toBe(2);
    expect(onError).not.toHaveBeenCalled();
  });

  it("ends what is under way when it is told to, and holds it against nobody", async () => {
    await cluster("slow");
    const { looks, onFailure } = replica(
      (_, signal) => new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    );
    await until("it is looked at", () => looks.length === 1);
    for (const end of ending) await end();
    expect(onFailure).not.toHaveBeenCalled();
  });
});
