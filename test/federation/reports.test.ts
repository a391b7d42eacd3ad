import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { DemoFleet } from "../../demo/fleet.ts";
import { enrolledFleet } from "../support/demo.ts";
import { type Answer, startGraph, type TestGraph } from "../support/graph.ts";
import { HOSTILE } from "../support/hostile.ts";
import { describeModes } from "../support/modes.ts";
import { until } from "../support/until.ts";

const ADMIN = "admin-token-of-the-test";
const OPERATOR = "operator-token-of-the-test";
const VIEWER = "viewer-token-of-the-test";
const SCOPED = "scoped-token-of-the-test";
const STRANGER = "stranger-token-of-the-test";
const NOBODY = "00000000-0000-4000-8000-000000000000";
const EAST = "prod-east-1";
const TOKENS = JSON.stringify([
  { token: ADMIN, user: "ann", roles: ["admin"] },
  { token: OPERATOR, user: "oda", roles: ["operator"] },
  { token: VIEWER, user: "vic", roles: ["viewer"] },
  { token: SCOPED, user: "sam", roles: ["admin"], scope: { labelSelector: "team=sam" } },
  { token: STRANGER, user: "ann", roles: ["admin"], tenant: "elsewhere" },
]);
const TYPES = ["EXECUTIVE_SUMMARY", "DETAILED_ANALYSIS", "INCIDENT_REPORT", "CAPACITY_PLAN"] as const;
const BEGINNINGS = { HTML: "<!doctype html>", PDF: "%PDF-1.", MARKDOWN: "# ", JSON: "{" } as const;
const REPORT = `id title reportType format status clusterScope clusters { name } timeRange { start end } parameters generatedBy
  owner scheduleId progress { step done total } error downloadUrl storagePath sizeBytes sha256 createdAt finishedAt expiresAt`;
const SCHEDULE = `id name title reportType format selector parameters cron timeZone range retentionDays enabled createdBy
  nextRunAt lastRunAt lastError`;

await describeModes("Reports", (mode) => {
  let graph: TestGraph;
  let fleet: DemoFleet;
  let clusters: { id: string; name: string }[];
  const streams: AsyncIterableIterator<Answer>[] = [];

  beforeAll(async () => {
    graph = await startGraph({ mode, jobs: true, env: { AIOPS_API_TOKENS: TOKENS, AIOPS_ALERT_POLL_MS: "200" } });
    fleet = await enrolledFleet(graph, { clusters: 5 });
    await until("the demo is online, and its alerts are known", async () => {
      const { data } = await ask(`{ clusters(filter: { states: [ONLINE] }) { total } alerts { total } }`);
      return data.clusters.total === 5 && data.alerts.total > 5;
    });
    clusters = (await ask(`{ clusters(orderBy: { field: NAME }) { items { id name } } }`)).data.clusters.items;
  });
  afterEach(async () => {
    for (const stream of streams.splice(0)) await stream.return?.();
    await fleet.setFault(EAST, "prometheus", null);
  });
  afterAll(async () => {
    await graph[Symbol.asyncDispose]();
    await fleet.close();
  });

  const ask = (query: string, variables = {}, token = ADMIN) => graph.ask(query, variables, { token });
  const generate = (input: object, token = ADMIN) =>
    ask(`mutation ($input: GenerateReportInput!) { generateReport(input: $input) { ${REPORT} } }`, { input }, token);
  const one = async (id: string, token = ADMIN) =>
    await ask(`query ($id: UUID!) { report(id: $id) { ${REPORT} } }`, { id }, token);
  const done = (id: string) =>
    until(
      "the report is over",
      async () => {
        const { report } = (await one(id)).data;
        return ["QUEUED", "RUNNING"].includes(report.status) ? null : report;
      },
      60_000,
    );
  const made = async (input: object, token = ADMIN) => {
    const { data, errors } = await generate(input, token);
    expect(errors).toBeUndefined();
    const report = await done(data.generateReport.id);
    expect(report.error).toBeNull();
    expect(report.status).toBe("READY");
    return report;
  };
  const download = (path: string, { token = ADMIN, headers = {} }: { token?: string; headers?: object } = {}) =>
    fetch(graph.url + path, { headers: { authorization: `Bearer ${token}`, ...headers } });
  const json = async (report: { downloadUrl: string }) => await (await download(report.downloadUrl)).json();
  const codes = ({ errors = [] }: Answer) => errors.map(({ extensions }) => extensions["code"]);
  const idOf = (name: string): string => clusters.find((cluster) => cluster.name === name)?.id ?? "";

  // How each type looks in each format has nothing to do with where it is made.
  const formats = Object.entries(BEGINNINGS);
  it.each(
    TYPES.flatMap((reportType, index) =>
      formats
        .filter((_, at) => mode === "in one process" || at === index)
        .map(([format, begins]) => ({ reportType, format, begins })),
    ),
  )(
    "makes $reportType as $format, to be downloaded from the gateway",
    async ({ reportType, format, begins }) => {
      const report = await made({ reportType, format });
      expect(report).toMatchObject({
        reportType,
        format,
        generatedBy: "ann",
        owner: "ann",
        scheduleId: null,
        progress: null,
      });
      expect(report.clusters).toHaveLength(5);
      const answer = await download(report.downloadUrl);
      expect(answer.status).toBe(200);
      const bytes = Buffer.from(await answer.arrayBuffer());
      expect(bytes.subarray(0, begins.length).toString().toLowerCase()).toBe(begins.toLowerCase());
      expect(bytes.length).toBe(report.sizeBytes);
      expect(createHash("sha256").update(bytes).digest("hex")).toBe(report.sha256);
    },
    90_000,
  );

  const gone = async (id: string, token: string): Promise<void> => {
    for (const operation of [
      `query ($id: UUID!) { report(id: $id) { id } }`,
      `mutation ($id: UUID!) { cancelReport(id: $id) { id } }`,
      `mutation ($id: UUID!) { deleteReport(id: $id) { id } }`,
    ])
      expect(codes(await ask(operation, { id }, token)), operation).toEqual(["REPORT_NOT_FOUND"]);
    const { data } = await ask(`{ reports(pageSize: 100) { items { id } } }`, {}, token);
    expect(data.reports.items.map((report: { id: string }) => report.id)).not.toContain(id);
    const [there, never] = await Promise.all([id, NOBODY].map((each) => download(`/reports/${each}`, { token })));
    expect([there?.status, never?.status]).toEqual([404, 404]);
    expect((await there?.text())?.replaceAll(id, "")).toBe((await never?.text())?.replaceAll(NOBODY, ""));
    const [first] = await followed(follow(id, token));
    expect(codes(first ?? { data: null })).toEqual(["REPORT_NOT_FOUND"]);
  };
  const follow = (id: string, token = ADMIN): AsyncIterableIterator<Answer> => {
    const stream = graph.subscribe(
      `subscription ($id: UUID!) { reportProgress(id: $id) { status progress { step done total } downloadUrl } }`,
      { id },
      { token },
    );
    streams.push(stream);
    return stream;
  };
  /** All of it; a stream that is refused is one answer with the reason. */
  async function followed(stream: AsyncIterableIterator<Answer>): Promise<Answer[]> {
    const items: Answer[] = [];
    try {
      for await (const item of stream) items.push(item);
    } catch (errors) {
      items.push({ data: null, errors: errors as NonNullable<Answer["errors"]> });
    }
    return items;
  }
  const labelled = async (name: string, team: string): Promise<void> => {
    const { errors } = await ask(
      `mutation ($id: UUID!) { updateCluster(id: $id, input: { labels: { team: "${team}" } }) { id } }`,
      { id: idOf(name) },
    );
    expect(errors).toBeUndefined();
  };

  it("is its owner's and the administrators', and looks to everybody else as if it were not there", async () => {
    const report = await made({ reportType: "EXECUTIVE_SUMMARY", format: "JSON" }, VIEWER);
    expect(report).toMatchObject({ owner: "vic", generatedBy: "vic" });
    for (const token of [VIEWER, ADMIN]) {
      expect((await one(report.id, token)).data.report.status).toBe("READY");
      expect((await download(report.downloadUrl, { token })).status).toBe(200);
    }
    for (const token of [OPERATOR, SCOPED, STRANGER]) await gone(report.id, token);
    expect((await download(report.downloadUrl, { token: "nobody" })).status).toBe(401);
  });

  it("is read only by who may see every cluster that it tells of, also later", async () => {
    const [seen = "", other = ""] = clusters.map(({ name }) => name).filter((name) => name !== EAST);
    await labelled(seen, "sam");
    const clusterIds = [idOf(seen)];
    const own = await made({ reportType: "EXECUTIVE_SUMMARY", format: "JSON", clusterIds }, SCOPED);
    expect((await json(own)).scope.clusters.map(({ name }: { name: string }) => name)).toEqual([seen]);
    const all = await made({ reportType: "EXECUTIVE_SUMMARY", format: "JSON" }, SCOPED);
    expect(all.clusterScope).toEqual(clusterIds);
    const both = { reportType: "EXECUTIVE_SUMMARY", format: "JSON", clusterIds: [idOf(seen), idOf(other)] };
    expect(codes(await generate(both, SCOPED))).toEqual(["CLUSTER_NOT_FOUND"]);
    const ofBoth = await made(both);
    await gone(ofBoth.id, SCOPED);
    expect((await download(own.downloadUrl, { token: SCOPED })).status).toBe(200);
    const [listed] = (await ask(`{ reports(pageSize: 100) { total items { id } } }`, {}, SCOPED)).data.reports.items;
    expect(listed.id).toBe(all.id);
    await labelled(seen, "others");
    await gone(own.id, SCOPED);
    expect((await ask(`{ reports { total } }`, {}, SCOPED)).data.reports.total).toBe(0);
  });

  it("is downloaded as a file, or looked at harmlessly, and that is on record", async () => {
    const report = await made({
      reportType: "EXECUTIVE_SUMMARY",
      title: `Über "all"; \u202e<b>x</b>`,
      clusterIds: [idOf(EAST)],
    });
    const { headers } = await download(report.downloadUrl);
    expect(Object.fromEntries(headers)).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "content-disposition": expect.stringMatching(
        /^attachment; filename="[a-z]+-?[a-z]*-all-b-x-b-\d{4}-\d\d-\d\d\.html"$/,
      ),
      "x-content-type-options": "nosniff",
      "cache-control": "private, no-cache",
      etag: `"${report.sha256}"`,
    });
    expect(headers.get("content-security-policy")).toBeNull();
    const shown = await download(`${report.downloadUrl}?inline=1`);
    expect(shown.headers.get("content-disposition")).toBe("inline");
    expect(shown.headers.get("content-security-policy")).toBe(
      "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:",
    );
    expect(await shown.text()).not.toContain("<b>x</b>");
    const known = await download(report.downloadUrl, { headers: { "if-none-match": `W/"x", "${report.sha256}"` } });
    expect([known.status, await known.text()]).toEqual([304, ""]);
    const { data } = await ask(`{ auditLog(pageSize: 100) { items { action actor after } } }`);
    const deeds = data.auditLog.items.filter(({ after }: { after: { id?: string } | null }) => after?.id === report.id);
    expect(deeds.map(({ action }: { action: string }) => action)).toEqual([
      "DOWNLOAD_REPORT",
      "DOWNLOAD_REPORT",
      "GENERATE_REPORT",
    ]);
  });

  it("tells how far it is, from what there is on to its end", async () => {
    const { data } = await generate({ reportType: "CAPACITY_PLAN", format: "JSON", range: { duration: "3d" } });
    const items = await followed(follow(data.generateReport.id));
    expect(items.flatMap(({ errors = [] }) => errors)).toEqual([]);
    const told = items.map((item) => item.data.reportProgress);
    expect(told.at(-1)).toMatchObject({
      status: "READY",
      progress: null,
      downloadUrl: `/reports/${data.generateReport.id}`,
    });
    const steps = told.flatMap(({ progress }) => progress ?? []);
    expect(steps.length).toBeGreaterThan(2);
    expect(steps.every(({ done: reached, total }) => reached < total)).toBe(true);
    expect(steps.map((step) => step.done)).toEqual(steps.map((step) => step.done).sort((a, b) => a - b));
    // Who comes too late gets the end.
    expect((await followed(follow(data.generateReport.id))).map((item) => item.data.reportProgress.status)).toEqual([
      "READY",
    ]);
  });

  it("is cancelled while it is made or waits, and what it asked is asked no more", async () => {
    await fleet.setFault(EAST, "prometheus", "hang");
    const input = { reportType: "CAPACITY_PLAN", format: "JSON", range: { duration: "5d" } };
    const running = (await generate(input)).data.generateReport.id;
    await until("it asks for metrics", async () => (await one(running)).data.report.progress?.step === "CPU used");
    const waiting = (await generate(input)).data.generateReport.id;
    expect((await one(waiting)).data.report.status).toBe("QUEUED");
    const stream = followed(follow(running));
    const cancel = (id: string) =>
      ask(`mutation ($id: UUID!) { cancelReport(id: $id) { status error finishedAt } }`, { id });
    for (const id of [waiting, running]) {
      expect((await cancel(id)).data.cancelReport).toMatchObject({
        status: "CANCELLED",
        error: null,
        finishedAt: expect.any(String),
      });
    }
    expect((await stream).at(-1)?.data.reportProgress.status).toBe("CANCELLED");
    expect(codes(await cancel(running))).toEqual(["CONFLICT"]);
    expect((await download(`/reports/${running}`)).status).toBe(404);
    await fleet.setFault(EAST, "prometheus", null);
    // Nothing holds up what comes after.
    await made({ reportType: "INCIDENT_REPORT", format: "JSON" });
    expect((await one(running)).data.report.status).toBe("CANCELLED");
  }, 60_000);

  it("is deleted with its bytes, also while it is made", async () => {
    const folder = graph.platform.config.AIOPS_REPORTS_DIR ?? "";
    const report = await made({ reportType: "INCIDENT_REPORT", format: "JSON" });
    expect(await readdir(folder)).toContain(report.storagePath);
    const { data } = await ask(`mutation ($id: UUID!) { deleteReport(id: $id) { id status } }`, { id: report.id });
    expect(data.deleteReport).toEqual({ id: report.id, status: "READY" });
    expect(await readdir(folder)).not.toContain(report.storagePath);
    await gone(report.id, ADMIN);
    await fleet.setFault(EAST, "prometheus", "hang");
    const { id } = (await generate({ reportType: "CAPACITY_PLAN", format: "JSON", range: { duration: "6d" } })).data
      .generateReport;
    await until("it asks", async () => ((await one(id)).data.report.progress?.done ?? 0) > 0);
    expect(
      (await ask(`mutation ($id: UUID!) { deleteReport(id: $id) { status } }`, { id })).data.deleteReport.status,
    ).toBe("RUNNING");
    await gone(id, ADMIN);
    await fleet.setFault(EAST, "prometheus", null);
    await made({ reportType: "INCIDENT_REPORT", format: "JSON" });
    expect((await readdir(folder)).filter((name) => name.startsWith(id))).toEqual([]);
  }, 60_000);

  it("is told of as an event, with the report, to who may read it", async () => {
    const hear = (token: string) => {
      const stream = graph.subscribe(
        `subscription { reportGenerated { event { timestamp report { id title status sizeBytes clusters { name } } } } }`,
        {},
        { token },
      );
      streams.push(stream);
      return stream;
    };
    const [owner, stranger] = [hear(VIEWER), hear(OPERATOR)];
    const heard = [owner.next(), stranger.next()];
    const reports: { id: string; title: string }[] = [];
    // Until both are open, nothing is sure to be heard.
    const told = await Promise.all([
      heard[0],
      heard[1],
      (async () => {
        const isOver = { owner: false, stranger: false };
        void heard[0]?.then(() => (isOver.owner = true));
        void heard[1]?.then(() => (isOver.stranger = true));
        while (!isOver.owner || !isOver.stranger) {
          for (const token of [VIEWER, OPERATOR])
            reports.push(await made({ reportType: "INCIDENT_REPORT", format: "JSON", title: token }, token));
        }
      })(),
    ]);
    const titles = told.slice(0, 2).map((item) => item?.value.data.reportGenerated.event.report.title);
    expect(titles).toEqual([VIEWER, OPERATOR]);
    const report = told[0]?.value.data.reportGenerated.event.report;
    expect(report).toMatchObject({ status: "READY", sizeBytes: expect.any(Number) });
    expect(report.clusters).toHaveLength(5);
    expect(reports.map(({ id }) => id)).toContain(report.id);
  }, 60_000);

  it("says of a cluster that is down what is missing", async () => {
    await fleet.setFault(EAST, "prometheus", "refuse");
    const report = await made({ reportType: "CAPACITY_PLAN", format: "JSON", range: { duration: "4d" } });
    const { gaps } = await json(report);
    const missing = gaps.filter(({ code }: { code: string | null }) => code !== null);
    expect(missing.map(({ what }: { what: string }) => what)).toContain("CPU used");
    expect(new Set(missing.flatMap((gap: { clusters: string[] }) => gap.clusters))).toEqual(new Set([EAST]));
  });

  it("may be called whatever somebody writes", async () => {
    for (const title of HOSTILE.slice(0, 10).map((text) => text.slice(0, 200))) {
      const { data, errors } = await generate({
        reportType: "INCIDENT_REPORT",
        format: "JSON",
        title,
        clusterIds: [idOf(EAST)],
      });
      if (/\p{Cc}/u.test(title)) {
        expect(errors?.[0]?.extensions["code"]).toBe("BAD_USER_INPUT");
        continue;
      }
      const report = await done(data.generateReport.id);
      expect(report.title).toBe(title.trim());
      const answer = await download(report.downloadUrl);
      expect(answer.headers.get("content-disposition")).toMatch(/^attachment; filename="[a-z0-9.-]+\.json"$/);
      expect((await answer.json()).title).toBe(title.trim());
    }
  }, 60_000);

  it.each([
    [{ reportType: "CAPACITY_PLAN", parameters: { alertId: NOBODY } }, "BAD_USER_INPUT"],
    [{ reportType: "INCIDENT_REPORT", parameters: { alertId: NOBODY } }, "ALERT_NOT_FOUND"],
    [{ reportType: "INCIDENT_REPORT", parameters: { analysisId: NOBODY } }, "ANALYSIS_NOT_FOUND"],
    [{ reportType: "EXECUTIVE_SUMMARY", expiresIn: "5m" }, "INVALID_DURATION"],
    [{ reportType: "EXECUTIVE_SUMMARY", range: { duration: "93d" } }, "INVALID_TIME_RANGE"],
    [{ reportType: "EXECUTIVE_SUMMARY", selector: { regions: ["nowhere"] } }, "BAD_USER_INPUT"],
    [{ reportType: "EXECUTIVE_SUMMARY", clusterIds: [NOBODY] }, "CLUSTER_NOT_FOUND"],
    [{ reportType: "EXECUTIVE_SUMMARY", title: "x".repeat(201) }, "BAD_USER_INPUT"],
    [{ reportType: "EXECUTIVE_SUMMARY", parameters: { prices: [{ model: "x", perHour: -1 }] } }, "BAD_USER_INPUT"],
  ])("is not begun where it could not be made: %j", async (input, code) => {
    expect(codes(await generate(input))).toEqual([code]);
  });

  it("tells of an alert where it was", async () => {
    const { data } = await ask(
      `{ alerts(filter: { severities: [CRITICAL] }) { items { id alertname clusterName cluster { id } } } }`,
    );
    const alert = data.alerts.items.find((each: { clusterName: string }) => each.clusterName !== EAST);
    const report = await made({ reportType: "INCIDENT_REPORT", format: "JSON", parameters: { alertId: alert.id } });
    expect(report.clusterScope).toContain(alert.cluster.id);
    const model = await json(report);
    expect(model.verdict.headline).toContain(alert.alertname);
    const told = new Set(model.timeline.flatMap(({ cluster }: { cluster: string | null }) => cluster ?? []));
    expect(new Set(report.clusters.map(({ name }: { name: string }) => name))).toEqual(
      new Set([...told, alert.clusterName]),
    );
  });

  it("is asked for as its documentation says", async () => {
    const documents = [
      ...(await readFile("docs/reports.md", "utf8")).matchAll(/```graphql\n((?:query|mutation)[^`]+)```/g),
    ];
    expect(documents.length).toBeGreaterThan(3);
    for (const [, document = ""] of documents) {
      const { data, errors } = await ask(document);
      expect(errors, document).toBeUndefined();
      const { createReportSchedule: made } = data;
      if (made) await ask(`mutation ($id: UUID!) { deleteReportSchedule(id: $id) { id } }`, { id: made.id });
    }
  });

  const schedule = (input: object, token = OPERATOR) =>
    ask(
      `mutation ($input: ReportScheduleInput!) { createReportSchedule(input: $input) { ${SCHEDULE} } }`,
      { input },
      token,
    );
  const weekly = {
    name: "weekly",
    reportType: "EXECUTIVE_SUMMARY",
    format: "JSON",
    cron: "0 7 * * MON",
    timeZone: "Europe/Berlin",
    retentionDays: 7,
  };

  it("is made on schedule, once, for whoever asked for that", async () => {
    const { data, errors } = await schedule({ ...weekly, selector: { ids: [idOf(EAST)] } });
    expect(errors).toBeUndefined();
    const { id } = data.createReportSchedule;
    expect(data.createReportSchedule).toMatchObject({
      createdBy: "oda",
      range: "1d",
      enabled: true,
      lastRunAt: null,
      lastError: null,
    });
    expect(new Date(data.createReportSchedule.nextRunAt).getTime()).toBeGreaterThan(Date.now());
    const ofSchedule = async (token = OPERATOR) =>
      (await ask(`query ($id: UUID!) { reports(filter: { scheduleId: $id }) { items { ${REPORT} } } }`, { id }, token))
        .data.reports.items;
    // A week ago: what was missed is made once.
    const { prisma } = graph.platform.database;
    await prisma.reportSchedule.update({ where: { id }, data: { nextRunAt: new Date(Date.now() - 7 * 86_400_000) } });
    const report = await until(
      "it is made",
      async () => (await ofSchedule()).find(({ status }: { status: string }) => status === "READY"),
      30_000,
    );
    expect(report).toMatchObject({ generatedBy: "system", owner: "oda", scheduleId: id, clusterScope: [idOf(EAST)] });
    const kept = Date.parse(report.expiresAt) - Date.parse(report.createdAt);
    expect(kept).toBe(7 * 86_400_000);
    const after = (await ask(`{ reportSchedules { total items { ${SCHEDULE} } } }`, {}, OPERATOR)).data.reportSchedules
      .items[0];
    expect(Date.parse(after.nextRunAt)).toBeGreaterThan(Date.now());
    expect(after.lastRunAt).not.toBeNull();
    expect(await ofSchedule()).toHaveLength(1);
    expect(await ofSchedule(VIEWER)).toEqual([]);

    const now = await ask(
      `mutation ($id: UUID!) { runReportSchedule(id: $id) { id generatedBy owner } }`,
      { id },
      ADMIN,
    );
    expect(now.data.runReportSchedule).toMatchObject({ generatedBy: "ann", owner: "oda" });
    await done(now.data.runReportSchedule.id);
    expect(codes(await ask(`mutation ($id: UUID!) { deleteReportSchedule(id: $id) { id } }`, { id }, VIEWER))).toEqual([
      "FORBIDDEN",
    ]);
    expect(
      (await ask(`mutation ($id: UUID!) { deleteReportSchedule(id: $id) { name } }`, { id }, OPERATOR)).data
        .deleteReportSchedule.name,
    ).toBe("weekly");
    expect((await one(report.id)).data.report).toMatchObject({ status: "READY", scheduleId: null });
    expect(codes(await ask(`mutation ($id: UUID!) { runReportSchedule(id: $id) { id } }`, { id }, OPERATOR))).toEqual([
      "REPORT_SCHEDULE_NOT_FOUND",
    ]);
  }, 60_000);

  it("has schedules that are an operator's own, and are refused where they could never run", async () => {
    expect(codes(await schedule(weekly, VIEWER))).toEqual(["FORBIDDEN"]);
    const { id } = (await schedule(weekly)).data.createReportSchedule;
    expect(codes(await schedule(weekly, ADMIN))).toEqual(["CONFLICT"]);
    const update = (input: object, token: string) =>
      ask(
        `mutation ($id: UUID!, $input: ReportScheduleInput!) { updateReportSchedule(id: $id, input: $input) { ${SCHEDULE} } }`,
        { id, input },
        token,
      );
    expect(codes(await update(weekly, SCOPED))).toEqual(["REPORT_SCHEDULE_NOT_FOUND"]);
    const changed = await update({ ...weekly, enabled: false, cron: "*/30 * * * *", range: "2d" }, ADMIN);
    expect(changed.data.updateReportSchedule).toMatchObject({
      createdBy: "oda",
      enabled: false,
      nextRunAt: null,
      range: "2d",
    });
    for (const wrong of [{ cron: "* * * * *" }, { timeZone: "Mars/Olympus" }, { retentionDays: 0 }, { name: "No" }]) {
      expect(codes(await update({ ...weekly, ...wrong }, OPERATOR)), JSON.stringify(wrong)).toEqual(["BAD_USER_INPUT"]);
    }
    expect(codes(await update({ ...weekly, range: "1m" }, OPERATOR))).toEqual(["INVALID_DURATION"]);
    await ask(`mutation ($id: UUID!) { deleteReportSchedule(id: $id) { id } }`, { id }, ADMIN);
  });
});
