import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { withFolder } from "./nezha-archive.ts";
import { readDay } from "./nezha-data.ts";

const LOG = `Timestamp,TimeUnixNano,Node,PodName,Container,TraceID,SpanID,Log
2023-01-29T09:35:38.5Z,1674984938500000000,10.0.0.1,pay-1,server,t1,s2,"{""log"":""17:35:38.386 WARN  Pay#1 [pay][a, ""quoted"" word]\\n"",""stream"":""stdout""}"
2023-01-29T09:35:38.0Z,1674984938000000000,10.0.0.1,pay-1,server,,,"{""log"":""17:35:38.386 INFO  Pay#1 ok, done\\n"",""stream"":""stdout""}"
`;
const TRACE = `TraceID,SpanID,ParentID,PodName,OperationName,StartTimeUnixNano,EndTimeUnixNano,Duration
t1,s2,s1,pay-1,"POST /pay,now",1674984938100000000,1674984938600000000,500000
t1,s1,root,front-1,GET /,1674984938000000000,1674984939000000000,1000000
`;
const METRIC = `Time,TimeStamp,PodName,CpuUsageRate(%),MemoryUsageRate(%),PodWorkload(Ops)
2023-01-29 08:41:10 +0000 UTC,1674981670,pay-1,3.5,21,1
2023-01-29 08:42:10 +0000 UTC,1674981730,pay-1,NaN,22,2
`;
const FAULTS = JSON.stringify({
  "09": [
    { inject_time: "2023-01-29 09:35:00", inject_timestamp: "1674956100", inject_pod: "pay-1", inject_type: "return" },
  ],
});

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "nezha-"));
  const day = join(folder, "day", "rca_data");
  for (const part of ["log", "trace", "metric"]) await mkdir(join(day, part), { recursive: true });
  await writeFile(join(day, "log", "09_36_log.csv"), LOG);
  await writeFile(join(day, "trace", "09_36_trace.csv"), TRACE);
  await writeFile(join(day, "metric", "pay-1_metric.csv"), METRIC);
  await writeFile(join(day, "2023-01-29-fault_list.json"), FAULTS);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe("a day of faults", () => {
  it("is read as the search for a root cause takes it", async () => {
    const { faults, logs, spans, metrics, recorded } = await readDay(join(folder, "day"));
    const pay = { kind: "POD", namespace: null, name: "pay-1" };
    expect(faults).toEqual([{ time: Date.parse("2023-01-29T09:35:00Z"), pod: "pay-1", type: "return" }]);
    expect(logs.map(({ time, level, traceId, spanId }) => [time, level, traceId, spanId])).toEqual([
      [1674984938000, "INFO", null, null],
      [1674984938500, "WARN", "t1", "s2"],
    ]);
    expect(logs[1]).toMatchObject({ entity: pay });
    expect(spans).toMatchObject([
      { spanId: "s1", parentId: null, start: 1674984938000, durationMs: 1000 },
      { spanId: "s2", parentId: "s1", entity: pay, start: 1674984938100, durationMs: 500 },
    ]);
    expect(metrics.map(({ metric, points }) => [metric, points[0]])).toEqual([
      ["cpu", { time: 1674981670000, value: 3.5 }],
      ["memory", { time: 1674981670000, value: 21 }],
    ]);
    expect(recorded).toEqual([{ start: 1674984938000, end: 1674984938101 }]);
  });

  it("without a list of faults says what is asked for", async () => {
    await expect(readDay(join(folder, "day", "rca_data", "log"))).rejects.toThrow(/no fault list .*--data <path>/);
  });
});

describe("an archive", () => {
  it("is unpacked for as long as it is used, and the one in a folder is found", async () => {
    const archives = join(folder, "archives");
    await mkdir(archives, { recursive: true });
    execFileSync("tar", ["-cJf", join(archives, "day.tar.xz"), "-C", folder, "day"]);
    let seen = "";
    const names = await withFolder(archives, async (unpacked) => {
      seen = unpacked;
      return readdir(unpacked);
    });
    expect(names).toEqual(["day"]);
    await expect(readdir(seen)).rejects.toThrow("ENOENT");
  });

  it("that is not there, or is none, is told", async () => {
    await expect(withFolder(join(folder, "nothing"), readDay)).rejects.toThrow(/is not there\. Name an archive/);
    await expect(withFolder(join(folder, "day", "rca_data", "2023-01-29-fault_list.json"), readDay)).rejects.toThrow(
      /cannot be unpacked/,
    );
  });
});
