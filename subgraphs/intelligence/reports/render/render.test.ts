import { describe, expect, it } from "vitest";
import { HOSTILE } from "../../../../test/support/hostile.ts";
import { sampleReport } from "../../../../test/support/reports.ts";
import { contentTypeOf, fileNameOf, renderReport } from "./index.ts";
import { draw } from "./render.ts";

const FORMATS = ["HTML", "PDF", "MARKDOWN", "JSON"] as const;
const signal = AbortSignal.timeout(120_000);
const names = (count: number) => Array.from({ length: count }, (_, i) => `cluster-${i}`);

describe.each(FORMATS)("%s", (format) => {
  it("has the same bytes for the same report, on whatever thread", async () => {
    const once = await renderReport(sampleReport(), format, { signal });
    expect(Buffer.compare(once, await renderReport(structuredClone(sampleReport()), format, { signal }))).toBe(0);
    expect(Buffer.compare(once, await draw(sampleReport(), format))).toBe(0);
    const other = sampleReport((text) => text.replace("Weekly", "Daily"));
    expect(Buffer.compare(once, await renderReport(other, format, { signal }))).not.toBe(0);
  });

  it("ends with its signal, before and while it is drawn", async () => {
    const gone = AbortSignal.abort(new Error("gone"));
    await expect(renderReport(sampleReport(), format, { signal: gone })).rejects.toThrow("gone");
    const controller = new AbortController();
    const drawn = renderReport(sampleReport(undefined, names(500)), format, { signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(drawn).rejects.toThrow("enough");
    await expect(renderReport(sampleReport(), format, { signal })).resolves.toBeInstanceOf(Uint8Array);
  });
});

describe("JSON", () => {
  it("is the model, and nothing that a browser would take for HTML", async () => {
    const model = sampleReport((said) => `${said} ${HOSTILE.join(" ")}`);
    const text = new TextDecoder().decode(await draw(model, "JSON"));
    expect(JSON.parse(text)).toEqual(model);
    expect(text).not.toMatch(/[<>&\u202e\u2028]|(?!\n)\p{Cc}/u);
  });
});

it("says what a file is, and is named so that every system takes it", () => {
  expect(FORMATS.map(contentTypeOf)).toEqual([
    "text/html; charset=utf-8",
    "application/pdf",
    "text/markdown; charset=utf-8",
    "application/json; charset=utf-8",
  ]);
  const at = "2026-11-23T12:00:00.000Z";
  expect(fileNameOf({ title: "Weekly GPU Utilization Report", createdAt: at }, "PDF")).toBe(
    "weekly-gpu-utilization-report-2026-11-23.pdf",
  );
  expect(fileNameOf({ title: '../../etc/"\r\n日本', createdAt: at }, "HTML")).toBe("etc-2026-11-23.html");
  expect(fileNameOf({ title: "日本", createdAt: at }, "JSON")).toBe("report-2026-11-23.json");
});
