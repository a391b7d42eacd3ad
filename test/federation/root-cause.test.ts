import { afterAll, beforeAll, expect, it } from "vitest";
import type { DemoFleet } from "../../demo/fleet.ts";
import { INCIDENT_KINDS, type Incident, type IncidentCause, type IncidentKind } from "../../demo/incidents.ts";
import { CHECKOUT_SPELL } from "../../demo/world/incidents.ts";
import { recurring } from "../../demo/world/spell.ts";
import { enrolledFleet } from "../support/demo.ts";
import { type Answer, startGraph, type TestGraph } from "../support/graph.ts";
import { describeModes } from "../support/modes.ts";
import { until } from "../support/until.ts";

const MINUTE = 60_000;
const ANALYSIS = `id status verdict onset windowStart windowEnd error missing namespace createdBy finishedAt
  cluster { name } alert { alertname }
  causes {
    rank score verdict explanation
    entity { kind namespace name pods { namespace name phase } node { name ready } gpu { uuid } }
    signals { signal z }
    evidence { signal z statement language query graphql at start end value expected traceIds }
  }
  incident { id startsAt alertCount alerts { alertname } }`;
const FIND = `mutation Find($input: FindRootCauseInput!, $wait: Int = 60) {
  findRootCause(input: $input, waitSeconds: $wait) { ${ANALYSIS} }
}`;
const CANCEL = `mutation ($id: UUID!) { cancelRootCauseAnalysis(id: $id) { status finishedAt } }`;

/** Where each happens, one in each cluster. */
const CLUSTERS: Readonly<Record<IncidentKind, string>> = {
  "deployment-error-loop": "stage-eu-6",
  "memory-leak": "lab-gpu-1",
  "noisy-neighbour": "prod-west-9",
  "network-delay": "prod-west-1",
  "gpu-xid-storm": "prod-west-10",
  "certificate-expiry": "prod-eu-11",
  "node-pressure": "prod-east-1",
};
const [ADMIN, OPERATOR, VIEWER] = ["admin-of-the-tests", "operator-of-staging", "viewer-of-staging"];
const TOKENS = [
  { token: ADMIN, user: "admin", roles: ["admin"] },
  { token: OPERATOR, user: "operator", roles: ["operator"], scope: { environments: ["STAGING"] } },
  { token: VIEWER, user: "viewer", roles: ["viewer"], scope: { environments: ["STAGING"] } },
];

interface Entity {
  kind: string;
  namespace: string | null;
  name: string;
  pods: { namespace: string; name: string }[];
}

interface Cause {
  entity: Entity;
  score: number;
  verdict: string;
  signals: { signal: string; z: number }[];
  evidence: { signal: string; statement: string; graphql: string }[];
}

/** A pod is told by its workload and name, and a service by the workload that serves it. */
const isCause = (entity: Entity, { kind, namespace, name }: IncidentCause): boolean =>
  entity.namespace === namespace &&
  ((entity.name === name && (entity.kind === kind || (kind === "SERVICE" && entity.kind === "WORKLOAD"))) ||
    (kind === "POD" && entity.kind === "WORKLOAD" && entity.pods.some((pod) => pod.name === name)));

const rankOf = (causes: readonly Cause[], truth: IncidentCause): number =>
  causes.findIndex(({ entity }) => isCause(entity, truth)) + 1;

await describeModes("Root causes", (mode) => {
  let graph: TestGraph;
  let fleet: DemoFleet;
  const ids = new Map<string, string>();
  const incidents = new Map<IncidentKind, Incident>();
  /** What was found of each incident. */
  const found = new Map<IncidentKind, { id: string; alertId: string }>();

  const ask = (query: string, variables: Record<string, unknown> = {}, token = ADMIN): Promise<Answer> =>
    graph.ask(query, variables, { token });
  const codeOf = ({ errors }: Answer): unknown => errors?.[0]?.extensions["code"];

  beforeAll(async () => {
    const env = {
      AIOPS_ALERT_POLL_MS: "1000",
      AIOPS_GPU_POLL_MS: "1000",
      AIOPS_UPSTREAM_REST_MS: "50",
      AIOPS_API_TOKENS: JSON.stringify(TOKENS),
    };
    graph = await startGraph({ mode, jobs: true, env });
    fleet = await enrolledFleet(graph, { clusters: 11 });
    const { data } = await ask(`{ clusters(pageSize: 100) { items { id name } } }`);
    for (const { id, name } of data.clusters.items) ids.set(name, id);
    const at = Date.now() - 10 * MINUTE;
    for (const kind of INCIDENT_KINDS) incidents.set(kind, fleet.startIncident(CLUSTERS[kind], kind, { at }));
  });
  afterAll(async () => {
    await graph[Symbol.asyncDispose]();
    await fleet.close();
  });

  const incidentOf = (kind: IncidentKind): Incident => {
    const incident = incidents.get(kind);
    if (!incident) throw new Error(kind);
    return incident;
  };
  const clusterOf = (kind: IncidentKind): string => ids.get(CLUSTERS[kind]) ?? "";

  const alertOf = (kind: IncidentKind): Promise<{ id: string }> =>
    until(
      `the alert of ${kind}`,
      async () => {
        const { alertname, onset } = incidentOf(kind);
        const filter = { clusterIds: [clusterOf(kind)], alertnames: [alertname], states: ["FIRING"] };
        const { data } = await ask(`query ($filter: AlertFilterInput) { alerts(filter: $filter) { items { id } } }`, {
          filter: { ...filter, startsAfter: new Date(onset).toISOString() },
        });
        return data.alerts.items[0];
      },
      60_000,
    );

  // Whether they are found has nothing to do with who asks whom: over HTTP, those that further tests need.
  it.each(mode === "in one process" ? INCIDENT_KINDS : (["deployment-error-loop", "memory-leak"] as const))(
    "of the incident %s is among the first three",
    async (kind) => {
      const { cause, onset } = incidentOf(kind);
      const alert = await alertOf(kind);
      const began = performance.now();
      const { data, errors } = await ask(FIND, { input: { alertId: alert.id } });
      const took = Math.round(performance.now() - began);
      expect(errors).toBeUndefined();
      const analysis = data.findRootCause;
      found.set(kind, { id: analysis.id, alertId: alert.id });
      const rank = rankOf(analysis.causes, cause);
      if (process.env["SHOW_ROOT_CAUSES"]) {
        const late = Math.round((Date.parse(analysis.onset) - onset) / 1000);
        const lines = analysis.causes.slice(0, 5).map(({ entity, score, verdict, signals }: Cause) => {
          const spoken = signals.map(({ signal, z }) => `${signal} ${z.toFixed(1)}`).join(", ");
          return `   ${entity.kind} ${entity.namespace ?? ""}/${entity.name} ${score.toFixed(2)} ${verdict} ${spoken}`;
        });
        const title = `${mode}, ${kind}: rank ${rank}, ${analysis.verdict}, ${took} ms, onset ${late} s late`;
        process.stdout.write(`${[title, ...lines, `   ${JSON.stringify(analysis.missing)}`].join("\n")}\n`);
      }
      expect(analysis.status).toBe("COMPLETE");
      expect(rank).toBeGreaterThan(0);
      expect(rank).toBeLessThanOrEqual(3);
      expect(Math.abs(Date.parse(analysis.onset) - onset)).toBeLessThan(3 * MINUTE);
      const truth: Cause = analysis.causes[rank - 1];
      expect(truth.evidence.length).toBeGreaterThan(0);
    },
    120_000,
  );

  /** All that was told of searches that are done. */
  async function completed(): Promise<object[]> {
    const told: object[] = [];
    for (let after: string | null = null; ; ) {
      const { data } = await ask(
        `query ($after: Cursor) {
          eventHistory(filter: { eventTypes: [RCA_COMPLETE] }, after: $after, first: 1000) {
            endCursor hasMore
            items { event { ... on RootCauseCompleted { topCause verdict analysis { id status cluster { name } } } } }
          }
        }`,
        { after },
      );
      told.push(...data.eventHistory.items.map(({ event }: { event: object }) => event));
      if (!data.eventHistory.hasMore) return told;
      after = data.eventHistory.endCursor;
    }
  }

  it("come with evidence that anybody can look at again, and are told as an event and on their alert", async () => {
    const { id, alertId } = found.get("deployment-error-loop") ?? {};
    const { data } = await ask(
      `query ($id: UUID!, $alertId: UUID!) {
        rootCauseAnalysis(id: $id) { ${ANALYSIS} }
        alert(id: $alertId) { rootCause { id verdict } }
      }`,
      { id, alertId },
    );
    expect(data.alert.rootCause.id).toBe(id);
    expect(await completed()).toContainEqual({
      topCause: "WORKLOAD shop/cart",
      verdict: data.alert.rootCause.verdict,
      analysis: { id, status: "COMPLETE", cluster: { name: CLUSTERS["deployment-error-loop"] } },
    });
    const [first]: Cause[] = data.rootCauseAnalysis.causes;
    // Pods that crash, and the checkout that calls them, whose alert fires already where that has its daily bad spell.
    const spell = recurring(CHECKOUT_SPELL)(Date.now() / 1000) ?? Infinity;
    const before = spell * 1000 < incidentOf("deployment-error-loop").onset;
    const alertnames = data.rootCauseAnalysis.incident.alerts.map(({ alertname }: { alertname: string }) => alertname);
    expect(alertnames).toEqual(
      expect.arrayContaining(["KubePodCrashLooping", ...(before ? [] : ["CheckoutErrorRateHigh"])]),
    );
    const signals = new Set(first?.evidence.map(({ signal }) => signal));
    expect([...signals]).toEqual(expect.arrayContaining(["METRICS", "LOGS", "EVENTS"]));
    for (const { graphql } of first?.evidence ?? []) {
      const { data: again, errors } = await ask(graphql);
      expect(errors).toBeUndefined();
      // There is something behind every link.
      expect(JSON.stringify(again)).toMatch(/"(metric|message|traceId|alertname|reason)":/);
    }
  });

  it("are found by namespace and time alone", async () => {
    const { cause, onset } = incidentOf("deployment-error-loop");
    const window = { start: new Date(onset - 5 * MINUTE).toISOString(), duration: "15m" };
    const { data } = await ask(FIND, {
      input: { clusterName: CLUSTERS["deployment-error-loop"], namespace: "shop", window },
    });
    expect(data.findRootCause).toMatchObject({ status: "COMPLETE", namespace: "shop", alert: null });
    expect(rankOf(data.findRootCause.causes, cause)).toBe(1);
    // Of the whole cluster, too: what was said of it tells where.
    const whole = await ask(FIND, { input: { clusterId: clusterOf("deployment-error-loop"), window } });
    expect(rankOf(whole.data.findRootCause.causes, cause)).toBeLessThanOrEqual(3);
    expect(rankOf(whole.data.findRootCause.causes, cause)).toBeGreaterThan(0);
  }, 60_000);

  it("say what was missing where a part of the cluster does not answer", async () => {
    const kind = "certificate-expiry";
    await fleet.setFault(CLUSTERS[kind], "loki", "refuse");
    await fleet.setFault(CLUSTERS[kind], "tempo", "error-503");
    const { data } = await ask(FIND, { input: { alertId: (await alertOf(kind)).id } });
    await fleet.setFault(CLUSTERS[kind], "loki", null);
    await fleet.setFault(CLUSTERS[kind], "tempo", null);
    const { status, missing, causes } = data.findRootCause;
    expect(status).toBe("COMPLETE");
    expect(missing).toEqual(
      expect.arrayContaining([expect.stringMatching(/^LOGS: ./), expect.stringMatching(/^TRACES: ./)]),
    );
    expect(rankOf(causes, incidentOf(kind).cause)).toBe(1);
  }, 60_000);

  it("can be followed step by step", async () => {
    const { data } = await ask(FIND, { input: { alertId: (await alertOf("node-pressure")).id }, wait: 0 });
    const { id, status, causes } = data.findRootCause;
    expect([status, causes]).toEqual(["RUNNING", []]);
    const seen: { status: string; progress: { done: number; total: number } | null; causes: object[] }[] = [];
    const document = `subscription ($id: UUID!) {
      rootCauseProgress(id: $id) { status progress { step done total } causes { rank } cluster { name } }
    }`;
    for await (const item of graph.subscribe(document, { id }, { token: ADMIN }))
      seen.push(item.data.rootCauseProgress);
    const done = seen.flatMap(({ progress }) => progress?.done ?? []);
    expect(done).toEqual(done.toSorted((a, b) => a - b));
    expect(new Set(done).size).toBeGreaterThan(1);
    expect(seen.slice(0, -1).every((item) => item.status === "RUNNING")).toBe(true);
    expect(seen.at(-1)).toMatchObject({ status: "COMPLETE", progress: null });
    expect(seen.at(-1)?.causes.length).toBeGreaterThan(0);
    // Of one that is over, there is only its end.
    const late: string[] = [];
    for await (const item of graph.subscribe(document, { id }, { token: ADMIN }))
      late.push(item.data.rootCauseProgress.status);
    expect(late).toEqual(["COMPLETE"]);
  }, 60_000);

  it("are no longer looked for once that is cancelled, two at a time for each user", async () => {
    const kind = "deployment-error-loop";
    const cluster = CLUSTERS[kind];
    await fleet.setFault(cluster, "loki", "hang");
    const input = { clusterId: clusterOf(kind), namespace: "shop" };
    const start = async (token: string) => await ask(FIND, { input, wait: 0 }, token);
    const [first, second] = [await start(VIEWER), await start(VIEWER)];
    const running = [first, second].map(({ data }) => data.findRootCause.id);
    const refused = await start(VIEWER);
    expect(codeOf(refused)).toBe("RATE_LIMITED");
    expect(refused.errors?.[0]?.extensions["details"]).toMatchObject({
      running,
      retryAfterSeconds: expect.any(Number),
    });
    await until("they ask for logs", () => fleet.inFlight({ cluster, upstream: "loki" }) > 1);
    const [own, others] = running;
    // Somebody else's may be ended by an operator.
    expect((await ask(CANCEL, { id: own }, VIEWER)).data.cancelRootCauseAnalysis).toMatchObject({
      status: "CANCELLED",
    });
    expect((await ask(CANCEL, { id: others }, OPERATOR)).data.cancelRootCauseAnalysis.status).toBe("CANCELLED");
    expect(codeOf(await ask(CANCEL, { id: own }, VIEWER))).toBe("CONFLICT");
    const admins = (await start(ADMIN)).data.findRootCause.id;
    expect(codeOf(await ask(CANCEL, { id: admins }, VIEWER))).toBe("FORBIDDEN");
    await ask(CANCEL, { id: admins });
    await until("nobody waits for logs any more", () => fleet.inFlight({ cluster, upstream: "loki" }) === 0);
    await fleet.setFault(cluster, "loki", null);
    // Their places are free again.
    await until("there is room again", async () => !(await start(VIEWER)).errors);
    const { data } = await ask(`query ($id: UUID!) { rootCauseAnalysis(id: $id) { status causes { rank } } }`, {
      id: own,
    });
    expect(data.rootCauseAnalysis).toEqual({ status: "CANCELLED", causes: [] });
  }, 60_000);

  it("of clusters that one may not see are as if they were not there", async () => {
    const { id, alertId } = found.get("memory-leak") ?? {};
    const seen = CLUSTERS["deployment-error-loop"];
    const { data } = await ask(
      `query ($id: UUID!) { rootCauseAnalysis(id: $id) { id } rootCauseAnalyses { total items { cluster { name } } } }`,
      { id },
      VIEWER,
    );
    expect(data.rootCauseAnalysis).toBeNull();
    expect(data.rootCauseAnalyses.total).toBeGreaterThan(0);
    for (const { cluster } of data.rootCauseAnalyses.items) expect(cluster.name).toBe(seen);
    const clusterId = clusterOf("memory-leak");
    for (const [input, code] of [
      [{ alertId }, "ALERT_NOT_FOUND"],
      [{ clusterId }, "CLUSTER_NOT_FOUND"],
      [{ clusterName: CLUSTERS["memory-leak"] }, "CLUSTER_NOT_FOUND"],
    ]) {
      expect(codeOf(await ask(FIND, { input }, VIEWER))).toBe(code);
    }
    expect(codeOf(await ask(CANCEL, { id }, VIEWER))).toBe("ANALYSIS_NOT_FOUND");
    const progress = graph.subscribe(
      `subscription ($id: UUID!) { rootCauseProgress(id: $id) { id } }`,
      { id },
      { token: VIEWER },
    );
    expect((await progress.next()).value.errors).toMatchObject([{ extensions: { code: "ANALYSIS_NOT_FOUND" } }]);
    const firing = await ask(`{ incidents { items { clusters { name } } } }`, {}, VIEWER);
    expect(firing.data.incidents.items.length).toBeGreaterThan(0);
    for (const { clusters } of firing.data.incidents.items) expect(clusters).toEqual([{ name: seen }]);
  });

  it.each([
    ["nothing", {}, "give one of"],
    ["two things", { alertId: crypto.randomUUID(), clusterId: crypto.randomUUID() }, "give one of"],
    ["a window of an alert", { alertId: crypto.randomUUID(), window: {} }, "only for a cluster"],
  ])("are not asked of %s", async (_, input, message) => {
    const answer = await ask(FIND, { input });
    expect(codeOf(answer)).toBe("BAD_USER_INPUT");
    expect(answer.errors?.[0]?.message).toContain(message);
  });

  it("are not asked of what is not there, or of too long a time", async () => {
    expect(codeOf(await ask(FIND, { input: { alertId: crypto.randomUUID() } }))).toBe("ALERT_NOT_FOUND");
    expect(codeOf(await ask(FIND, { input: { anomalyId: crypto.randomUUID() } }))).toBe("ANOMALY_NOT_FOUND");
    const clusterName = CLUSTERS["memory-leak"];
    expect(codeOf(await ask(FIND, { input: { clusterName, window: { duration: "1d" } } }))).toBe("INVALID_TIME_RANGE");
  });

  it("belong to incidents: alerts that fire together for one reason are one", async () => {
    const filter = { clusterIds: [clusterOf("deployment-error-loop")] };
    const { data, errors } = await ask(
      `query ($filter: IncidentFilterInput) {
        incidents(filter: $filter) { total truncated items { startsAt labels alertCount clusters { name } alerts { alertname pod { name } } } }
      }`,
      { filter },
    );
    expect(errors).toBeUndefined();
    const groups: { alerts: { alertname: string }[]; clusters: object[] }[] = data.incidents.items;
    const crashing = groups.find(({ alerts }) => alerts.some(({ alertname }) => alertname === "KubePodCrashLooping"));
    expect(crashing?.alerts.length).toBeGreaterThan(1);
    expect(crashing?.clusters).toEqual([{ name: CLUSTERS["deployment-error-loop"] }]);
  });
});
