import { expect, it } from "vitest";
import type { MergedDevice } from "../nodes/merged.mapper.ts";
import { toHealth } from "./health.mapper.ts";
import type { Finding } from "./signal.detector.ts";

const merged = (signals: Record<string, number>, source = "DCGM_EXPORTER") =>
  ({ device: { signals, source } }) as unknown as MergedDevice;
const health = (
  signals: Record<string, number>,
  standing: Pick<Finding, "kind" | "code" | "severity" | "message">[] = [],
) => {
  const { status, reasons } = toHealth(merged(signals), standing);
  return [status, ...reasons];
};

it("is as bad as the worst that it shows now or that stands, the worst first", () => {
  const hot = { kind: "THROTTLE", code: "SW_THERMAL", severity: "WARNING", message: "Too hot." } as const;
  expect(health({ DCGM_FI_DEV_XID_ERRORS: 0 })).toEqual(["OK"]);
  expect(health({ DCGM_FI_DEV_XID_ERRORS: 0 }, [hot])).toEqual(["WARNING", "THROTTLE: Too hot."]);
  expect(health({ DCGM_FI_DEV_XID_ERRORS: 79 }, [hot])).toEqual([
    "CRITICAL",
    "XID 79: the GPU has fallen off the bus.",
    "THROTTLE: Too hot.",
  ]);
});

it("is well with errors that were corrected, and since it is seen, it is not missing", () => {
  const missing = { kind: "MISSING", code: "NOT_SEEN", severity: "CRITICAL", message: "Gone." } as const;
  expect(health({ DCGM_FI_DEV_CORRECTABLE_REMAPPED_ROWS: 2 }, [missing])).toEqual(["OK"]);
});

it("is unknown, with the reason, where nobody tells, and not well", () => {
  expect(health({})).toEqual(["UNKNOWN", "Its exporter tells nothing of its health."]);
  expect(toHealth(merged({}, "NVIDIA_SMI"), []).reasons).toEqual(["No exporter tells of it."]);
});
