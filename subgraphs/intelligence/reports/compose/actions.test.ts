import { describe, expect, it } from "vitest";
import type { Gap } from "../model/report.ts";
import { actionsOf } from "./actions.ts";
import type { Usage } from "./capacity.ts";
import { type Findings, NOTHING } from "./findings.ts";
import type { FleetCluster } from "./fleet.ts";
import { figuresOf, verdictOf } from "./verdict.ts";

const NOW = new Date("2026-11-23T12:00:00Z");

const cluster = (name: string, over: Partial<FleetCluster> = {}): FleetCluster => ({
  id: name,
  name,
  clusterType: "SPOKE",
  environment: "LAB",
  platform: "KUBERNETES",
  status: { state: "ONLINE", healthScore: 100 },
  ...over,
});
const usage = (name: string, days: number | null): Usage => ({
  cluster: name,
  resource: "FILESYSTEM",
  points: [],
  outlook: {
    status: days === null ? "NOT_FILLING" : "FILLING",
    reason: null,
    level: 0.8,
    perDay: { low: 0.01, value: 0.01, high: 0.01 },
    daysToFull: days === null ? null : { soonest: days - 1, expected: days, latest: null },
    points: 100,
    expected: [],
  },
});
const alert = (over: Partial<NonNullable<Findings["active"]>["items"][number]> = {}) => ({
  id: "a",
  clusterName: "hub",
  alertname: "Down",
  severity: "CRITICAL",
  state: "FIRING",
  startsAt: "2026-11-23T10:00:00Z",
  annotations: {},
  silencedBy: [],
  ...over,
});
const counts = { critical: 3, warning: 0, names: [], namesMore: 0 };
const ended = (expiresAt: string) => ({ credentials: { expiresAt } });

const found = (over: Partial<Findings>): Findings => ({ ...NOTHING, clusters: [cluster("hub")], ...over });
const asked = (over: Partial<Findings>, gaps: readonly Gap[] = []) =>
  actionsOf({ findings: found(over), gaps, now: NOW }).map(({ priority, title, evidence }) => ({
    priority,
    title,
    evidence,
  }));

describe("actions", () => {
  it("are none where no rule asks for any", () => {
    expect(asked({ usage: [usage("hub", null), usage("hub", 31)], active: { items: [], total: 0 } })).toEqual([]);
  });

  it("ask for critical alerts that are neither acknowledged nor silenced, and for no other", () => {
    const items = [
      alert(),
      alert({ id: "b", acknowledgement: { owner: "ada", at: "" } }),
      alert({ id: "c", silencedBy: ["s"] }),
      alert({ id: "d", severity: "WARNING" }),
    ];
    expect(asked({ active: { items, total: 4 } })).toEqual([
      {
        priority: 1,
        title: "Take care of critical alerts that nobody has",
        evidence: ["Down in hub, since 2026-11-23 10:00"],
      },
    ]);
  });

  it("ask for room by how soon it is needed", () => {
    const actions = asked({ usage: [usage("soon", 13.9), usage("later", 14), usage("never", 30)] });
    expect(actions.map(({ priority, evidence }) => [priority, evidence[0]?.split(",")[0]])).toEqual([
      [1, "soon"],
      [2, "later"],
    ]);
    expect(actions[0]?.evidence[0]).toBe(
      "soon, fullest filesystem: full in 13.9 days (between 12.9 and no end), 80 % in use at its daily peak",
    );
  });

  it("ask for credentials that end, those at once that have", () => {
    const clusters = [
      cluster("gone", ended("2026-11-22T00:00:00Z")),
      cluster("soon", ended("2026-12-01T00:00:00Z")),
      cluster("fine", ended("2027-12-01T00:00:00Z")),
      cluster("untold", { credentials: { expiresAt: null } }),
    ];
    expect(asked({ clusters })).toEqual([
      { priority: 1, title: "Rotate credentials of clusters", evidence: ["gone: ended 2026-11-22 00:00"] },
      { priority: 2, title: "Rotate credentials of clusters", evidence: ["soon: end 2026-12-01 00:00"] },
    ]);
  });

  it("name each cluster that did not answer once, and none that lacks a metric", () => {
    const gaps: Gap[] = [
      { what: "CPU used", reason: "Refused.", code: "UPSTREAM_UNREACHABLE", clusters: ["hub"] },
      { what: "Memory used", reason: "Refused.", code: "UPSTREAM_UNREACHABLE", clusters: ["hub"] },
      { what: "Fullest volume", reason: "No such metrics.", code: null, clusters: ["east"] },
    ];
    expect(asked({}, gaps)).toEqual([
      { priority: 2, title: "Find out why clusters did not answer", evidence: ["hub: CPU used: Refused."] },
    ]);
  });
});

describe("a verdict", () => {
  const gap: Gap = { what: "CPU used", reason: "Refused.", code: "UPSTREAM_UNREACHABLE", clusters: ["hub"] };
  const two = [cluster("hub"), cluster("east")];

  it("is good only of what was answered in full", () => {
    expect(verdictOf(found({ clusters: two }), []).tone).toBe("GOOD");
    expect(verdictOf(found({ clusters: two }), [gap])).toMatchObject({
      tone: "WATCH",
      confidence: expect.stringContaining("1 of 2 clusters did not answer"),
    });
    expect(verdictOf(found({}), [gap]).tone).toBe("UNKNOWN");
    expect(verdictOf(found({ clusters: [] }), []).tone).toBe("UNKNOWN");
  });

  it("is the worst of what was found", () => {
    const clusters = [cluster("hub", { status: { state: "OFFLINE", lastError: "refused" } }), cluster("east")];
    expect(verdictOf(found({ clusters }), [])).toMatchObject({
      tone: "BAD",
      headline: "1 of 2 clusters online, 1 offline.",
    });
    expect(verdictOf(found({ counts, active: { items: [alert()], total: 1 } }), []).headline).toBe(
      "3 critical alerts fire, 1 of them unacknowledged, and 0 warnings.",
    );
  });

  it("has unknown figures, and no zeros, where nothing could be had", () => {
    const figures = figuresOf(found({ clusters: [cluster("hub", { status: { state: "UNKNOWN" } })] }), [gap]);
    expect(figures.find(({ label }) => label === "Critical alerts")).toMatchObject({ value: null, tone: "UNKNOWN" });
    expect(figures.find(({ label }) => label === "Mean health score")).toMatchObject({ value: null, tone: "UNKNOWN" });
  });
});
