import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { DemoFleet } from "../../demo/fleet.ts";
import {
  type ComposeProgress,
  composeReport,
  type ReportRequest,
} from "../../subgraphs/intelligence/reports/compose/index.ts";
import type { ReportModel, ReportType } from "../../subgraphs/intelligence/reports/model/report.ts";
import { contentTypeOf, fileNameOf, renderReport } from "../../subgraphs/intelligence/reports/render/index.ts";
import { systemClock } from "../../subgraphs/shared/kernel/clock.ts";
import { GraphAnswer } from "../../subgraphs/shared/kernel/graph.ts";
import { enrolledFleet } from "../support/demo.ts";
import { startGraph, type TestGraph } from "../support/graph.ts";
import { until } from "../support/until.ts";

const WEEK_MS = 7 * 86_400_000;
const EAST = "prod-east-1";
const FORMATS = ["HTML", "PDF", "MARKDOWN", "JSON"] as const;

describe("What reports are made of", () => {
  let graph: TestGraph;
  let fleet: DemoFleet;
  let operations: string[] = [];
  let steps: ComposeProgress[] = [];

  beforeAll(async () => {
    graph = await startGraph({ mode: "in one process", jobs: true, env: { AIOPS_ALERT_POLL_MS: "200" } });
    fleet = await enrolledFleet(graph, { clusters: 5 });
    const total = async (query: string) =>
      Object.values<{ total: number }>((await graph.ask(query)).data)[0]?.total ?? 0;
    await until(
      "the demo is online",
      async () => (await total("{ clusters(filter: { states: [ONLINE] }) { total } }")) === 5,
    );
    await until("alerts are known", async () => (await total("{ alerts { total } }")) > 5);
  });
  afterAll(async () => {
    await graph[Symbol.asyncDispose]();
    await fleet.close();
  });
  afterEach(async () => {
    await fleet.setFault(EAST, "prometheus", null);
    operations = [];
    steps = [];
  });

  async function composed(type: ReportType, over: Partial<ReportRequest> = {}, signal = AbortSignal.timeout(60_000)) {
    const end = systemClock.now();
    const request: ReportRequest = {
      id: "0199d5a2-7c7b-7000-8000-000000000001",
      title: `The fleet's week`,
      type,
      generatedBy: "test",
      range: { start: new Date(end.getTime() - WEEK_MS), end },
      clusterIds: [],
      parameters: { prices: [{ model: "NVIDIA H100 80GB HBM3", perHour: 2.5 }] },
      ...over,
    };
    const model = await composeReport(request, {
      ask: async (document, variables) => {
        operations.push(document);
        return GraphAnswer.parse(await graph.ask(document, variables));
      },
      clock: systemClock,
      progress: (progress) => steps.push(progress),
      signal,
    });
    const folder = process.env["REPORTS"];
    if (folder) {
      for (const format of FORMATS) {
        const bytes = await renderReport(model, format, { signal });
        await writeFile(join(folder, `${type}-${fileNameOf(model, format)}`), bytes);
      }
    }
    return model;
  }
  const gapsOf = ({ gaps }: ReportModel) => gaps.filter(({ code }) => code !== null);

  it("gathers a summary in a few operations, and tells how far it is", async () => {
    const report = await composed("EXECUTIVE_SUMMARY");
    expect(gapsOf(report)).toEqual([]);
    expect(report.scope.clusters.map(({ name }) => name)).toContain(EAST);
    expect(report.verdict.headline).toMatch(/critical alerts? fires?/);
    expect(report.impact.find(({ label }) => label === "Clusters online")).toMatchObject({ value: 5, tone: "GOOD" });
    expect(report.forecasts.length).toBeGreaterThan(5);
    expect(report.waste?.devices).toBe(23);
    expect(operations.length).toBeLessThanOrEqual(8);
    expect(steps.map(({ done }) => done)).toEqual(steps.map((_, i) => i));
    expect(steps.every(({ done, total }) => done < total)).toBe(true);
  });

  it("names for every table and chart the query it came from, and when that was asked", async () => {
    const report = await composed("DETAILED_ANALYSIS");
    expect(gapsOf(report)).toEqual([]);
    const { tables, charts, provenance } = report;
    const ids = new Set(provenance.queries.map(({ id }) => id));
    for (const { title, query } of [...tables, ...charts]) expect(ids, title).toContain(query);
    for (const { graphql, askedAt } of provenance.queries) {
      expect(graphql).toContain("query ");
      expect(Math.abs(Date.parse(askedAt) - Date.now())).toBeLessThan(60_000);
    }
    const cpu = provenance.queries.find(({ what }) => what === "CPU used");
    expect(cpu?.promql).toMatch(/^1 - avg\(rate\(node_cpu_seconds_total/);
    const again = await graph.ask(cpu?.graphql ?? "", cpu?.variables);
    expect(again.data.metrics.results).toHaveLength(5);
  });

  it("says of a cluster that does not answer what is missing, and why", async () => {
    await fleet.setFault(EAST, "prometheus", "refuse");
    const end = systemClock.now();
    // Not the time of another test, whose answers are kept for a while.
    const range = { start: new Date(end.getTime() - WEEK_MS / 2), end };
    const report = await composed("CAPACITY_PLAN", { range });
    const gaps = gapsOf(report);
    expect(gaps.map(({ what }) => what)).toContain("CPU used");
    expect(new Set(gaps.flatMap(({ clusters }) => clusters))).toEqual(new Set([EAST]));
    expect(report.forecasts.map(({ cluster }) => cluster)).not.toContain(EAST);
    expect(report.forecasts.length).toBeGreaterThan(5);
    expect(report.verdict.confidence).toMatch(/1 of 5 clusters did not answer/);
    expect(report.actions.map(({ title }) => title)).toContain("Find out why clusters did not answer");
  });

  it("tells of an alert what belongs to it", async () => {
    const { data } = await graph.ask(`{ alerts(filter: { severities: [CRITICAL, WARNING], clusterIds: [] }) {
      items { id alertname clusterName namespace } } }`);
    // Of a cluster that no test has broken: who failed just now rests for a while.
    const alert = data.alerts.items.find(
      (each: { namespace: string | null; clusterName: string }) => each.namespace !== null && each.clusterName !== EAST,
    );
    const report = await composed("INCIDENT_REPORT", { parameters: { alertId: alert.id } });
    expect(report.verdict.headline).toContain(alert.alertname);
    expect(report.scope.clusters.map(({ name }) => name)).toEqual([alert.clusterName]);
    expect(report.timeline.map(({ title }) => title).join()).toContain(alert.alertname);
    expect(report.tables.map(({ title }) => title)).toContain("Log lines around its beginning");
    expect(report.charts.map(({ title }) => title)).toContain("CPU of its namespace's pods, in cores");
  });

  it("tells the ranked causes of an analysis, and what speaks for them", async () => {
    const { data } = await graph.ask(`{ alerts(filter: { alertnames: ["KubePodCrashLooping"] }) { items { id } } }`);
    const alertId = data.alerts.items[0].id;
    const found = await graph.ask(
      `mutation ($input: FindRootCauseInput!) { findRootCause(input: $input, waitSeconds: 30) { id status causes { rank } } }`,
      { input: { alertId } },
    );
    expect(found.errors).toBeUndefined();
    const { id, status, causes } = found.data.findRootCause;
    expect(status).toBe("COMPLETE");
    const report = await composed("INCIDENT_REPORT", { parameters: { alertId, analysisId: id } });
    expect(report.causes.map(({ rank }) => rank)).toEqual(
      causes.slice(0, 10).map(({ rank }: { rank: number }) => rank),
    );
    expect(report.causes[0]?.evidence.length).toBeGreaterThan(0);
    const { causes: ofAlert } = await composed("INCIDENT_REPORT", { parameters: { alertId } });
    expect(ofAlert).toEqual(report.causes);
  });

  it("has no alert, no cluster and no analysis to tell of where none may be seen", async () => {
    const nobody = "00000000-0000-4000-8000-000000000000";
    const report = await composed("INCIDENT_REPORT", { parameters: { alertId: nobody, analysisId: nobody } });
    expect(report.gaps).toContainEqual(
      expect.objectContaining({ code: "ALERT_NOT_FOUND", reason: "There is no such alert to be seen." }),
    );
    expect(report.causes).toEqual([]);
    expect(report.gaps.map(({ what }) => what)).toContain("Root cause");
    await expect(composed("EXECUTIVE_SUMMARY", { clusterIds: [nobody] })).resolves.toMatchObject({
      verdict: { tone: "UNKNOWN" },
      scope: { clusters: [] },
    });
  });

  it("stops where nobody waits for it any more", async () => {
    const controller = new AbortController();
    const asked = composed("CAPACITY_PLAN", {}, controller.signal);
    await until("it asks", async () => operations.length > 1);
    controller.abort(new Error("enough"));
    await expect(asked).rejects.toThrow("enough");
    const count = operations.length;
    expect(count).toBeLessThan(10);
  });

  it("is drawn in every format", async () => {
    const report = await composed("EXECUTIVE_SUMMARY");
    for (const format of FORMATS) {
      const bytes = await renderReport(report, format, { signal: AbortSignal.timeout(30_000) });
      expect(bytes.length, format).toBeGreaterThan(5000);
      expect(contentTypeOf(format)).toContain("/");
    }
  });
});
