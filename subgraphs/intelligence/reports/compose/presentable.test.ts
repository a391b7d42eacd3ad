import { expect, it } from "vitest";
import { sampleReport } from "../../../../test/support/reports.ts";
import { presentable } from "./presentable.ts";

it("takes credentials out of all texts, and leaves a report without any as it is", () => {
  expect(presentable(sampleReport())).toEqual(sampleReport());
  const report = presentable(
    sampleReport((said) => `${said} password=hunter22 Bearer abcdefghijklmnop ${"x".repeat(4000)}`),
  );
  const text = JSON.stringify(report);
  expect(text).not.toMatch(/hunter22|abcdefghijklmnop/);
  expect(text).toContain("password=[redacted]");
  expect(report.verdict.headline).toHaveLength(4001);
});
