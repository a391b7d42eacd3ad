import { createServer, type IncomingMessage, type Server } from "node:http";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { z } from "zod";
import { type DemoFleet, startDemoFleet } from "../fleet.ts";
import { lacking, recording } from "../testing/recordings.ts";

const body = z.object({
  status: z.string(),
  groupKey: z.string(),
  groupLabels: z.record(z.string(), z.string()),
  notification_reason: z.string(),
  alerts: z.array(z.object({ status: z.string(), endsAt: z.string(), labels: z.record(z.string(), z.string()) })),
});
type Body = z.infer<typeof body>;

const CLUSTER = "prod-west-1";
let fleet: DemoFleet;
let server: Server;
let url: string;
let received: { raw: unknown; body: Body; headers: IncomingMessage["headers"] }[] = [];
let refusals = 0;
let wake = () => {};

beforeAll(async () => {
  server = createServer((request, response) => {
    let text = "";
    request.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
    request.on("end", () => {
      response.writeHead(refusals-- > 0 ? 503 : 200).end();
      const raw = JSON.parse(text) as unknown;
      received.push({ raw, body: body.parse(raw), headers: request.headers });
      wake();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/hook`;
  fleet = await startDemoFleet({ clusters: 3 });
});
afterAll(async () => {
  await fleet.close();
  server.close();
  server.closeAllConnections();
});
beforeEach(() => {
  fleet.setWebhook(CLUSTER, null);
  received = [];
  refusals = 0;
});

/** The first notification about an alert that the test accepts, waiting for it. */
async function told(name: string, test: (notification: Body) => boolean = () => true) {
  for (;;) {
    const found = received.find((one) => one.body.groupLabels["alertname"] === name && test(one.body));
    if (found !== undefined) return found;
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
}

it("tells of what fires and of its end, as the real one does", async () => {
  fleet.setWebhook(CLUSTER, url);
  fleet.setAlert(CLUSTER, "DemoToggle", "firing", { severity: "info", instance: "a" });
  const first = await told("DemoToggle");
  expect(first.headers).toMatchObject({ "content-type": "application/json", "user-agent": "Alertmanager/0.33.1" });
  expect(first.body).toMatchObject({
    status: "firing",
    groupKey: '{}:{alertname="DemoToggle"}',
    notification_reason: "first notification",
    alerts: [{ status: "firing", endsAt: "0001-01-01T00:00:00Z", labels: { cluster: CLUSTER, severity: "info" } }],
  });
  const real = recording("alertmanager-0.33", "webhook-firing-GPUXidError").answer;
  expect(lacking(real, first.raw)).toEqual([]);
  expect(lacking(first.raw, real)).toEqual([]);
  expect(received.some((one) => one.body.groupLabels["alertname"] === "Watchdog")).toBe(false);

  fleet.setAlert(CLUSTER, "DemoToggle", "firing", { severity: "info", instance: "b" });
  const more = await told("DemoToggle", ({ alerts }) => alerts.length === 2);
  expect(more.body.notification_reason).toBe("new alerts in group");
  fleet.setAlert(CLUSTER, "DemoToggle", null);
  const last = await told("DemoToggle", ({ status }) => status === "resolved");
  expect(last.body).toMatchObject({ notification_reason: "all alerts resolved", alerts: [{ status: "resolved" }, {}] });
  const resolved = recording("alertmanager-0.33", "webhook-resolved-DemoToggle").answer;
  expect([lacking(resolved, last.raw), lacking(last.raw, resolved)]).toEqual([[], []]);
  const count = received.filter((one) => one.body.groupLabels["alertname"] === "DemoToggle").length;
  expect(count).toBe(3);
});

it("tries again after an answer of 503, and says nothing of what is silenced", async () => {
  const silence = {
    matchers: [{ name: "alertname", value: "Quiet", isRegex: false }],
    startsAt: new Date().toISOString(),
    endsAt: new Date(Date.now() + 60_000).toISOString(),
    createdBy: "test",
    comment: "",
  };
  const alertmanager = fleet.clusters.find(({ name }) => name === CLUSTER)?.alertmanagerUrl;
  const answer = await fetch(`${alertmanager}/api/v2/silences`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(silence),
  });
  expect(answer.status).toBe(200);
  fleet.setAlert(CLUSTER, "Quiet", "firing");
  fleet.setAlert(CLUSTER, "Loud", "firing");
  refusals = 1000;
  fleet.setWebhook(CLUSTER, url);
  await told("Loud");
  refusals = 0;
  received = [];
  expect((await told("Loud")).body.groupKey).toBe('{}/{severity="critical"}:{alertname="Loud"}');
  expect(received.some((one) => one.body.groupLabels["alertname"] === "Quiet")).toBe(false);
});
