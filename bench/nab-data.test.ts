import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { gaussians } from "../test/support/series.ts";
import { nab } from "./nab.ts";
import { readSeries } from "./nab-data.ts";

const folders: string[] = [];
async function folderOf(files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "aiops-nab-"));
  folders.push(folder);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return folder;
}
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

const CSV = [
  "timestamp,value",
  "2014-04-01 00:00:00,1.5",
  "2014-04-01 00:05:00,",
  "2014-04-01 00:10:00,3",
  "2014-04-01 00:15:00,4",
  "",
].join("\r\n");
const WINDOWS = { "a/one.csv": [["2014-04-01 00:05:00.000000", "2014-04-01 00:12:00.000000"]], "a/absent.csv": [] };

describe("a folder of labelled series", () => {
  it("is read as we keep it, and as Numenta's repository does", async () => {
    for (const labels of ["windows.json", "labels/combined_windows.json"]) {
      const folder = await folderOf({
        [labels]: JSON.stringify(WINDOWS),
        "data/a/one.csv": CSV,
        "data/a/odd.csv": CSV,
      });
      const series = readSeries(folder);
      expect(series).toMatchObject([{ name: "a/one.csv", length: 4, stepSeconds: 300, windows: [[1, 2]] }]);
      expect([...(series[0]?.values ?? [])]).toEqual([1.5, Number.NaN, 3, 4]);
      expect(series[0]?.times[0]).toBe(Date.UTC(2014, 3, 1) / 1000);
    }
  });

  it("is asked for where there is none, or none of what is labelled", async () => {
    expect(() => readSeries("/nowhere")).toThrow(
      "No labelled series are in /nowhere: it has neither windows.json nor labels/combined_windows.json.",
    );
    const empty = await folderOf({ "windows.json": JSON.stringify(WINDOWS) });
    expect(() => readSeries(empty)).toThrow(/^None of the series that .*windows.json labels is in .*data\.$/);
  });
});

describe("the benchmark", () => {
  let folder = "";
  beforeAll(async () => {
    const noise = gaussians(1);
    const line = (index: number): string => {
      const time = new Date(Date.UTC(2026, 0, 1) + index * 300_000).toISOString().slice(0, 19).replace("T", " ");
      return `${time},${50 + noise() + (index === 1500 ? 30 : 0)}`;
    };
    const csv = ["timestamp,value", ...Array.from({ length: 2000 }, (_, index) => line(index))].join("\n");
    // From 124 hours and 10 minutes on: index 1490 to 1590.
    const windows = { "a/spike.csv": [["2026-01-06 04:10:00", "2026-01-06 12:30:00"]] };
    folder = await folderOf({ "data/a/spike.csv": csv, "windows.json": JSON.stringify(windows) });
  });

  it("scores what ships, at its default and at the best of all sensitivities, with its costs", async () => {
    const rows = await nab.run({ data: folder });
    expect(rows.map(({ method }) => method)).toEqual(["STATISTICAL", "STATISTICAL", "ML_BASED", "ML_BASED"]);
    for (const row of rows) expect(row).toMatchObject({ "windows found": "1 of 1" });
    expect(rows[0]?.["KiB / live series"]).toBeLessThan(1024);
    expect(rows[1]?.["standard"]).toBeGreaterThanOrEqual(Number(rows[0]?.["standard"]));
    expect(rows[1]?.["standard"]).toBeGreaterThan(95);
  });
});
