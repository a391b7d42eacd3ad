import { readFileSync } from "node:fs";
import { describe, expect, it, onTestFinished } from "vitest";
import { startDemoFleet } from "../../demo/fleet.ts";
import { fingerprintOf } from "../../subgraphs/observability/alerts/fingerprint.mapper.ts";
import { NotificationBody } from "../../subgraphs/observability/alerts/notification.mapper.ts";
import { AlertmanagerClient } from "../../subgraphs/shared/upstreams/alertmanager/client.ts";
import type { NewSilence } from "../../subgraphs/shared/upstreams/alertmanager/schema.ts";
import { UpstreamHttp } from "../../subgraphs/shared/upstreams/http.ts";
import { startAlertmanager } from "../support/alertmanager.ts";
import { missingPrograms } from "../support/prometheus.ts";
import { recording, startReplayServer } from "../support/recordings.ts";
import { loopbackGuard } from "../support/target-guard.ts";

const UNKNOWN = "00000000-0000-4000-8000-000000000000";

interface Server {
  url: string;
  token?: string;
}

/** What a real one answered, once for each request: the ids of its silences are those recorded. */
async function recorded(version: string): Promise<Server> {
  const replays = [
    "alerts",
    "status",
    "silence-create",
    "silence-get",
    "silences",
    "silence-update-extends",
    "silence-update-changes-matchers",
    "silence-expire",
    "silence-expire-again",
    "silence-get-expired",
    "silence-get-missing",
    "silence-expire-missing",
    "silence-update-unknown-id",
    "silence-create-ended-in-past",
    "silence-create-no-matchers",
  ].map((name) => {
    const recorded = recording(`alertmanager-${version}`, name);
    // A bare text may be JSON, and a replay sends texts as they are.
    const isJson = recorded.contentType === "application/json" && typeof recorded.answer === "string";
    const answer = isJson ? JSON.stringify(recorded.answer) : recorded.answer;
    return { request: `${recorded.method} ${recorded.path}`, answer: { ...recorded, answer } };
  });
  const server = await startReplayServer(replays);
  onTestFinished(async () => {
    server.verify();
    await server[Symbol.asyncDispose]();
  });
  return server;
}

async function real(): Promise<Server> {
  const server = await startAlertmanager();
  onTestFinished(() => server[Symbol.asyncDispose]());
  await server.post([{ labels: { alertname: "GPUTemperatureHigh", severity: "warning", note: "ü/|,~" } }]);
  return server;
}

async function demo(): Promise<Server> {
  const fleet = await startDemoFleet({ clusters: 1 });
  onTestFinished(() => fleet.close());
  const [cluster] = fleet.clusters;
  return { url: cluster?.alertmanagerUrl ?? "", token: cluster?.token ?? "" };
}

const missing = process.env["REQUIRE_SERVICES"] === "1" ? [] : missingPrograms("prometheus-alertmanager");

describe.each([
  ["0.33, as recorded", () => recorded("0.33"), false],
  ["0.25, as recorded", () => recorded("0.25"), false],
  [`0.25, for real${missing.length > 0 ? ` (skipped: ${missing[0]} not found)` : ""}`, real, missing.length > 0],
  ["of the demo fleet", demo, false],
] as const)("An Alertmanager: %s", (_, start, skipped) => {
  it.skipIf(skipped)("answers as the client takes it to", async () => {
    const { url, token = null } = await start();
    const http = new UpstreamHttp(loopbackGuard());
    onTestFinished(() => http.close());
    const client = new AlertmanagerClient(http, { url, token, caCertificate: null });
    const options = { signal: new AbortController().signal, requestId: "contract" };
    const now = Date.now();
    const silence: NewSilence = {
      matchers: [{ name: "alertname", value: "GPUTemperatureHigh", isRegex: false, isEqual: true }],
      startsAt: new Date(now),
      endsAt: new Date(now + 3_600_000),
      createdBy: "ops",
      comment: "planned work",
    };
    const failing = async (call: Promise<unknown>): Promise<{ code: string; message: string }> =>
      await call.then(
        () => ({ code: "none", message: "" }),
        (error: { code: string; message: string }) => error,
      );

    const alerts = await client.alerts(options);
    expect(alerts.length).toBeGreaterThan(0);
    for (const { fingerprint, labels, startsAt, silencedBy, inhibitedBy } of alerts) {
      expect(fingerprint).toBe(fingerprintOf(labels));
      expect(Number.isNaN(startsAt.getTime())).toBe(false);
      expect([Array.isArray(silencedBy), Array.isArray(inhibitedBy)]).toEqual([true, true]);
    }
    expect(await client.status(options)).toEqual({ group: null, startedAt: expect.any(Date) });

    const id = await client.postSilence(silence, options);
    expect(await client.silence(id, options)).toMatchObject({
      id,
      state: "ACTIVE",
      createdBy: "ops",
      comment: "planned work",
      matchers: silence.matchers,
    });
    expect((await client.silences(options)).map((each) => each.id)).toContain(id);
    const longer = { ...silence, id, endsAt: new Date(now + 7_200_000), comment: "longer" };
    expect(await client.postSilence(longer, options)).toBe(id);
    const others = [{ name: "alertname", value: "Other", isRegex: false, isEqual: true }];
    const other = await client.postSilence({ ...longer, matchers: others }, options);
    expect(other).not.toBe(id);
    await client.expireSilence(id, options);
    await client.expireSilence(id, options);
    expect(await client.silence(id, options)).toMatchObject({ id, state: "EXPIRED" });

    expect((await failing(client.silence(UNKNOWN, options))).code).toBe("SILENCE_NOT_FOUND");
    expect((await failing(client.expireSilence(UNKNOWN, options))).code).toBe("SILENCE_NOT_FOUND");
    expect((await failing(client.postSilence({ ...silence, id: UNKNOWN }, options))).code).toBe("SILENCE_NOT_FOUND");
    const past = { ...silence, startsAt: new Date(now - 7_200_000), endsAt: new Date(now - 3_600_000) };
    expect(await failing(client.postSilence(past, options))).toMatchObject({
      code: "UPSTREAM_QUERY_FAILED",
      message: expect.stringMatching(/refuses: .*in the past/),
    });
    expect((await failing(client.postSilence({ ...silence, matchers: [] }, options))).code).toBe(
      "UPSTREAM_QUERY_FAILED",
    );
  });
});

describe.each(["0.25", "0.33"])("A notification of Alertmanager %s", (version) => {
  it.each([
    ["webhook-firing-DemoToggle", false],
    ["webhook-resolved-DemoToggle", true],
  ])("is read: %s", (name, resolved) => {
    const file = new URL(`../recordings/alertmanager-${version}/${name}.json`, import.meta.url);
    const { response } = JSON.parse(readFileSync(file, "utf8")) as { response: { body: unknown } };
    const { alerts, truncated } = NotificationBody.parse(response.body);
    expect(truncated).toBe(0);
    expect(alerts).toHaveLength(1);
    for (const { fingerprint, labels, endsAt } of alerts) {
      expect(fingerprint).toBe(fingerprintOf(labels));
      expect(endsAt !== null).toBe(resolved);
    }
  });
});
