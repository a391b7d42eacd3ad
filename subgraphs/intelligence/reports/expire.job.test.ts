import { randomUUID } from "node:crypto";
import { mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { describeDatabases, type TestDatabase } from "../../../test/support/database.ts";
import { reportRow } from "../../../test/support/report-rows.ts";
import { expireReports } from "./expire.job.ts";
import { LocalReportStore } from "./local.store.ts";
import { ReportRepository } from "./report.repository.ts";
import type { ReportStore } from "./report.store.ts";

const NOON = new Date("2026-11-23T12:00:00Z");
const HOUR_MS = 3_600_000;
const later = (hours: number): Date => new Date(NOON.getTime() + hours * HOUR_MS);
const { signal } = new AbortController();

await describeDatabases("The end of reports", (open) => {
  let test: TestDatabase;
  let folder: string;
  let store: LocalReportStore;
  let now: Date;
  const problems: unknown[] = [];

  beforeAll(async () => {
    test = await open();
  });
  afterAll(() => test.dispose());
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "aiops-reports-"));
    store = new LocalReportStore(folder);
    now = NOON;
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
    await test.database.prisma.report.deleteMany();
    problems.length = 0;
  });

  const expire = async (of: ReportStore = store) => {
    const repository = new ReportRepository(test.database.prisma);
    const onError = (error: unknown) => problems.push(error);
    await expireReports({ repository, store: of, clock: { now: () => now }, onError }).run(signal);
  };
  async function put(expiresAt: Date, modifiedAt = NOON): Promise<string> {
    const id = randomUUID();
    const storagePath = `${id}-1.json`;
    await store.put(storagePath, new TextEncoder().encode("{}"));
    await utimes(join(folder, storagePath), modifiedAt, modifiedAt);
    await test.database.prisma.report.create({
      data: reportRow({ id, createdAt: NOON, status: "READY", storagePath, expiresAt }),
    });
    return storagePath;
  }
  const rows = async () =>
    (await test.database.prisma.report.findMany({ orderBy: { storagePath: "asc" } })).map((row) => row.storagePath);

  it("comes with its time, for the row and the bytes", async () => {
    const [soon, never] = [await put(later(1)), await put(later(1000))];
    await expire();
    expect(await rows()).toEqual([soon, never].sort());
    now = later(1);
    await expire();
    expect(await rows()).toEqual([never]);
    expect(await readdir(folder)).toEqual([never]);
  });

  it("comes for all whose time is over, more than are looked at at once", async () => {
    for (let index = 0; index < 120; index += 1) await put(NOON);
    await expire();
    expect(await rows()).toEqual([]);
    expect(await readdir(folder)).toEqual([]);
  });

  it("leaves the row for another try where the storage fails", async () => {
    const name = await put(NOON);
    const broken: ReportStore = {
      put: (each, bytes) => store.put(each, bytes),
      get: (each, until) => store.get(each, until),
      list: (after) => store.list(after),
      delete: () => Promise.reject(new Error("not now")),
    };
    await expire(broken);
    expect(await rows()).toEqual([name]);
    expect(problems).not.toEqual([]);
    await expire();
    expect(await rows()).toEqual([]);
  });

  it("removes what belongs to no report once it is old, and nothing else", async () => {
    const kept = await put(later(1000));
    const [id] = [kept.slice(0, 36)];
    const orphans = [`${randomUUID()}-1.pdf`, `${randomUUID()}-2.html.part`, `${id}-7.json`];
    for (const name of [...orphans, "notes.txt"]) {
      await writeFile(join(folder, name), "");
      await utimes(join(folder, name), NOON, NOON);
    }
    const young = `${randomUUID()}-1.md`;
    await writeFile(join(folder, young), "");
    await utimes(join(folder, young), later(1), later(1));
    const running = await test.database.prisma.report.create({
      data: reportRow({ createdAt: NOON, status: "RUNNING" }),
    });
    await writeFile(join(folder, `${running.id}-1.json.part`), "");
    await utimes(join(folder, `${running.id}-1.json.part`), NOON, NOON);
    now = later(1);
    await expire();
    expect(await readdir(folder)).toHaveLength(7);
    now = later(1.5);
    await expire();
    expect((await readdir(folder)).sort()).toEqual([kept, "notes.txt", young, `${running.id}-1.json.part`].sort());
    expect(await rows()).toContain(kept);
    expect(problems).toEqual([]);
  });
});
