import { mkdir, mkdtemp, readFile, rm, rmdir, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { DatabaseLockedError, lockDataDir } from "./data-dir-lock.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "aiops-lock-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const never = (cause: Error): void => {
  throw cause;
};

/** Leaves a lock as a process would that was killed. */
async function abandon(holder: object | string, heartbeat = new Date()): Promise<void> {
  await mkdir(join(directory, "lock"));
  await utimes(join(directory, "lock"), heartbeat, heartbeat);
  await writeFile(join(directory, "lock.json"), typeof holder === "string" ? holder : JSON.stringify(holder));
}

it("creates the directory and lets one holder in at a time", async () => {
  const inner = join(directory, "a", "b");
  const release = await lockDataDir(inner, never);
  const refused = await lockDataDir(inner, never).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(DatabaseLockedError);
  expect(refused).toMatchObject({ code: "DATA_DIR_LOCKED", directory: inner });
  expect(String(refused)).toMatch(new RegExp(`${inner} is in use by process ${process.pid}.*DATA_DIR.*DATABASE_URL`));

  await release();
  await (await lockDataDir(inner, never))();
});

it("lets exactly one of many in that start at once", async () => {
  await abandon({ host: hostname(), pid: 2 ** 30, startedAt: "1" });
  const results = await Promise.allSettled(Array.from({ length: 5 }, () => lockDataDir(directory, never)));
  const winners = results.filter((result) => result.status === "fulfilled");
  expect(winners).toHaveLength(1);
  for (const { value: release } of winners) await release();
});

it("takes over at once from a process that is gone", async () => {
  await abandon({ host: hostname(), pid: 2 ** 30, startedAt: "1" });
  await (await lockDataDir(directory, never))();
});

it.runIf(process.platform === "linux")("takes over from a dead process whose number is in use again", async () => {
  await abandon({ host: hostname(), pid: process.pid, startedAt: "1" });
  await (await lockDataDir(directory, never))();
});

it("takes over from another host, or an unknown holder, whose heartbeat is silent", async () => {
  const longAgo = new Date(Date.now() - 60_000);
  await abandon({ host: "elsewhere.example", pid: process.pid, startedAt: "1" }, longAgo);
  await (await lockDataDir(directory, never))();
  await abandon('{"host": "half writ', longAgo);
  await (await lockDataDir(directory, never))();
  expect(JSON.parse(await readFile(join(directory, "lock.json"), "utf8"))).toMatchObject({ pid: process.pid });
});

it("tells its holder when the lock is lost", async () => {
  const onLost = vi.fn<(cause: Error) => void>();
  await lockDataDir(directory, onLost);
  await rmdir(join(directory, "lock"));
  await vi.waitFor(() => expect(onLost).toHaveBeenCalledOnce(), { timeout: 10_000 });
});
