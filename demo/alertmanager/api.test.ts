import { describe, expect, it } from "vitest";
import { z } from "zod";
import { clusterSpec } from "../catalogue.ts";
import { call } from "../testing/call.ts";
import { lacking, recording } from "../testing/recordings.ts";
import { buildWorld } from "../world/world.ts";
import { alertmanagerHandler } from "./api.ts";
import { fingerprint } from "./fingerprint.ts";

const NOW = Date.UTC(2026, 10, 22, 21, 50, 17);
const JSON_TYPE = { "content-type": "application/json" };
const world = buildWorld(clusterSpec(1, 0));
const fresh = () => alertmanagerHandler(world);
const handler = fresh();

const alert = z.object({
  labels: z.record(z.string(), z.string()),
  annotations: z.record(z.string(), z.string()),
  fingerprint: z.string(),
  receivers: z.array(z.object({ name: z.string() })),
  startsAt: z.string(),
  updatedAt: z.string(),
  endsAt: z.string(),
  status: z.object({ state: z.string(), silencedBy: z.array(z.string()), inhibitedBy: z.array(z.string()) }),
});

function send(of: typeof handler, path: string, options: { method?: string; body?: unknown; now?: number } = {}) {
  const { method = "GET", body, now = NOW } = options;
  const form = body === undefined ? {} : { form: typeof body === "string" ? body : JSON.stringify(body) };
  return call(of, path, { method, now, ...form, headers: body === undefined ? {} : JSON_TYPE });
}
const alerts = (of: typeof handler, query = "", now = NOW) =>
  z.array(alert).parse(send(of, `/api/v2/alerts${query}`, { now }).data);
const names = (of: typeof handler, query = "") => alerts(of, query).map(({ labels }) => labels["alertname"]);

describe("answers like the recorded ones", () => {
  it.each([
    "ready",
    "healthy",
    "not-found-api",
    "method-not-allowed",
    "v1-gone",
    "receivers",
    "alerts-bad-filter",
    "alerts-empty",
    "silence-get-bad-id",
    "silence-get-missing",
  ])("%s, to the letter", (name) => {
    const real = recording("alertmanager-0.33", name);
    const ours = call(handler, real.path, { method: real.method, now: NOW });
    expect([ours.status, ours.contentType || undefined, ours.data]).toEqual([
      real.status,
      real.contentType,
      real.answer,
    ]);
  });

  it.each([
    "alerts",
    "alerts-bad-bool",
    "alerts-filtered",
    "alerts-inhibited",
    "alert-groups",
    "alert-groups-filtered",
    "status",
  ])("the shape of %s", (name) => {
    const real = recording("alertmanager-0.33", name);
    const ours = call(handler, real.path.replace("GPU", "Checkout").replace("TargetDown", "Watchdog"), { now: NOW });
    expect([ours.status, ours.contentType]).toEqual([real.status, real.contentType]);
    expect(lacking(real.answer, ours.data)).toEqual([]);
    expect(lacking(ours.data, real.answer)).toEqual([]);
  });

  const matchers = [{ name: "a", value: "b", isRegex: false }];
  const times = { startsAt: "2026-11-22T21:50:17.000Z", endsAt: "2026-11-22T21:51:17.000Z" };
  const who = { createdBy: "ops", comment: "x" };

  it.each<[string, unknown]>([
    ["silence-create-bad-json", "{"],
    ["silence-create-end-before-start", { matchers, startsAt: times.endsAt, endsAt: times.startsAt, ...who }],
    [
      "silence-create-ended-in-past",
      { matchers, startsAt: "2026-11-22T21:48:17Z", endsAt: "2026-11-22T21:49:17Z", ...who },
    ],
    ["silence-create-match-all", { matchers: [{ name: "a", value: ".*", isRegex: true }], ...times, ...who }],
    ["silence-create-missing-field", { ...times, ...who }],
    ["silence-create-no-matchers", { matchers: [], ...times, ...who }],
    ["silence-update-unknown-id", { id: "00000000-0000-4000-8000-000000000000", matchers, ...times, ...who }],
  ])("%s, to the letter", (name, body) => {
    const real = recording("alertmanager-0.33", name);
    const ours = send(fresh(), real.path, { method: "POST", body });
    expect([ours.status, ours.contentType, ours.data]).toEqual([real.status, real.contentType, real.answer]);
  });

  it.each([
    ["silence-create", who],
    ["silence-create-empty-comment", { createdBy: "", comment: "" }],
  ])("the shape of %s", (name, by) => {
    const real = recording("alertmanager-0.33", name);
    const ours = send(fresh(), real.path, { method: "POST", body: { matchers, ...times, ...by } });
    expect([ours.status, ours.contentType]).toEqual([real.status, real.contentType]);
    expect([lacking(real.answer, ours.data), lacking(ours.data, real.answer)]).toEqual([[], []]);
  });

  it("silence-create-wrong-content-type and silence-expire-missing, to the letter", () => {
    const wrong = recording("alertmanager-0.33", "silence-create-wrong-content-type");
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const ours = call(handler, wrong.path, { method: "POST", form: "x=1", headers });
    expect([ours.status, ours.data]).toEqual([wrong.status, wrong.answer]);
    const missing = recording("alertmanager-0.33", "silence-expire-missing");
    expect(call(handler, missing.path, { method: "DELETE" })).toMatchObject({ status: missing.status, body: "" });
  });

  it("the fingerprints that Prometheus and Alertmanager give", () => {
    const recorded = z.array(alert).parse(recording("alertmanager-0.33", "alerts").answer);
    expect(recorded.length).toBeGreaterThan(5);
    for (const one of recorded) expect(fingerprint(one.labels)).toBe(one.fingerprint);
  });
});

describe("alerts", () => {
  it("are those that fire in the world, under the cluster's name", () => {
    const listed = alerts(handler);
    expect(listed.map((one) => one.fingerprint)).toEqual(listed.map((one) => one.fingerprint).sort());
    const firing = world.alerts.active(NOW / 1000).filter(({ firedAt }) => firedAt !== undefined);
    expect(new Set(listed.map(({ labels }) => labels["alertname"]))).toEqual(
      new Set(firing.map(({ rule }) => rule.name)),
    );
    expect(listed).toHaveLength(firing.length);
    for (const one of listed) {
      expect(one.labels["cluster"]).toBe("hub-eu-1");
      expect(Date.parse(one.startsAt)).toBeLessThanOrEqual(NOW);
      expect(Date.parse(one.updatedAt)).toBeLessThanOrEqual(NOW);
      expect(Date.parse(one.endsAt)).toBeGreaterThan(NOW);
    }
    expect(listed.map(({ labels }) => labels["alertname"])).not.toContain("NodeFilesystemSpaceFillingUp");
  });

  it("go to the receiver that the routes say, and are grouped by name", () => {
    expect(names(handler, "?receiver=null")).toEqual(["Watchdog"]);
    expect(names(handler, "?receiver=crit.*")).toEqual(["CheckoutErrorRateHigh"]);
    expect(send(handler, "/api/v2/alerts?receiver=(").status).toBe(400);
    const groups = z
      .array(
        z.object({
          labels: z.record(z.string(), z.string()),
          receiver: z.object({ name: z.string() }),
          alerts: z.array(alert),
        }),
      )
      .parse(send(handler, "/api/v2/alerts/groups").data);
    for (const group of groups) {
      for (const one of group.alerts) expect(one.labels["alertname"]).toBe(group.labels["alertname"]);
    }
    expect(groups.map(({ labels }) => labels["alertname"])).toContain("Watchdog");
  });

  it("are inhibited by a critical one about the same, and filtered by their state", () => {
    const [critical] = alerts(handler, '?filter=alertname="CheckoutErrorRateHigh"');
    const [inhibited] = alerts(handler, '?filter=alertname="CheckoutLatencyHigh"');
    expect(inhibited?.status).toMatchObject({ state: "suppressed", inhibitedBy: [critical?.fingerprint] });
    expect(names(handler, "?inhibited=false")).not.toContain("CheckoutLatencyHigh");
    expect(names(handler, "?active=false")).toEqual(["CheckoutLatencyHigh"]);
    expect(names(handler, '?filter=severity=~"crit.*|none"&filter=alertname!=Watchdog')).toEqual([
      "CheckoutErrorRateHigh",
    ]);
    expect(names(handler, '?filter=namespace=""&filter=severity!~"info|none"')).toEqual(["NodeMemoryPressure"]);
  });
});

describe("silences", () => {
  const silence = (name: string, more: Record<string, unknown> = {}) => ({
    matchers: [{ name: "alertname", value: name, isRegex: false, isEqual: true }],
    startsAt: new Date(NOW).toISOString(),
    endsAt: new Date(NOW + 3_600_000).toISOString(),
    createdBy: "ops",
    comment: "planned work",
    ...more,
  });
  const post = (of: typeof handler, body: unknown, now = NOW) =>
    z.object({ silenceID: z.string() }).parse(send(of, "/api/v2/silences", { method: "POST", body, now }).data)
      .silenceID;
  const listed = z.array(
    z.object({ id: z.string(), status: z.object({ state: z.string() }), startsAt: z.string(), endsAt: z.string() }),
  );
  const states = (of: typeof handler, now = NOW) =>
    listed.parse(send(of, "/api/v2/silences", { now }).data).map(({ id, status }) => [id, status.state]);

  it("suppress, until they expire or end", () => {
    const of = fresh();
    const id = post(of, silence("CheckoutErrorRateHigh"));
    const find = (now = NOW) => alerts(of, '?filter=alertname="CheckoutErrorRateHigh"', now)[0]?.status;
    expect(find()).toEqual({ state: "suppressed", silencedBy: [id], inhibitedBy: [] });
    expect(names(of, "?silenced=false")).not.toContain("CheckoutErrorRateHigh");
    const real = recording("alertmanager-0.33", "alerts-silenced");
    expect(lacking(real.answer, send(of, real.path).data)).toEqual([]);
    expect(find(NOW + 3_600_000)?.state).toBe("active");
    expect(send(of, `/api/v2/silence/${id}`, { method: "DELETE" }).status).toBe(200);
    expect(send(of, `/api/v2/silence/${id}`, { method: "DELETE" }).status).toBe(200);
    expect(find()?.state).toBe("active");
    expect(states(of)).toEqual([[id, "expired"]]);
  });

  it("look like the recorded ones, active ones first", () => {
    const of = fresh();
    const later = post(of, silence("A", { startsAt: new Date(NOW + 60_000).toISOString() }));
    const now = post(of, silence("B"));
    const gone = post(of, silence("C"));
    send(of, `/api/v2/silence/${gone}`, { method: "DELETE" });
    expect(states(of)).toEqual([
      [now, "active"],
      [later, "pending"],
      [gone, "expired"],
    ]);
    for (const [name, path] of [
      ["silences", "/api/v2/silences"],
      ["silence-get", `/api/v2/silence/${now}`],
    ] as const) {
      const real = recording("alertmanager-0.33", name);
      const ours = send(of, path);
      expect([ours.status, ours.contentType]).toEqual([real.status, real.contentType]);
      expect(lacking(real.answer, ours.data)).toEqual([]);
      expect(lacking(ours.data, real.answer)).toEqual([]);
    }
    expect(listed.parse(send(of, '/api/v2/silences?filter=alertname="B"').data).map(({ id }) => id)).toEqual([now]);
  });

  it("keep their id while only their times change; else they expire and another one begins", () => {
    const of = fresh();
    const id = post(of, silence("A"));
    expect(post(of, silence("A", { id, endsAt: new Date(NOW + 7_200_000).toISOString() }), NOW + 1000)).toBe(id);
    expect(listed.parse(send(of, "/api/v2/silences").data)).toMatchObject([
      { id, endsAt: new Date(NOW + 7_200_000).toISOString() },
    ]);
    const next = post(of, silence("Other", { id }), NOW + 2000);
    expect(next).not.toBe(id);
    expect(states(of, NOW + 2000)).toEqual([
      [next, "active"],
      [id, "expired"],
    ]);
  });

  it("may negate and match by expressions, and refuse broken ones", () => {
    const of = fresh();
    const matchers = [
      { name: "alertname", value: ".+", isRegex: true },
      { name: "severity", value: "critical", isRegex: false, isEqual: false },
    ];
    post(of, silence("", { matchers }));
    expect(names(of, "?silenced=false")).toEqual(["CheckoutErrorRateHigh"]);
    const broken = silence("", { matchers: [{ name: "a", value: "(", isRegex: true }] });
    expect(send(of, "/api/v2/silences", { method: "POST", body: broken }).status).toBe(400);
  });

  it("are a bounded number", () => {
    const of = fresh();
    for (let i = 0; i < 1010; i++) post(of, silence(`A${i}`));
    expect(states(of)).toHaveLength(1000);
  });
});
