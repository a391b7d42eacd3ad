import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openToolbox } from "../../subgraphs/intelligence/tools/index.ts";
import type { Identity } from "../../subgraphs/shared/kernel/auth-context.ts";
import { type NamespacedGraph, namespacedGraph, PAY } from "../support/namespaced.ts";
import type { Things } from "../support/things.ts";
import { until } from "../support/until.ts";

const identityOf = (user: string, scope: Identity["scope"]): Identity => ({
  user,
  groups: [],
  roles: ["admin"],
  tenant: "default",
  scope,
});

describe("Who sees only some namespaces", () => {
  let all: NamespacedGraph;
  let theirs: Things;
  let own: string;

  beforeAll(async () => {
    all = await namespacedGraph();
    ({ theirs } = all);
    const { data } = await all.ask(`{ alerts { items { id } } }`);
    own = data.alerts.items[0].id;
  }, 120_000);
  afterAll(() => all.close());

  const codeOf = async (query: string, variables: object = {}, token = all.ned): Promise<unknown> =>
    (await all.ask(query, variables, token)).errors?.[0]?.extensions["code"];
  const done = async (query: string, variables: object = {}, token = all.ned) => {
    const { data, errors } = await all.ask(query, variables, token);
    expect(errors).toBeUndefined();
    return data;
  };

  it("does nothing to what is of others, and the same to what is of none", async () => {
    const deeds: [string, string, string][] = [
      ["acknowledgeAlert", theirs.alert, "ALERT_NOT_FOUND"],
      ["unacknowledgeAlert", theirs.alert, "ALERT_NOT_FOUND"],
      ["acknowledgeAnomaly", theirs.anomaly, "ANOMALY_NOT_FOUND"],
      ["deleteDetectionRule", theirs.rule, "DETECTION_RULE_NOT_FOUND"],
      ["deleteMetricWatch", theirs.watch, "WATCH_NOT_FOUND"],
      ["deleteReport", theirs.report, "REPORT_NOT_FOUND"],
      ["deleteReportSchedule", theirs.schedule, "REPORT_SCHEDULE_NOT_FOUND"],
      ["cancelRootCauseAnalysis", theirs.analysis, "ANALYSIS_NOT_FOUND"],
      ["deleteChatSession", theirs.session, "CHAT_SESSION_NOT_FOUND"],
    ];
    for (const [deed, id, code] of deeds) {
      const query = `mutation ($id: UUID!) { ${deed}(id: $id) { id } }`;
      expect([await codeOf(query, { id }), await codeOf(query, { id: randomUUID() })], deed).toEqual([code, code]);
    }
    const find = `mutation ($id: UUID!) { findRootCause(input: { alertId: $id }) { id } }`;
    expect([await codeOf(find, { id: theirs.alert }), await codeOf(find, { id: randomUUID() })]).toEqual([
      "ALERT_NOT_FOUND",
      "ALERT_NOT_FOUND",
    ]);
    await done(`mutation ($id: UUID!) { acknowledgeAlert(id: $id) { id } }`, { id: own });
  });

  it("silences what is of theirs alone", async () => {
    const create = async (...matchers: string[]) => {
      const query = `mutation ($input: SilenceInput!) { createSilence(input: $input) { silenceId error { code } } }`;
      const input = { matchers, duration: "1h", comment: "c", clusterIds: [all.cluster] };
      const { createSilence } = await done(query, { input });
      return createSilence[0];
    };
    for (const matchers of [
      ['a="b"'],
      ['namespace="shop"'],
      ['namespace!="shop"', 'a="b"'],
      ['namespace=~".*"', 'a="b"'],
      ['namespace=~"pay.*|shop"'],
    ])
      expect(await create(...matchers), matchers.join()).toMatchObject({
        silenceId: null,
        error: { code: "FORBIDDEN" },
      });
    for (const matcher of ['namespace="payments"', 'namespace=~"pay.*"'])
      expect((await create(matcher)).silenceId, matcher).toEqual(expect.any(String));
    const list = `{ silences { total items { id } } }`;
    const seen = (await done(list)).silences;
    expect(seen.total).toBe(2);
    expect(JSON.stringify(seen)).not.toContain(theirs.silence);
    expect(JSON.stringify(await done(list, {}, all.ann))).toContain(theirs.silence);
    const end = `mutation ($of: [SilenceKeyInput!]!) { expireSilence(silences: $of) { error { code } } }`;
    const codes = async (id: string) => (await done(end, { of: [{ clusterId: all.cluster, id }] })).expireSilence;
    expect(await codes(theirs.silence)).toEqual(await codes(randomUUID()));
  });

  it("hears of theirs alone, in each stream", async () => {
    const events = all.graph.subscribe(
      `subscription { events { event { eventType namespace } } }`,
      {},
      { token: all.ned },
    );
    const fired = (namespace: string | null) =>
      all.publish("ALERT_FIRED", namespace, { alert_id: randomUUID(), alertname: "Published" });
    const timer = setInterval(() => void fired("payments"), 50);
    await events.next().finally(() => clearInterval(timer));
    await fired("shop");
    await fired(null);
    await all.publish("RCA_COMPLETE", "payments", { analysis_id: theirs.analysis });
    await all.publish("CLUSTER_CAPABILITIES_CHANGED", null, {});
    await all.publish("CLUSTER_STATUS_CHANGED", null, { old_state: "ONLINE", new_state: "OFFLINE" });
    await fired("pay-2");
    const heard: string[] = [];
    while (!heard.includes("ALERT_FIRED pay-2")) {
      const { eventType, namespace } = (await events.next()).value.data.events.event;
      heard.push(`${eventType} ${namespace}`);
    }
    await events.return?.();
    const others = heard.filter((each) => each !== "ALERT_FIRED payments");
    expect(others).toEqual(["CLUSTER_STATUS_CHANGED null", "ALERT_FIRED pay-2"]);

    const alertsOf = async (token: string): Promise<string> => {
      const stream = all.graph.subscribe(`subscription { activeAlerts { kind alerts { id } } }`, {}, { token });
      const texts: string[] = [];
      while (!texts.at(-1)?.includes("END_OF_SNAPSHOT")) texts.push(JSON.stringify((await stream.next()).value));
      await stream.return?.();
      return texts.join();
    };
    const alerts = await alertsOf(all.ned);
    expect([alerts.includes(own), alerts.includes(theirs.alert)]).toEqual([true, false]);
    expect(await alertsOf(all.ann)).toContain(theirs.alert);

    const firstOf = async (stream: string, token: string): Promise<string> => {
      const items = all.graph.subscribe(`subscription { ${stream} }`, {}, { token });
      for (;;) {
        const text = JSON.stringify((await items.next()).value);
        if (!text.includes("namespace")) continue;
        await items.return?.();
        return text;
      }
    };
    const named = (text: string): Set<string> =>
      new Set([...text.matchAll(/"namespace":"([^"]+)"/g)].map(([, name]) => name ?? ""));
    const streams = [
      `metricStream(query: { query: "count by (namespace) (kube_pod_info)" }, every: "1h") { result { data { metric } } }`,
      `logTail(query: "{namespace=~\\".+\\"}", clusterIds: ["${all.cluster}"]) { entries { stream } }`,
    ];
    for (const stream of streams) expect([...named(await firstOf(stream, all.ned))], stream).toEqual(["payments"]);
    expect(named(await firstOf(streams[0] ?? "", all.ann)).size).toBeGreaterThan(1);
  }, 60_000);

  it("finds nothing of others by any tool of the assistant", async () => {
    const toolbox = openToolbox(all.graph.platform.graph);
    const call = async (name: string, given: Record<string, unknown>, identity: Identity): Promise<string[]> => {
      const asking = {
        identity,
        clusters: null,
        requestId: "test",
        signal: AbortSignal.timeout(30_000),
        now: new Date(),
      };
      const text = JSON.stringify(await toolbox.call(name, given, asking));
      return all.told(Object.values(given).reduce<string>((rest, said) => rest.replaceAll(String(said), ""), text));
    };
    const calls: [string, Record<string, unknown>][] = [
      ["query_metrics", { query: "count by (namespace, pod) (kube_pod_info)" }],
      ["query_logs", {}],
      ["analyze_traces", {}],
      ["get_alerts", {}],
      ["list_pods", {}],
      ["kubernetes_events", {}],
      ["detect_anomalies", { query: "count by (pod) (kube_pod_info)", above: 0 }],
      ["get_trace", { traceId: theirs.trace }],
      ["get_gpu_nodes", {}],
      ["find_root_cause", { alertId: theirs.alert }],
    ];
    const told: Record<string, number> = {};
    for (const [name, given] of calls) {
      expect(await call(name, given, identityOf("ned", PAY)), name).toEqual([]);
      told[name] = (await call(name, given, identityOf("ann", null))).length;
    }
    const silent = Object.entries(told).flatMap(([name, count]) => (count === 0 ? [name] : []));
    // Of traces and causes a tool tells no names of others here; that they are asked for within them is proven elsewhere.
    expect(silent.filter((name) => !["analyze_traces", "detect_anomalies", "find_root_cause"].includes(name))).toEqual(
      [],
    );
  }, 120_000);

  it("asks the assistant, searches for causes and has reports made within them, and others of theirs", async () => {
    const { session } = await done(`mutation { session: createChatSession(input: { title: "mine" }) { id } }`);
    const send = `mutation ($id: UUID!) { message: sendChatMessage(sessionId: $id, content: "Which pods run in all namespaces?") { id } }`;
    const { message } = await done(send, session);
    const { analysis } = await done(
      `mutation ($id: UUID!) { analysis: findRootCause(input: { alertId: $id }, waitSeconds: 60) { id status causes { explanation evidence { statement query } } } }`,
      { id: own },
    );
    const { report } = await done(
      `mutation ($id: UUID!) { report: generateReport(input: { reportType: DETAILED_ANALYSIS, format: JSON, clusterIds: [$id] }) { id } }`,
      { id: all.cluster },
    );
    const { theirReport } = await done(
      `mutation ($id: UUID!) { theirReport: generateReport(input: { reportType: DETAILED_ANALYSIS, format: JSON, clusterIds: [$id] }) { id } }`,
      { id: all.cluster },
      all.ann,
    );
    const state = `query ($message: UUID!, $report: UUID!) { chatMessage(id: $message) { status content } report(id: $report) { status } }`;
    await until(
      "they are made",
      async () => {
        const text = JSON.stringify(await all.ask(state, { message: message.id, report: report.id }));
        const theirText = JSON.stringify(
          await all.ask(`query ($id: UUID!) { report(id: $id) { status } }`, theirReport, all.ann),
        );
        return !/"(RUNNING|QUEUED)"/.test(text + theirText);
      },
      60_000,
    );
    const written = async (id: string, token: string) =>
      await fetch(`${all.graph.url}/reports/${id}`, { headers: { authorization: `Bearer ${token}` } });
    const made = [
      JSON.stringify(await done(state, { message: message.id, report: report.id })),
      JSON.stringify(analysis),
      await (await written(report.id, all.ned)).text(),
    ];
    expect(made.map((text) => all.told(text))).toEqual([[], [], []]);
    expect(analysis.status).toBe("COMPLETE");
    expect(made[2]).toContain("PayAlert");
    expect(all.told(await (await written(theirReport.id, all.ann)).text()).length).toBeGreaterThan(0);
    expect((await written(theirReport.id, all.ned)).status).toBe(404);

    // Who sees all sees these, and who sees other namespaces does not.
    const other = await all.tokenOf({ namespaces: ["shop"] });
    const look = `query ($a: UUID!, $r: UUID!) { rootCauseAnalysis(id: $a) { id } report(id: $r) { id } }`;
    const ids = { a: analysis.id, r: report.id };
    expect((await done(look, ids, all.ann)).rootCauseAnalysis).toEqual({ id: analysis.id });
    const { data } = await all.ask(look, ids, other);
    expect(data).toEqual({ rootCauseAnalysis: null, report: null });

    // A colleague who sees more asks nothing into a conversation that they read.
    await done(
      `mutation ($id: UUID!) { shareChatSession(id: $id, input: { userId: "ann", canWrite: true }) { id } }`,
      session,
    );
    expect(
      (await done(`query ($id: UUID!) { chatSession(id: $id) { title } }`, session, all.ann)).chatSession.title,
    ).toBe("mine");
    expect(await codeOf(send, session, all.ann)).toBe("FORBIDDEN");
  }, 120_000);

  it("keeps what works for them while they are away within them", async () => {
    const made = await done(
      `mutation { rule: createDetectionRule(input: { name: "mine", expression: "up" }) { id }
        watch: createMetricWatch(input: { name: "mine", query: "up", above: 0 }) { id }
        schedule: createReportSchedule(input: { name: "mine", reportType: EXECUTIVE_SUMMARY, cron: "0 7 * * *" }) { id } }`,
    );
    const { prisma } = all.graph.platform.database;
    const [rule, watch, schedule] = [
      await prisma.detectionRule.findUniqueOrThrow({ where: made.rule }),
      await prisma.metricWatch.findUniqueOrThrow({ where: made.watch }),
      await prisma.reportSchedule.findUniqueOrThrow({ where: made.schedule }),
    ];
    expect([rule.identity, schedule.identity]).toMatchObject([{ scope: PAY }, { scope: PAY }]);
    expect(watch.scope).toEqual(PAY);
    const listed = `{ detectionRules { total } metricWatches { total } reportSchedules { total } }`;
    const count = { total: 1 };
    expect(await done(listed)).toEqual({ detectionRules: count, metricWatches: count, reportSchedules: count });
  });

  it("shares no answer with who sees more, asked at once or later", async () => {
    // A window that is over: answers of such are kept.
    const ago = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();
    const [from, to] = [ago(60), ago(50)];
    const query = `{ metrics(query: { query: "count by (namespace) (kube_pod_info)", startTime: "${from}", endTime: "${to}", step: "60s" }) { results { data { metric } } } }`;
    const logs = `{ logs(query: { query: "{namespace=~\\".+\\"}", startTime: "${from}", endTime: "${to}", limit: 1000 }) { entries { stream } } }`;
    for (const question of [query, logs, query, logs]) {
      const [mine, whole] = await Promise.all([all.ask(question), all.ask(question, {}, all.ann)]);
      const namespaces = (data: unknown) =>
        new Set([...JSON.stringify(data).matchAll(/"namespace":"([^"]+)"/g)].map(([, name]) => name));
      expect([...namespaces(mine)].filter((name) => name !== "payments")).toEqual([]);
      expect(namespaces(whole).size).toBeGreaterThan(1);
    }
  });

  it("gives nobody more by a token than they see", async () => {
    const create = (namespaces: string[], token = all.ned) =>
      all.ask(
        `mutation ($input: ApiTokenInput!) { createApiToken(input: $input) { token apiToken { scope } } }`,
        { input: { name: "t", expiresIn: "1h", scope: { namespaces } } },
        token,
      );
    expect((await create(["payments", "shop"])).data.createApiToken.apiToken.scope).toEqual({
      namespaces: ["payments"],
    });
    for (const namespaces of [["shop"], ["*"], ["Bad_Name"], ["pay.*"]])
      expect((await create(namespaces)).errors?.[0]?.extensions["code"], namespaces.join()).toBe("BAD_USER_INPUT");
    const { token } = (await create(["payments"], all.ann)).data.createApiToken;
    const { data } = await all.ask(
      `{ alerts { items { namespace } } chatSessions { total } reports { total } }`,
      {},
      token,
    );
    expect(new Set(data.alerts.items.map(({ namespace }: { namespace: string }) => namespace))).toEqual(
      new Set(["payments"]),
    );
    expect([data.chatSessions, data.reports]).toEqual([{ total: 0 }, { total: 0 }]);
  });
});
