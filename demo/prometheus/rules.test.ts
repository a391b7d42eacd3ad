import { describe, expect, it } from "vitest";
import { z } from "zod";
import { clusterSpec } from "../catalogue.ts";
import { call } from "../testing/call.ts";
import { lacking, recording } from "../testing/recordings.ts";
import { buildWorld } from "../world/world.ts";
import { prometheusHandler } from "./api.ts";

const NOW = Date.UTC(2026, 10, 22, 22, 1, 2);
const world = buildWorld(clusterSpec(1, 4));
const handler = prometheusHandler(world);
const ask = (path: string) => call(handler, path, { now: NOW });

const groups = z.object({
  data: z.object({
    groups: z.array(
      z.object({
        name: z.string(),
        rules: z.array(z.object({ name: z.string(), state: z.string(), alerts: z.array(z.unknown()).optional() })),
      }),
    ),
  }),
});
const rules = (query = "") =>
  groups.parse(ask(`/api/v1/rules${query}`).data).data.groups.flatMap((group) => group.rules);
const alerts = z.object({
  data: z.object({
    alerts: z.array(
      z.object({
        labels: z.record(z.string(), z.string()),
        state: z.string(),
        activeAt: z.string(),
        value: z.string(),
      }),
    ),
  }),
});

describe("answers like the recorded ones", () => {
  it.each(["rules-bad-type", "rules", "rules-filtered-by-name", "alerts"])("%s", (name) => {
    const real = recording("prometheus-3.5", name);
    const ours = ask(real.path.replace("TargetDown", "Watchdog"));
    expect([ours.status, ours.contentType]).toEqual([real.status, real.contentType]);
    expect(lacking(real.answer, ours.data)).toEqual([]);
    expect(lacking(ours.data, real.answer)).toEqual([]);
  });
});

describe("rules", () => {
  it("are in the state of their alerts, which may be left out", () => {
    const state = Object.fromEntries(rules().map(({ name, state: is }) => [name, is]));
    expect(state).toMatchObject({
      Watchdog: "firing",
      GPUXIDErrors: "firing",
      CheckoutErrorRateHigh: "inactive",
      NodeFilesystemSpaceFillingUp: "pending",
    });
    expect(rules("?exclude_alerts=true").every((rule) => rule.alerts === undefined)).toBe(true);
  });

  it("are filtered by name, group and type", () => {
    expect(rules("?rule_name[]=Watchdog&rule_name[]=KubeJobFailed").map(({ name }) => name)).toEqual([
      "Watchdog",
      "KubeJobFailed",
    ]);
    expect(rules("?rule_group[]=gpu").map(({ name }) => name)).toEqual(["GPUXIDErrors"]);
    expect(rules("?type=record")).toEqual([]);
    expect(rules("?type=alert")).toHaveLength(rules().length);
    expect(rules("?file[]=other.yaml")).toEqual([]);
  });
});

describe("alerts", () => {
  it("are the active ones, without the labels that only Alertmanager sees", () => {
    const listed = alerts.parse(ask("/api/v1/alerts").data).data.alerts;
    expect(listed).toHaveLength(world.alerts.active(NOW / 1000).length);
    const xid = listed.find(({ labels }) => labels["alertname"] === "GPUXIDErrors");
    expect(xid).toMatchObject({
      state: "firing",
      value: "7.9e+01",
      labels: { severity: "critical", node: "lab-gpu-1-gpu-0" },
    });
    expect(xid?.labels).not.toHaveProperty("cluster");
    expect(listed.find(({ labels }) => labels["alertname"] === "Watchdog")?.value).toBe("1e+00");
  });
});
