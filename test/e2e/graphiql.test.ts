import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EXAMPLES } from "../../gateway/graphiql/examples.ts";
import { ask } from "../support/graph.ts";
import { Program } from "../support/process.ts";
import { until } from "../support/until.ts";

const CHROMIUM = process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium";
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const missing = !existsSync(CHROMIUM) && process.env["REQUIRE_SERVICES"] !== "1";

describe.skipIf(missing)(`GraphiQL in a browser${missing ? ` (skipped: no ${CHROMIUM})` : ""}`, () => {
  let dataDir: string;
  let url: string;
  let control: string;
  let server: Program;
  let browser: BrowserContext;
  let page: Page;
  const requests: string[] = [];
  const problems: string[] = [];

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "aiops-e2e-"));
    server = new Program("gateway/all-in-one.js", {
      env: { DATA_DIR: join(dataDir, "data"), PORT: "0", AIOPS_DEMO_CONTROL_PORT: "0" },
    });
    [, url = ""] = await server.prints(/GraphiQL\s+(http\S+)\/\s/);
    [, control = ""] = await server.prints(/Demo fleet\s+(http\S+)\/\s/);
    await until(
      "the demo is online",
      async () => (await ask(url, `{ clusters(filter: { states: [ONLINE] }) { total } }`)).data.clusters.total === 5,
    );
    browser = await chromium.launchPersistentContext(join(dataDir, "profile"), {
      executablePath: CHROMIUM,
      args: FLAGS,
      viewport: { width: 1400, height: 900 },
    });
    page = await browser.newPage();
    page.on("request", (request) => requests.push(request.url()));
    page.on("pageerror", (error) => problems.push(error.message));
    await page.goto(url);
    await page.waitForSelector(".graphiql-tab-button, .graphiql-tab");
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
    await rm(dataDir, { recursive: true, force: true });
  });

  const answered = (pattern: RegExp) =>
    until(
      `${pattern} in the answer`,
      async () => {
        const text = await page
          .locator(".result-window, .graphiql-response")
          .first()
          .innerText()
          .catch(() => "");
        return pattern.test(text.replaceAll("\u00a0", " ")) && text;
      },
      30_000,
    );

  it("opens with an example in each tab, and the first one answers over the demo fleet", async () => {
    expect(await page.locator(".graphiql-tab").count()).toBe(EXAMPLES.length);
    await page.locator(".graphiql-execute-button").click();
    await answered(/"total": 5/);
    if (process.env["SCREENSHOTS"])
      await page.screenshot({ path: join(process.env["SCREENSHOTS"], "graphiql-fleet.png") });
  });

  it("shows a live event with joined fields when a cluster's Prometheus stops", async () => {
    // GraphiQL's tabs can be dragged, and now and then take a click for the start of that; and a tab that is opened late stops
    // what runs. So: click until it has effect, by what the server sees.
    await until(
      "the tab's subscription is open",
      async () => {
        const editor = page.locator(".graphiql-query-editor .view-lines").first();
        if (!(await editor.innerText()).includes("subscription")) {
          await page.locator(".graphiql-tab-button", { hasText: "Live" }).click();
        } else if (!(await page.locator(".graphiql-execute-button[aria-label*=Stop]").count())) {
          await page.locator(".graphiql-execute-button").click();
        }
        const metrics = await (await fetch(`${url}/metrics`)).text();
        return /^aiops_gateway_subscription_upstreams 1$/m.test(metrics);
      },
      30_000,
    );
    const { data } = await ask(url, `{ clusters(filter: { types: [HUB] }) { items { id name } } }`);
    const [{ id, name }] = data.clusters.items;
    const fault = (what: "refuse" | null) =>
      fetch(`${control}/clusters/${name}/prometheus/fault`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ fault: what }),
      });
    // Whatever the moment the subscription opens at, one of the changes comes after it.
    let seen = false;
    const flips = (async () => {
      for (let broken = true; !seen; broken = !broken) {
        await fault(broken ? "refuse" : null);
        await ask(url, `mutation ($id: UUID!) { refreshCluster(id: $id) { id } }`, { id });
      }
    })();
    let text: string;
    try {
      text = await answered(/"newState": "(DEGRADED|ONLINE)"/);
    } finally {
      seen = true;
      await flips;
    }
    if (process.env["SCREENSHOTS"])
      await page.screenshot({ path: join(process.env["SCREENSHOTS"], "graphiql-live.png") });
    expect(text).toContain("displayName");
  });

  it("needs nothing from outside, and reports no error", () => {
    const outside = requests.filter(
      (request) => !request.startsWith(url) && !request.startsWith("data:") && !request.startsWith("blob:"),
    );
    expect(outside).toEqual([]);
    expect(problems).toEqual([]);
  });
});
