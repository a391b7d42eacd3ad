import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { openDatabase } from "./client.ts";
import { DatabaseLockedError } from "./data-dir-lock.ts";

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "aiops-embedded-"));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

/** Starts another process that opens the same data directory as `database` and then runs `body`. */
function otherProcess(body: string) {
  const code = `
    import { openDatabase } from ${JSON.stringify(new URL("./client.ts", import.meta.url).href)};
    const database = await openDatabase({ dataDir: ${JSON.stringify(dataDir)} });
    ${body}`;
  return spawn(process.execPath, ["--input-type=module", "--eval", code], {
    stdio: ["ignore", "pipe", "inherit"],
    // A killed process leaves its socket behind.
    env: { ...process.env, TMPDIR: dataDir },
  });
}

it("lets a process that closed it end by itself", async () => {
  // First start, migration (whose engine leaves a timer behind) and all: nothing may hold up the end.
  const child = otherProcess(`
    const { migrate } = await import(${JSON.stringify(new URL("./migrate.ts", import.meta.url).href)});
    await migrate(database);
    await database.close();
    console.log(process.getActiveResourcesInfo().filter((name) => name === "Timeout" || name === "MessagePort").length);`);
  expect(await once(createInterface(child.stdout), "line")).toEqual(["0"]);
  expect(await once(child, "exit")).toEqual([0, null]);
  expect((await readdir(dataDir)).sort()).toEqual(["lock.json", "pg"]);
});

it("belongs to one process; when that is killed, the next has all it had stored", async () => {
  const child = otherProcess(`
    await database.executeSql("CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)");
    console.log("stored");
    setInterval(() => {}, 1000);`);
  try {
    expect(await once(createInterface(child.stdout), "line")).toEqual(["stored"]);
    const attempt = openDatabase({ dataDir });
    await expect(attempt).rejects.toThrow(DatabaseLockedError);
    await expect(attempt).rejects.toThrow(`in use by process ${child.pid}`);
  } finally {
    child.kill("SIGKILL");
  }
  await once(child, "exit");

  const database = await openDatabase({ dataDir });
  try {
    expect(await database.executeSql("SELECT n FROM kept")).toEqual({ rows: [{ n: 7 }] });
  } finally {
    await database.close();
  }
});

it("starts over when its first start was cut off", async () => {
  await (await openDatabase({ dataDir })).close();
  await writeFile(join(dataDir, "pg.initialising"), "");
  await rm(join(dataDir, "pg", "global"), { recursive: true });

  const database = await openDatabase({ dataDir });
  await database.ping();
  await database.close();
  expect(await readdir(dataDir)).not.toContain("pg.initialising");
});

it("says what to do when its files are damaged, and leaves no lock", async () => {
  await (await openDatabase({ dataDir })).close();
  await rm(join(dataDir, "pg", "global"), { recursive: true });
  const attempt = openDatabase({ dataDir });
  await expect(attempt).rejects.toThrow(/could not be opened: .*DATA_DIR/s);
  expect(await readdir(dataDir)).not.toContain("lock");
});

it("is reachable by its owner only, and stops when it loses its directory to another", async () => {
  const log = vi.fn<(message: string, fields?: object) => void>();
  const database = await openDatabase({ dataDir, log });
  expect((await stat(String(database.pool.options.host))).mode & 0o777).toBe(0o700);
  await database.ping();

  await rmdir(join(dataDir, "lock"));
  await vi.waitFor(() => expect(database.ping()).rejects.toThrow(), { timeout: 10_000, interval: 100 });
  expect(log).toHaveBeenCalledWith(expect.stringContaining("lock was lost"), expect.anything());
  await database.close();
  expect(await readdir(String(database.pool.options.host)).catch(() => "gone")).toBe("gone");
});
