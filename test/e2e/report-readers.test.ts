import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ReportFormat, ReportModel } from "../../subgraphs/intelligence/reports/model/report.ts";
import { renderReport } from "../../subgraphs/intelligence/reports/render/index.ts";
import { HOSTILE } from "../support/hostile.ts";
import { sampleReport } from "../support/reports.ts";

// Reports as those who get them open them: in a browser, and with poppler.

const run = promisify(execFile);
const CHROMIUM = process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium";
const required = process.env["REQUIRE_SERVICES"] === "1";
const noChromium = !existsSync(CHROMIUM) && !required;
const noPoppler = !existsSync("/usr/bin/pdftotext") && !required;
const FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"];

const ORDER = [
  "Weekly fleet report",
  "A filesystem is full within two weeks",
  "Clusters online",
  "Actions",
  "Take care of 3 critical alerts",
  "Ranked causes",
  "Pod shop/checkout-7d9f4",
  "Timeline",
  "KubePodCrashLooping",
  "Capacity forecast",
  "10.4 d to 21 d",
  "unknown: only 3 points",
  "Charts",
  "CPU used, by cluster",
  "GPU waste",
  "Given to a pod and idle",
  "Evidence",
  "API server: connection refused",
  "Data gaps",
  "UPSTREAM_UNREACHABLE",
  "Provenance",
  "node_cpu_seconds_total",
];

/** Each follows the one before it. */
function expectInOrder(text: string): void {
  let from = 0;
  for (const part of ORDER) {
    const at = text.indexOf(part, from);
    expect(at, `${part}, after ${from}`).toBeGreaterThanOrEqual(from);
    from = at;
  }
}

/** The long one last: where text is cut, the others are seen. */
const hostileText = HOSTILE.toSorted((a, b) => a.length - b.length).join(" ");
const hostile = (): ReportModel => sampleReport((said) => `${said} ${hostileText}`);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "aiops-reports-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function file(model: ReportModel, format: ReportFormat): Promise<string> {
  const path = join(folder, `${crypto.randomUUID()}.${format.toLowerCase()}`);
  await writeFile(path, await renderReport(model, format, { signal: AbortSignal.timeout(60_000) }));
  return path;
}

describe.skipIf(noChromium)(`HTML in a browser${noChromium ? ` (skipped: no ${CHROMIUM})` : ""}`, () => {
  let browser: BrowserContext;
  let page: Page;
  const requests: string[] = [];
  const dialogs: string[] = [];
  const problems: string[] = [];

  beforeAll(async () => {
    browser = await chromium.launchPersistentContext(join(folder, "profile"), {
      executablePath: CHROMIUM,
      args: FLAGS,
      viewport: { width: 1000, height: 1400 },
    });
    page = await browser.newPage();
    page.on("request", (request) => requests.push(request.url()));
    page.on("dialog", (dialog) => {
      dialogs.push(dialog.message());
      void dialog.dismiss();
    });
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("console", (message) => problems.push(message.text()));
  });
  afterAll(() => browser?.close());

  async function opened(model: ReportModel): Promise<string> {
    const url = pathToFileURL(await file(model, "HTML")).href;
    requests.length = 0;
    await page.goto(url);
    await page.waitForLoadState("networkidle");
    expect(requests).toEqual([url]);
    return await page.locator("main").innerText();
  }

  it("says everything in order, its charts too, and asks the network for nothing", async () => {
    const text = await opened(sampleReport());
    expectInOrder(text);
    expect(await page.locator("svg[role=img] path").count()).toBeGreaterThan(7);
    expect(await page.locator("svg text", { hasText: "80 %" }).count()).toBeGreaterThan(0);
    if (process.env["SCREENSHOTS"]) {
      await page.screenshot({ path: join(process.env["SCREENSHOTS"], "report.png"), fullPage: true });
      await page.emulateMedia({ colorScheme: "dark" });
      await page.screenshot({ path: join(process.env["SCREENSHOTS"], "report-dark.png"), fullPage: true });
      await page.emulateMedia({ colorScheme: null });
    }
    expect([...dialogs, ...problems]).toEqual([]);
  });

  it("shows hostile text as text: nothing runs, loads, leads away or sticks out", async () => {
    const text = await opened(hostile());
    expect(text).toContain("<script>alert(1)</script>");
    expect(text).toContain("\\u{1b}[31mred");
    expect(text).toContain("safe\\u{202e}gnp.exe");
    const found = await page.evaluate(() => ({
      elements: document.querySelectorAll("script,img,iframe,object,embed,link,a,form,base,foreignObject,use").length,
      handlers: [...document.querySelectorAll("*")].flatMap((each) =>
        each.getAttributeNames().filter((name) => /^on|href|^src/.test(name)),
      ),
      wider: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    }));
    expect(found).toEqual({ elements: 0, handlers: [], wider: 0 });
    expect([...dialogs, ...problems]).toEqual([]);
  });

  it("has a policy that would stop a script which got in all the same", async () => {
    const path = await file(sampleReport(), "HTML");
    const broken = (await readFile(path, "utf8")).replace(
      "<main>",
      `<main><script>document.title = "owned"; alert("owned")</script><img src="https://evil.example/x.png">`,
    );
    await writeFile(path, broken);
    const answered: string[] = [];
    const heard = (url: { url(): string }) => answered.push(url.url());
    page.on("requestfinished", heard);
    await page.goto(pathToFileURL(path).href);
    page.off("requestfinished", heard);
    expect(await page.title()).toBe("Weekly fleet report");
    expect(dialogs).toEqual([]);
    expect(answered.filter((url) => url.includes("evil"))).toEqual([]);
    expect(problems.join()).toMatch(/Content Security Policy/);
    problems.length = 0;
  });
});

describe.skipIf(noPoppler)(`PDF with poppler${noPoppler ? " (skipped: no pdftotext)" : ""}`, () => {
  const text = async (path: string, ...options: string[]) => (await run("pdftotext", [...options, path, "-"])).stdout;

  it("has its text in order, whole fonts and no image: charts are vectors", async () => {
    const path = await file(sampleReport(), "PDF");
    const said = (await text(path, "-layout")).replace(/\s+/g, " ");
    expectInOrder(said);
    expect(said).toContain("12-07");
    expect((await run("pdfimages", ["-list", path])).stdout.trim().split("\n")).toHaveLength(2);
    const fonts = (await run("pdffonts", [path])).stdout.trim().split("\n").slice(2);
    expect(fonts.length).toBeGreaterThan(1);
    expect(fonts.every((font) => /Roboto.*yes yes yes/.test(font))).toBe(true);
    const { stdout: info } = await run("pdfinfo", ["-isodates", path]);
    expect(info).toMatch(/^Title: +Weekly fleet report$/m);
    expect(info).toMatch(/^CreationDate: +2026-11-23T12:00:00/m);
    expect(info).toMatch(/^Producer: +aiops-nextgen$/m);
    expect(info).toMatch(/^JavaScript: +no$/m);
  });

  it("has no page that is empty, nor one that is written over its edge", async () => {
    for (const model of [sampleReport(), hostile()]) {
      const path = await file(model, "PDF");
      const pages = Number(/^Pages: +(\d+)/m.exec((await run("pdfinfo", [path])).stdout)?.[1]);
      expect(pages).toBeGreaterThan(2);
      for (let page = 1; page <= Math.min(pages, 12); page += 1) {
        const of = ["-f", String(page), "-l", String(page), "-r", "40", "-gray", path];
        const { stdout } = await run("pdftoppm", of, { encoding: "buffer", maxBuffer: 16 * 1024 * 1024 });
        const { dark, margin } = inkOf(stdout);
        expect(dark, `ink on page ${page}`).toBeGreaterThan(100);
        expect(margin, `ink beside the text of page ${page}`).toBe(0);
      }
    }
  });

  it("has hostile text as text, and neither links nor actions", async () => {
    const path = await file(hostile(), "PDF");
    const said = (await text(path, "-raw")).replace(/\s+/g, "");
    expect(said).toContain("<script>alert(1)</script>");
    expect(said).toContain("\\u{1b}[31mred");
    expect(said).toContain("\\u{65e5}\\u{672c}");
    const raw = (await readFile(path)).toString("latin1");
    expect(raw).not.toMatch(/\/(URI|JS|JavaScript|Launch|GoToR|SubmitForm|EmbeddedFile|OpenAction|AA)\b/);
  });
});

/** Of a grey picture in Netpbm's format: pixels that are dark, and how many of them are within a quarter of an inch of its sides. */
function inkOf(pgm: Buffer): { dark: number; margin: number } {
  const [head = "", width = "0", height = "0"] =
    /^P5\s+(\d+)\s+(\d+)\s+\d+\s/.exec(pgm.subarray(0, 40).toString("latin1")) ?? [];
  let dark = 0;
  let margin = 0;
  for (let y = 0; y < Number(height); y += 1) {
    for (let x = 0; x < Number(width); x += 1) {
      if ((pgm[head.length + y * Number(width) + x] ?? 255) > 140) continue;
      dark += 1;
      if (x < 10 || x >= Number(width) - 10) margin += 1;
    }
  }
  return { dark, margin };
}

describe("a report of 500 clusters", () => {
  const names = Array.from({ length: 500 }, (_, i) => `production-region-${i % 20}-cluster-${i}`);
  const sample = sampleReport(undefined, names);
  const [lines] = sample.charts;
  const [table] = sample.tables;
  const [forecast] = sample.forecasts;
  const [entry] = sample.timeline;
  if (!lines || !table || !forecast || !entry) throw new Error("The sample lacks something.");
  const model: ReportModel = {
    ...sample,
    charts: Array.from({ length: 24 }, () => lines),
    tables: Array.from({ length: 8 }, () => table),
    timeline: Array.from({ length: 500 }, () => entry),
    forecasts: names.flatMap((cluster) => Array.from({ length: 7 }, () => ({ ...forecast, cluster }))),
    gaps: names.map((name, i) => ({
      what: "CPU used",
      reason: `Reason ${i}`,
      code: "UPSTREAM_TIMEOUT",
      clusters: [name],
    })),
  };

  it.each(["HTML", "PDF", "MARKDOWN", "JSON"] as const)("takes less than 512 MB as %s", async (format) => {
    // A process of its own, so that what it takes at most is known.
    const path = join(folder, "model.json");
    await writeFile(path, JSON.stringify(model));
    const program = `
      import { readFileSync } from "node:fs";
      import { renderReport } from ${JSON.stringify(new URL("../../subgraphs/intelligence/reports/render/index.ts", import.meta.url).href)};
      const model = JSON.parse(readFileSync(${JSON.stringify(path)}, "utf8"));
      const { length } = await renderReport(model, ${JSON.stringify(format)}, { signal: AbortSignal.timeout(60_000) });
      process.stdout.write(JSON.stringify({ length, megabytes: process.resourceUsage().maxRSS / 1024, ms: performance.now() }));`;
    const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", program]);
    if (process.env["SCREENSHOTS"]) await writeFile(join(process.env["SCREENSHOTS"], `${format}-500.json`), stdout);
    const { length, megabytes } = JSON.parse(stdout) as { length: number; megabytes: number };
    expect(length).toBeGreaterThan(20_000);
    expect(megabytes).toBeLessThan(512);
  });
});
