import { afterAll, beforeAll, expect, it } from "vitest";
import type { DemoFleet } from "../../demo/fleet.ts";
import { CHECKOUT_SPELL } from "../../demo/world/incidents.ts";
import { enrolledFleet } from "../support/demo.ts";
import { startGraph, type TestGraph } from "../support/graph.ts";
import { type HttpServer, startHttpServer } from "../support/http-server.ts";
import { describeModes } from "../support/modes.ts";
import { ERRORS, SPELL, SPELL_DAY } from "../support/spell.ts";
import { until } from "../support/until.ts";

const ADMIN = "admin-token-of-the-test";
const VIEWER = "viewer-token-of-the-test";
const SCOPED = "scoped-token-of-the-test";
const TOKENS = JSON.stringify([
  { token: ADMIN, user: "ann", roles: ["admin"] },
  { token: VIEWER, user: "vic", roles: ["viewer"] },
  { token: SCOPED, user: "sam", roles: ["operator"], scope: { environments: ["LAB"] } },
]);

const SCAN = `mutation ($input: DetectAnomaliesInput!) { detectAnomalies(input: $input) {
  total candidates falseDiscoveryRate seriesScanned pointsScanned complete tookMs startTime stepSeconds
  outcomes { clusterName status rows error { code } }
  anomalies { id recorded clusterName cluster { name } metricName query labels score severity anomalyType detectionType confidenceScore
    expectedValue expectedLow expectedHigh actualValue explanation startedAt detectedAt relatedAlerts(limit: 5) { alertname } rule { name } }
} }`;

await describeModes("Anomalies", (mode) => {
  let graph: TestGraph;
  let fleet: DemoFleet;
  let prometheus: HttpServer;

  beforeAll(async () => {
    graph = await startGraph({ mode, jobs: true, env: { AIOPS_API_TOKENS: TOKENS } });
    fleet = await enrolledFleet(graph, { clusters: 5 });
    prometheus = await startHttpServer((_, response) => response.end(manySeries()));
  });
  afterAll(async () => {
    await graph[Symbol.asyncDispose]();
    await Promise.all([fleet.close(), prometheus[Symbol.asyncDispose]()]);
  });

  const ask = (query: string, variables = {}, token = ADMIN) => graph.ask(query, variables, { token });
  const done = async (query: string, variables = {}, token = ADMIN) => {
    const { data, errors } = await ask(query, variables, token);
    expect(errors).toBeUndefined();
    return data;
  };
  const scan = (input: object, token = ADMIN) =>
    ask(SCAN, { input: { query: ERRORS, step: "1m", range: SPELL_DAY, ...input } }, token);
  const codeOf = async (answer: ReturnType<typeof scan>): Promise<unknown> =>
    (await answer).errors?.[0]?.extensions["code"];
  const rangeQueries = () => fleet.requests().filter(({ path }) => path.endsWith("/query_range"));

  it("are found where the checkout failed, when it did, in every cluster, by one request to each", async () => {
    fleet.resetRequests();
    const { data, errors } = await scan({}, VIEWER);
    expect(errors).toBeUndefined();
    const { anomalies, ...found } = data.detectAnomalies;
    expect(found).toMatchObject({ complete: true, stepSeconds: 60, startTime: SPELL_DAY.start });
    expect(found.seriesScanned).toBeGreaterThan(20);
    expect(found.pointsScanned).toBeGreaterThan(1000 * found.seriesScanned);
    expect(found.falseDiscoveryRate).toBeLessThan(0.2);
    expect(rangeQueries().map(({ cluster }) => cluster).sort()).toEqual(fleet.clusters.map(({ name }) => name).sort()); // biome-ignore format: one thing

    const began = anomalies.filter(({ startedAt }: { startedAt: string }) => {
      const after = Date.parse(startedAt) / 1000 - SPELL;
      return after >= 0 && after <= CHECKOUT_SPELL.length;
    });
    expect(began.length).toBeGreaterThan(1);
    expect(began.length).toBeGreaterThan(anomalies.length / 2);
    expect(new Set(began.map(({ labels }: { labels: { service: string } }) => labels.service))).toEqual(
      new Set(["checkout"]),
    );
    const [first] = anomalies;
    expect(first).toMatchObject({
      recorded: false,
      metricName: "http_requests_total",
      query: ERRORS,
      labels: { service: "checkout" },
      anomalyType: "SPIKE",
      severity: "HIGH",
      detectionType: "STATISTICAL",
      rule: null,
    });
    expect(first.cluster.name).toBe(first.clusterName);
    expect(first.actualValue).toBeGreaterThan(first.expectedHigh);
    expect(first.explanation).toMatch(/\w/);
    const [again] = (await scan({})).data.detectAnomalies.anomalies;
    expect(again.id).toBe(first.id);
  });

  it("are looked for in what one may see, and a cluster that fails is a row", async () => {
    const own = (await scan({ step: "5m" }, SCOPED)).data.detectAnomalies;
    const lab = fleet.clusters.filter(({ environment }) => environment === "LAB").map(({ name }) => name);
    expect(own.outcomes.map(({ clusterName }: { clusterName: string }) => clusterName)).toEqual(lab);
    const [broken] = fleet.clusters;
    await fleet.setFault(broken?.name ?? "", "prometheus", "bad-json");
    const { data, errors } = await scan({ step: "5m" });
    expect(errors).toBeUndefined();
    expect(data.detectAnomalies.complete).toBe(false);
    expect(data.detectAnomalies.outcomes).toContainEqual({
      clusterName: broken?.name,
      status: "ERROR",
      rows: 0,
      error: { code: "UPSTREAM_INVALID_ANSWER" },
    });
    expect(await codeOf(scan({ step: "5m", completeness: { onPartial: "FAIL" } }))).toBe("INCOMPLETE");
    await fleet.setFault(broken?.name ?? "", "prometheus", null);
  });

  it.each([
    [{ query: "sum(" }, "INVALID_PROMQL"],
    [{ step: "1s" }, "TOO_MANY_POINTS"],
    [{ step: "1x" }, "INVALID_DURATION"],
    [{ sensitivity: 2 }, "BAD_USER_INPUT"],
    [{ above: 1, below: 2 }, "BAD_USER_INPUT"],
    [{ method: "LLM_ASSISTED" }, "MODEL_NOT_CONFIGURED"],
    [{ selector: { labelSelector: "a==(" } }, "INVALID_LABEL_SELECTOR"],
  ])("are not looked for where the question makes no sense: %j is %s, and no cluster is asked", async (input, code) => {
    fleet.resetRequests();
    expect(await codeOf(scan(input))).toBe(code);
    expect(rangeQueries()).toEqual([]);
  });

  it("are kept where somebody wants it, found again from clusters and alerts, and spoken of", async () => {
    expect(await codeOf(scan({ keep: true }, VIEWER))).toBe("FORBIDDEN");
    const [first] = (await scan({ keep: true })).data.detectAnomalies.anomalies;
    expect(first.recorded).toBe(true);
    expect((await scan({ keep: true })).data.detectAnomalies.anomalies[0].id).toBe(first.id);
    const { id } = first;
    const kept = async (token = ADMIN) =>
      (
        await done(
          `{ anomalies(filter: { minScore: 4, types: [SPIKE] }, orderBy: { field: SCORE }) { total items { id score } } }`,
          {},
          token,
        )
      ).anomalies;
    const { total, items } = await kept();
    expect(items.filter((each: { id: string }) => each.id === id)).toHaveLength(1);
    expect((await kept(SCOPED)).total).toBeLessThan(total);
    const { clusters } = await done(
      `{ clusters { items { name anomalies(pageSize: 2) { total items { clusterName } } } } }`,
    );
    for (const { name, anomalies } of clusters.items) {
      expect(anomalies.items.every(({ clusterName }: { clusterName: string }) => clusterName === name)).toBe(true);
    }

    const say = (field: string, args = "") =>
      done(`mutation ($id: UUID!) { ${field}(id: $id${args}) { acknowledgement { by note } expected { by note } } }`, {
        id,
      });
    expect(await say("acknowledgeAnomaly", `, note: "mine"`)).toEqual({
      acknowledgeAnomaly: { acknowledgement: { by: "ann", note: "mine" }, expected: null },
    });
    await say("unacknowledgeAnomaly");
    expect(await say("markAnomalyExpected", `, note: "sale"`)).toEqual({
      markAnomalyExpected: { acknowledgement: null, expected: { by: "ann", note: "sale" } },
    });
    const found = await done(`{ anomalies(filter: { expected: true }) { items { id } } }`);
    expect(found.anomalies.items).toEqual([{ id }]);
    const refused = async (query: string, token?: string) => codeOf(ask(query, { id }, token));
    expect(await refused(`mutation ($id: UUID!) { acknowledgeAnomaly(id: $id) { id } }`, VIEWER)).toBe("FORBIDDEN");
    const mute = `mutation ($id: UUID!) { muteAnomalySeries(id: $id, until: "2100-01-01T00:00:00Z") { id } }`;
    expect(await refused(mute)).toBe("CONFLICT");
    const nobody = `mutation { acknowledgeAnomaly(id: "00000000-0000-4000-8000-000000000000") { id } }`;
    expect(await codeOf(ask(nobody))).toBe("ANOMALY_NOT_FOUND");
    const { auditLog } = await done(`{ auditLog(pageSize: 100) { items { action actor } } }`);
    for (const action of ["KEEP_ANOMALIES", "ACKNOWLEDGE_ANOMALY", "UNACKNOWLEDGE_ANOMALY", "MARK_ANOMALY_EXPECTED"]) {
      expect(auditLog.items).toContainEqual({ action, actor: "ann" });
    }
  });

  it("have a root cause, looked for where and when they began", async () => {
    const [first] = (await scan({ keep: true })).data.detectAnomalies.anomalies;
    const { findRootCause } = await done(
      `mutation ($id: UUID!) { findRootCause(input: { anomalyId: $id }, waitSeconds: 60) {
        id status verdict onset namespace cluster { name } anomalyId causes { rank entity { kind name } evidence { statement query } } missing } }`,
      { id: first.id },
    );
    expect(findRootCause).toMatchObject({ status: "COMPLETE", anomalyId: first.id, namespace: "shop" });
    expect(findRootCause.cluster.name).toBe(first.clusterName);
    expect(Math.abs(Date.parse(findRootCause.onset) - Date.parse(first.startedAt))).toBeLessThan(15 * 60_000);
    expect(findRootCause.causes.length).toBeGreaterThan(0);
    expect(findRootCause.causes[0].evidence[0].statement).toMatch(/\w/);
    const { anomaly } = await done(`query ($id: UUID!) { anomaly(id: $id) { rootCause { id } } }`, { id: first.id });
    expect(anomaly.rootCause).toEqual({ id: findRootCause.id });
  });

  it("belong to the alerts of their time and place", async () => {
    const alert = await until("an alert about the shop's pods", async () => {
      const { data } = await ask(
        `{ alerts(pageSize: 100) { items { id namespace clusterId startsAt pod { name } } } }`,
      );
      return data.alerts.items.find(
        (each: { namespace: string | null; pod: object | null }) => each.namespace && each.pod,
      );
    });
    const { prisma } = graph.platform.database;
    const [kept] = await prisma.anomaly.findMany({ take: 1 });
    if (!kept) throw new Error("Nothing was kept.");
    const { clusterId, namespace, startsAt } = alert;
    const labels = { namespace };
    const time = new Date(startsAt);
    await prisma.anomaly.update({
      where: { id: kept.id },
      data: { clusterId, labels, startedAt: time, detectedAt: time },
    });
    const { data, errors } = await ask(
      `query ($alert: UUID!, $anomaly: UUID!) { alert(id: $alert) { relatedAnomalies { id relatedAlerts(limit: 50) { id namespace } } }
        anomaly(id: $anomaly) { relatedAlerts(limit: 50) { id } } }`,
      { alert: alert.id, anomaly: kept.id },
    );
    expect(errors).toBeUndefined();
    const back = data.alert.relatedAnomalies.find(({ id }: { id: string }) => id === kept.id);
    expect(back.relatedAlerts).toContainEqual({ id: alert.id, namespace });
    expect(data.anomaly.relatedAlerts).toContainEqual({ id: alert.id });
    const { data: scoped } = await ask(`query ($id: UUID!) { anomaly(id: $id) { id } }`, { id: kept.id }, VIEWER);
    expect(scoped.anomaly).toEqual({ id: kept.id });
  });

  const RULE = `id name createdBy enabled every step window lastError lastRunAt lastRun { recorded notified seriesScanned complete outcomes { clusterName status cluster { name } } }`;
  const create = (input: object, token = ADMIN) =>
    ask(`mutation ($input: DetectionRuleInput!) { createDetectionRule(input: $input) { ${RULE} } }`, { input }, token);
  const ranOnce = (id: string) =>
    until("the rule ran", async () => {
      const { detectionRule } = await done(`query ($id: UUID!) { detectionRule(id: $id) { ${RULE} } }`, { id });
      return detectionRule.lastRunAt && detectionRule;
    });

  it("are looked for by rules, recorded once and told as they happen", async () => {
    const told = graph.subscribe(
      `subscription { anomalyDetected { event { metricName severity anomalyType ruleId cluster { name } anomaly { id clusterName rule { name } explanation } } } }`,
      {},
      { token: ADMIN },
    );
    const items: { anomaly: { id: string } }[] = [];
    const listening = (async () => {
      for await (const { data } of told) if (data.anomalyDetected.event) items.push(data.anomalyDetected.event);
    })();
    const threshold = Math.floor(Date.now() / 1000) - 120;
    const input = {
      name: "a-step",
      expression: `vector(time()) > bool ${threshold}`,
      every: "30s",
      step: "10s",
      window: "20m",
      above: 0.5,
    };
    const { data, errors } = await create(input);
    expect(errors).toBeUndefined();
    const { id } = data.createDetectionRule;
    const ran = await ranOnce(id);
    expect(ran).toMatchObject({
      createdBy: "ann",
      lastError: null,
      lastRun: { recorded: 5, notified: 5, complete: true },
    });
    expect(ran.lastRun.outcomes).toHaveLength(5);
    await until("each cluster's is told", () => items.length === 5);
    expect(items[0]).toMatchObject({
      anomalyType: "THRESHOLD_BREACH",
      ruleId: id,
      anomaly: { rule: { name: "a-step" } },
    });

    // Run again: what was recorded is not recorded again.
    const run = `mutation ($id: UUID!, $input: DetectionRuleInput!) { updateDetectionRule(id: $id, input: $input) { lastRunAt } }`;
    await done(run, { id, input: { ...input, description: "again" } });
    await until("it ran again", async () => (await ranOnce(id)).lastRunAt !== ran.lastRunAt);
    const { anomalies } = await done(
      `query ($id: UUID!) { anomalies(filter: { ruleIds: [$id] }) { total items { id } } }`,
      { id },
    );
    expect(anomalies.total).toBe(5);
    expect(items).toHaveLength(5);

    const muted = await done(
      `mutation ($id: UUID!, $a: UUID!) { muteAnomalySeries(id: $a, until: "2100-01-01T00:00:00Z") { mutedUntil }
        muteDetectionRule(id: $id, until: "2100-01-01T00:00:00Z") { mutedUntil } deleteDetectionRule(id: $id) { name } }`,
      { id, a: anomalies.items[0].id },
    );
    expect(muted.muteDetectionRule.mutedUntil).toBe("2100-01-01T00:00:00.000Z");
    expect(await codeOf(ask(`mutation ($id: UUID!) { deleteDetectionRule(id: $id) { name } }`, { id }))).toBe(
      "DETECTION_RULE_NOT_FOUND",
    );
    await told.return?.();
    await listening;
  });

  it("are looked for with the rights of whoever made a rule, which is theirs alone to see where they see but a part", async () => {
    const { data } = await create({ name: "mine", expression: "up", every: "30s", window: "1h" }, SCOPED);
    const { lastRun } = await ranOnce(data.createDetectionRule.id);
    const lab = fleet.clusters.filter(({ environment }) => environment === "LAB").map(({ name }) => name);
    expect(lastRun.outcomes.map(({ clusterName }: { clusterName: string }) => clusterName)).toEqual(lab);
    const names = async (token: string) =>
      (await done(`{ detectionRules { items { name } } }`, {}, token)).detectionRules.items.map(
        ({ name }: { name: string }) => name,
      );
    await create({ name: "all", expression: "up", enabled: false });
    expect([await names(SCOPED), await names(VIEWER)]).toEqual([["mine"], ["all", "mine"]]);
  });

  it.each([
    [{ name: "bad", expression: "sum(" }, "INVALID_PROMQL"],
    [{ name: "Bad Name", expression: "up" }, "BAD_USER_INPUT"],
    [{ name: "bad", expression: "up", every: "1s" }, "INVALID_DURATION"],
    [{ name: "bad", expression: "up", window: "10m" }, "INVALID_DURATION"],
    [{ name: "bad", expression: "up", notifyScore: 1 }, "BAD_USER_INPUT"],
    [{ name: "bad", expression: "up", method: "LLM_ASSISTED" }, "MODEL_NOT_CONFIGURED"],
    [{ name: "all", expression: "up" }, "CONFLICT"],
  ])("have no rule that makes no sense: %j is %s", async (input, code) => {
    expect(await codeOf(create(input))).toBe(code);
  });

  // Where all is one process, there is but one event loop to hold up.
  it.runIf(mode === "in one process")(
    "leave the server free for others while 1,000 series of 2,016 points are looked at",
    async () => {
      const { registerCluster } = await done(
        `mutation ($input: RegisterClusterInput!) { registerCluster(input: $input) { id } }`,
        {
          input: {
            name: "many-series",
            apiServerUrl: fleet.clusters[0]?.apiServerUrl,
            endpoints: { prometheusUrl: prometheus.url },
          },
        },
      );
      let answer: Awaited<ReturnType<typeof scan>> | undefined;
      const scanning = scan({
        query: "load",
        clusterIds: [registerCluster.id],
        range: { duration: "7d" },
        step: "5m",
        timeout: 120,
      }).then((result) => {
        answer = result;
      });
      let answered = 0;
      while (!answer) {
        await done(`{ clusters { total } }`);
        answered += 1;
      }
      await scanning;
      expect(answer.errors).toBeUndefined();
      expect(answer.data.detectAnomalies).toMatchObject({
        seriesScanned: 1000,
        pointsScanned: 2_016_000,
        complete: true,
      });
      // The one series of a thousand that has something to show.
      expect(answer.data.detectAnomalies.anomalies.map(({ labels }: { labels: object }) => labels)).toContainEqual({
        pod: "p777",
      });
      expect(answered).toBeGreaterThan(20);
    },
    180_000,
  );

  it("are looked for no more once nobody waits", async () => {
    for (const { name } of fleet.clusters) await fleet.setFault(name, "prometheus", "hang");
    const caller = new AbortController();
    const scanning = graph.ask(SCAN, { input: { query: ERRORS } }, { token: ADMIN, signal: caller.signal });
    await until("the clusters are asked", () => fleet.inFlight({ upstream: "prometheus" }) >= 5);
    caller.abort();
    await expect(scanning).rejects.toThrow();
    await until("nobody is asked any more", () => fleet.inFlight({ upstream: "prometheus" }) === 0);
    for (const { name } of fleet.clusters) await fleet.setFault(name, "prometheus", null);
  });
});

let answerOfMany: string | undefined;

/** What a Prometheus answers that has a thousand series of a week; one of them has a spike near its end. */
function manySeries(): string {
  const now = Math.floor(Date.now() / 300_000) * 300;
  answerOfMany ??= JSON.stringify({
    status: "success",
    data: {
      resultType: "matrix",
      result: Array.from({ length: 1000 }, (_, series) => ({
        metric: { __name__: "load", pod: `p${series}` },
        values: Array.from({ length: 2016 }, (__, index) => {
          const x = Math.sin((index + series * 7919) * 12.9898) * 43_758.5453;
          const spike = series === 777 && index === 1900 ? 1000 : 0;
          return [now - (2015 - index) * 300, (10 + x - Math.floor(x) + spike).toFixed(4)];
        }),
      })),
    },
  });
  return answerOfMany;
}
