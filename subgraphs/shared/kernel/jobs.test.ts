import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { describeDatabases, type TestDatabase } from "../../../test/support/database.ts";
import { JobEngine } from "./jobs.ts";
import type { Logger } from "./log.ts";
import type { Job } from "./subgraph.ts";

await describeDatabases("JobEngine", (open) => {
  let test: TestDatabase;
  const engines: JobEngine[] = [];
  let names = 0;
  beforeAll(async () => {
    test = await open();
  });
  afterEach(() => Promise.all(engines.splice(0).map((engine) => engine.close())));
  afterAll(() => test.dispose());

  const log = { error: vi.fn(), warn: vi.fn() };
  const started = async (...jobs: Job[]): Promise<JobEngine> => {
    const engine = new JobEngine({ executeSql: test.database.executeSql, log: log as unknown as Logger });
    engines.push(engine);
    await engine.start(jobs);
    return engine;
  };
  const nextName = (): string => {
    names += 1;
    return `test.job-${names}`;
  };
  const job = (run: Job["run"], name = nextName()): Job => ({ name, everyMs: 10, run });
  const eventually = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 20_000, interval: 20 });

  it("repeats a job, each run after the other", async () => {
    let running = 0;
    let most = 0;
    const run = vi.fn(async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise(setImmediate);
      running -= 1;
    });
    await started(job(run));
    await eventually(() => expect(run.mock.calls.length).toBeGreaterThanOrEqual(3));
    expect(most).toBe(1);
  });

  it.each<[string, (error: Error) => Promise<void>]>([
    ["rejects", (error) => Promise.reject(error)],
    [
      "throws",
      (error) => {
        throw error;
      },
    ],
  ])("goes on after a job that %s, and logs why", async (how, fail) => {
    const failure = new Error("cannot");
    const run = vi.fn(() => fail(failure));
    await started(job(run, `test.${how}`));
    await eventually(() => expect(run.mock.calls.length).toBeGreaterThanOrEqual(2));
    expect(log.error).toHaveBeenCalledWith({ err: failure, job: `test.${how}` }, expect.any(String));
  });

  it("never runs one job on two replicas at the same time", async () => {
    let running = 0;
    let most = 0;
    const runs = [0, 0];
    const replica = (index: number): Job =>
      job(async () => {
        running += 1;
        most = Math.max(most, running);
        runs[index] = (runs[index] ?? 0) + 1;
        // Long enough for the other replica to poll meanwhile.
        await new Promise((resolve) => setTimeout(resolve, 700));
        running -= 1;
      }, "test.shared");
    await Promise.all([started(replica(0)), started(replica(1))]);
    await eventually(() => expect((runs[0] ?? 0) + (runs[1] ?? 0)).toBeGreaterThanOrEqual(5));
    expect(most).toBe(1);
  });

  it("runs a job that shares its work by itself on every replica at once, and again after it failed", async () => {
    const runs = [0, 0];
    const replica = (index: number): Job => ({
      name: "test.everywhere",
      everyMs: 10,
      onEveryReplica: true,
      run: (signal) => {
        runs[index] = (runs[index] ?? 0) + 1;
        if (runs[index] === 1) return Promise.reject(new Error("once"));
        return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
      },
    });
    await Promise.all([started(replica(0)), started(replica(1))]);
    await eventually(() => expect(runs).toEqual([2, 2]));
    expect(log.error).toHaveBeenCalledWith({ err: new Error("once"), job: "test.everywhere" }, expect.any(String));
    await Promise.all(engines.splice(0).map((engine) => engine.close()));
    expect(runs).toEqual([2, 2]);
  });

  it("tells a running job to stop when it closes, waits for it, and runs it no more", async () => {
    let ended = false;
    const run = vi.fn(
      (signal: AbortSignal) =>
        new Promise<void>((resolve) =>
          signal.addEventListener("abort", () =>
            setImmediate(() => {
              ended = true;
              resolve();
            }),
          ),
        ),
    );
    const engine = await started(job(run));
    await eventually(() => expect(run).toHaveBeenCalledOnce());
    await engine.close();
    expect(ended).toBe(true);
    await engine.close();
    expect(run).toHaveBeenCalledOnce();
  });

  it("goes on where another replica, or the run before a restart, left off", async () => {
    const run = vi.fn(async () => {});
    const first = await started(job(run, "test.restarted"));
    await eventually(() => expect(run).toHaveBeenCalled());
    await first.close();
    const again = vi.fn(async () => {});
    await started(job(again, "test.restarted"));
    await eventually(() => expect(again.mock.calls.length).toBeGreaterThanOrEqual(2));
  });
});
