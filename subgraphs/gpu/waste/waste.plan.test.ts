import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { missingPrograms, type RealPrometheus, startStoredPrometheus } from "../../../test/support/prometheus.ts";
import type { Window } from "../../shared/kernel/time-range.ts";
import { historyQuery } from "../history/metric.plan.ts";
import { tracksOf } from "../history/track.mapper.ts";
import { wasteQuery, wasteWindow } from "./waste.plan.ts";

const NOW = new Date("2026-11-23T12:00:00Z");

describe("the window", () => {
  it("is the last day in 288 steps, the first column one step after its start", () => {
    const { start, end, step, forSeconds } = wasteWindow(null, "30m", NOW);
    expect([step, (end - start) / step + 1, forSeconds]).toEqual([300, 288, 1800]);
    expect(start - step).toBe(NOW.getTime() / 1000 - 86_400);
  });

  it("has steps of no less than a minute, and of as much as a long range needs", () => {
    expect(wasteWindow({ duration: "10m" }, "5m", NOW)).toMatchObject({ step: 60 });
    const { start, end, step } = wasteWindow({ duration: "31d" }, "30m", NOW);
    expect((end - start) / step + 1).toBeLessThanOrEqual(288);
  });
});

const missing = process.env["REQUIRE_SERVICES"] === "1" ? [] : missingPrograms("prometheus", "promtool");

describe.skipIf(missing.length > 0)("the queries, by a real Prometheus", () => {
  const from = NOW.getTime() / 1000 - 600;
  let prometheus: RealPrometheus;

  beforeAll(async () => {
    const labels = (uuid: string, more = "") => `{UUID="${uuid}",gpu="0",Hostname="n",modelName="H100"${more}}`;
    // Every 30 s for ten minutes. In its fifth minute one of them is busy for a moment, between two columns.
    const times = Array.from({ length: 21 }, (_, turn) => from + turn * 30);
    const lines = (name: string, of: string, at: (time: number) => number) =>
      [`# TYPE ${name} gauge`, ...times.map((time) => `${name}${of} ${at(time)} ${time}`)].join("\n");
    prometheus = await startStoredPrometheus(
      [
        lines("DCGM_FI_DEV_GPU_UTIL", labels("GPU-a"), (time) => (time === from + 270 ? 80 : 0)),
        // What the vector that stands before it in an `or` would hide, were its name not kept.
        lines("DCGM_FI_PROF_GR_ENGINE_ACTIVE", labels("GPU-a"), () => 0.5),
        lines("DCGM_FI_DEV_FB_USED", labels("GPU-a"), () => 100),
        lines("DCGM_FI_DEV_FB_FREE", labels("GPU-a"), () => 300),
        lines("gpu_gfx_activity", `{gpu_id="1",serial_number="S.1",hostname="m"}`, () => 7),
        lines("gpu_package_power", `{gpu_id="1",serial_number="S.1",hostname="m"}`, () => 500),
        lines("DCGM_FI_DEV_POWER_USAGE", labels("GPU-a"), () => 90),
        lines("DCGM_FI_DEV_GPU_TEMP", labels("GPU-a"), () => 40),
        "# EOF\n",
      ].join("\n"),
    );
  }, 60_000);
  afterAll(() => prometheus?.[Symbol.asyncDispose]());

  async function tracks(query: string, { start, end, step }: Window) {
    const { status, error, data } = await prometheus.api("query_range", {
      query,
      start: String(start),
      end: String(end),
      step: String(step),
    });
    expect(error).toBeUndefined();
    expect(status).toBe("success");
    return tracksOf(data.result, { start, end, step });
  }

  it("tell each metric apart, and miss no burst between two columns", async () => {
    const window = { start: from + 180, end: from + 600, step: 120 };
    const [amd, nvidia] = await tracks(wasteQuery(window), window);
    expect(nvidia).toMatchObject({ uuid: "GPU-a", node: "n", model: "H100", source: "DCGM_EXPORTER" });
    expect(nvidia?.values).toEqual({
      utilizationGpuPercent: [0, 80, 0, 0],
      memoryUsedMb: [100, 100, 100, 100],
      memoryFreeMb: [300, 300, 300, 300],
    });
    expect(amd).toMatchObject({ uuid: "S.1", node: "m", values: { utilizationGpuPercent: [7, 7, 7, 7] } });
  });

  it("find devices by their UUIDs, whatever the label is called", async () => {
    const window = { start: from, end: from + 60, step: 60 };
    const power = async (uuids: string[] | null) =>
      (await tracks(historyQuery("POWER", uuids), window)).map(({ uuid, values }) => [uuid, values.powerDrawWatts]);
    expect(await power(["S.1"])).toEqual([["S.1", [500, 500]]]);
    expect(await power(["S.1", "GPU-a", "GPU-none"])).toEqual([
      ["S.1", [500, 500]],
      ["GPU-a", [90, 90]],
    ]);
    expect(await power(["S1"])).toEqual([]);
    expect(await power(null)).toHaveLength(2);
  });
});
