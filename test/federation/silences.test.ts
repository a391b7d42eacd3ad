import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { DemoCluster, DemoFleet } from "../../demo/fleet.ts";
import { enrolledFleet } from "../support/demo.ts";
import { startGraph, type TestGraph } from "../support/graph.ts";
import { describeModes } from "../support/modes.ts";
import { until } from "../support/until.ts";

const ADMIN = "admin-0123456789abcdef";
const OPERATOR = "operator-0123456789abcdef";
const VIEWER = "viewer-0123456789abcdef";
const TOKENS = JSON.stringify([
  { token: ADMIN, user: "root", roles: ["admin"] },
  { token: OPERATOR, user: "olga", roles: ["operator"] },
  { token: VIEWER, user: "vic", roles: ["viewer"] },
]);
const CREATE = `mutation ($input: SilenceInput!) { createSilence(input: $input) {
  clusterId clusterName cluster { name } status silenceId skipReason error { code message } } }`;
const EXPIRE = `mutation ($silences: [SilenceKeyInput!]!) { expireSilence(silences: $silences) { silenceId status error { code } } }`;
const UPDATE = `mutation ($clusterId: UUID!, $id: String!, $input: UpdateSilenceInput!) {
  updateSilence(clusterId: $clusterId, id: $id, input: $input) { silenceId status } }`;

interface Outcome {
  clusterId: string;
  clusterName: string;
  status: string;
  silenceId: string;
}

await describeModes("Silences of the fleet", (mode) => {
  let graph: TestGraph;
  let fleet: DemoFleet;
  let clusters: DemoCluster[];
  let ids: Map<string, string>;

  const done = async (query: string, variables: Record<string, unknown> = {}, token = OPERATOR) => {
    const { data, errors } = await graph.ask(query, variables, { token });
    expect(errors).toBeUndefined();
    return data;
  };
  const code = async (query: string, variables: Record<string, unknown>, token = OPERATOR): Promise<unknown> =>
    (await graph.ask(query, variables, { token })).errors?.[0]?.extensions["code"];
  const idOf = ({ name }: DemoCluster): string => ids.get(name) ?? "";
  const at = (index: number): DemoCluster => clusters[index] as DemoCluster;
  const input = (more: object = {}) => ({
    matchers: [`alertname="Noisy"`],
    duration: "1h",
    comment: "planned work",
    clusterIds: [idOf(at(0)), idOf(at(1))],
    ...more,
  });
  const create = async (more: object = {}): Promise<Outcome[]> =>
    (await done(CREATE, { input: input(more) })).createSilence;
  const list = async (filter = "{}", token = VIEWER) =>
    (
      await done(
        `{ silences(filter: ${filter}, pageSize: 100) { total complete items {
      id state createdBy comment clusterName sharedWith { name } matchingAlerts startsAt endsAt matchers { name value isRegex isEqual text } }
      outcomes { clusterName status } } }`,
        {},
        token,
      )
    ).silences;
  const asked = (method: string) =>
    fleet.requests().filter((request) => request.upstream === "alertmanager" && request.method === method);

  beforeAll(async () => {
    graph = await startGraph({ mode, jobs: true, env: { AIOPS_API_TOKENS: TOKENS, AIOPS_ALERT_POLL_MS: "60000" } });
    fleet = await enrolledFleet(graph, { clusters: 3 });
    clusters = [...fleet.clusters].sort((a, b) => (a.name < b.name ? -1 : 1));
    const { clusters: known } = await done(`{ clusters { items { id name } } }`);
    ids = new Map(known.items.map(({ id, name }: { id: string; name: string }) => [name, id]));
    await until("every cluster was read", async () => {
      const { clusters: read } = await done(`{ clusters { items { alertSource { polledAt } } } }`);
      return read.items.every(
        ({ alertSource }: { alertSource: { polledAt: string | null } | null }) => alertSource?.polledAt,
      );
    });
  });
  afterAll(async () => {
    await graph[Symbol.asyncDispose]();
    await fleet.close();
  });
  beforeEach(() => fleet.resetRequests());

  it("keep alerts quiet in several clusters at once, from the next reading on, which does not wait for its turn", async () => {
    fleet.setAlert(at(0).name, "Noisy", "firing", { namespace: "shop", severity: "critical" });
    await done(`mutation ($id: UUID!) { refreshCluster(id: $id) { id } }`, { id: idOf(at(0)) });
    const outcomes = await create();
    expect(outcomes).toMatchObject([
      {
        clusterName: at(0).name,
        cluster: { name: at(0).name },
        status: "SUCCESS",
        silenceId: expect.any(String),
        error: null,
      },
      { clusterName: at(1).name, status: "SUCCESS" },
    ]);
    const alert = await until("the alert is known as silenced", async () => {
      const { alerts } = await done(`{ alerts(filter: { alertnames: ["Noisy"], silenced: true }) { items {
        state silencedBy silences { id comment createdBy state } } } }`);
      return alerts.items[0];
    });
    const silenceId = outcomes[0]?.silenceId;
    expect(alert).toEqual({
      state: "FIRING",
      silencedBy: [silenceId],
      silences: [{ id: silenceId, comment: "planned work", createdBy: "olga", state: "ACTIVE" }],
    });

    const { items, complete, outcomes: rows } = await list(`{ search: "planned" }`);
    expect(complete).toBe(true);
    expect(rows.map(({ status }: Outcome) => status)).toEqual(["SUCCESS", "SUCCESS", "SUCCESS"]);
    const matching = items.map(({ clusterName, matchingAlerts }: { clusterName: string; matchingAlerts: number }) => [
      clusterName,
      matchingAlerts,
    ]);
    expect(new Map(matching)).toEqual(
      new Map([
        [at(0).name, 1],
        [at(1).name, 0],
      ]),
    );
    expect(items[0]).toMatchObject({
      matchers: [{ name: "alertname", value: "Noisy", isRegex: false, isEqual: true, text: `alertname="Noisy"` }],
    });

    const silences = outcomes.map(({ clusterId, silenceId: id }) => ({ clusterId, id }));
    expect((await done(EXPIRE, { silences })).expireSilence).toMatchObject([
      { status: "SUCCESS" },
      { status: "SUCCESS" },
    ]);
    await until("the alert is known as loud", async () => {
      const { alerts } = await done(`{ alerts(filter: { alertnames: ["Noisy"], silenced: false }) { total } }`);
      return alerts.total === 1;
    });
    expect((await list(`{ search: "planned" }`)).total).toBe(0);
    expect((await list(`{ search: "planned", states: [EXPIRED], createdBy: "olga" }`)).total).toBe(2);

    const { auditLog } = await done(`{ auditLog(pageSize: 100) { items { action actor before after } } }`, {}, ADMIN);
    const deeds = auditLog.items.filter(({ action }: { action: string }) => action.endsWith("_SILENCE"));
    expect(deeds).toHaveLength(4);
    expect(deeds.at(-1)).toMatchObject({
      action: "CREATE_SILENCE",
      actor: "olga",
      after: { matchers: [`alertname="Noisy"`], comment: "planned work", status: "SUCCESS" },
    });
    expect(deeds[0]).toMatchObject({ action: "EXPIRE_SILENCE", before: { comment: "planned work" } });
  });

  it("are previewed: what they would be of, in every cluster, without a word to any", async () => {
    const { previewSilence } = await done(
      `query ($input: SilencePreviewInput!) { previewSilence(input: $input) {
        clusters { clusterName matchingAlerts } alerts { total items { alertname clusterName } } } }`,
      { input: { matchers: [`alertname=~"Watch.*"`, `alertname!="Other"`] } },
      VIEWER,
    );
    expect(previewSilence.clusters).toEqual(clusters.map(({ name }) => ({ clusterName: name, matchingAlerts: 1 })));
    expect(previewSilence.alerts.total).toBe(3);
    expect(asked("POST")).toEqual([]);
  });

  it("fail where an Alertmanager does, and nowhere else", async () => {
    await fleet.setFault(at(1).name, "alertmanager", "error-503");
    try {
      const outcomes = await create({ selector: {}, clusterIds: null, matchers: [`alertname="Partly"`] });
      expect(outcomes.map(({ status }) => status)).toEqual(["SUCCESS", "ERROR", "SUCCESS"]);
      expect(outcomes[1]).toMatchObject({ silenceId: null, error: { code: "UPSTREAM_ERROR" } });
      const { complete, outcomes: rows } = await list();
      expect(complete).toBe(false);
      expect(rows.map(({ status }: Outcome) => status)).toEqual(["SUCCESS", "ERROR", "SUCCESS"]);
    } finally {
      await fleet.setFault(at(1).name, "alertmanager", null);
    }
  });

  it("are one where clusters share an Alertmanager", async () => {
    const { alertmanagerUrl, apiServerUrl, kubeconfig } = at(2);
    const register = async (name: string): Promise<string> =>
      (
        await done(
          `mutation ($input: RegisterClusterInput!) { registerCluster(input: $input) { id } }`,
          { input: { name, apiServerUrl, endpoints: { alertmanagerUrl }, credentials: { kubeconfig } } },
          ADMIN,
        )
      ).registerCluster.id;
    const [a, b] = [await register("sharing-a"), await register("sharing-b")];
    fleet.resetRequests();
    const outcomes = await create({ clusterIds: [a, b], comment: "shared" });
    expect(asked("POST")).toHaveLength(1);
    expect(new Set(outcomes.map(({ silenceId }) => silenceId)).size).toBe(1);
    const { items } = await list(`{ search: "shared", clusterIds: ["${a}", "${b}"] }`);
    expect(items).toMatchObject([{ clusterName: "sharing-a", sharedWith: [{ name: "sharing-b" }] }]);
    for (const id of [a, b]) await done(`mutation ($id: UUID!) { deleteCluster(id: $id) { id } }`, { id }, ADMIN);
  });

  it("are changed: kept where only the time is another, replaced where the matchers are", async () => {
    const [{ clusterId, silenceId: id } = { clusterId: "", silenceId: "" }] = await create({
      clusterIds: [idOf(at(0))],
    });
    const { updateSilence: longer } = await done(UPDATE, {
      clusterId,
      id,
      input: { duration: "2d", comment: "takes longer" },
    });
    expect(longer).toEqual({ silenceId: id, status: "SUCCESS" });
    const { updateSilence: other } = await done(UPDATE, { clusterId, id, input: { matchers: [`alertname="Other"`] } });
    expect(other.silenceId).not.toBe(id);
    const { items } = await list(`{ clusterIds: ["${clusterId}"], search: "takes longer" }`);
    expect(items).toMatchObject([{ id: other.silenceId, comment: "takes longer" }]);
    expect(await code(UPDATE, { clusterId, id: randomUUID(), input: { comment: "x" } })).toBe("SILENCE_NOT_FOUND");
  });

  it("that are not there are said to be not", async () => {
    const silences = [{ clusterId: idOf(at(0)), id: randomUUID() }];
    expect((await done(EXPIRE, { silences })).expireSilence).toEqual([
      { silenceId: null, status: "ERROR", error: { code: "SILENCE_NOT_FOUND" } },
    ]);
  });

  describe("are refused before any call", () => {
    it.each([
      ["without matchers", { matchers: [] }, "BAD_USER_INPUT"],
      ["with a matcher that is none", { matchers: ["nonsense"] }, "INVALID_MATCHER"],
      ["with a regular expression that is none", { matchers: [`a=~"("`] }, "INVALID_MATCHER"],
      ["of everything", { matchers: [`a=~".*"`, `b!="x"`] }, "BAD_USER_INPUT"],
      ["without a reason", { comment: "  " }, "BAD_USER_INPUT"],
      ["without an end", { duration: null }, "BAD_USER_INPUT"],
      ["with two ends", { endsAt: "2100-01-01T00:00:00Z" }, "BAD_USER_INPUT"],
      ["that have ended", { duration: null, endsAt: "2020-01-01T00:00:00Z" }, "BAD_USER_INPUT"],
      ["for no time", { duration: "0s" }, "INVALID_DURATION"],
      ["of nobody's alerts", { clusterIds: null }, "BAD_USER_INPUT"],
      ["of a cluster that is not there", { clusterIds: [randomUUID()] }, "CLUSTER_NOT_FOUND"],
    ])("%s", async (_, more, expected) => {
      expect(await code(CREATE, { input: input(more) })).toBe(expected);
      expect(asked("POST")).toEqual([]);
    });

    it("by who may not", async () => {
      const silences = [{ clusterId: idOf(at(0)), id: randomUUID() }];
      expect(await code(CREATE, { input: input() }, VIEWER)).toBe("FORBIDDEN");
      expect(await code(EXPIRE, { silences }, VIEWER)).toBe("FORBIDDEN");
      expect(await code(UPDATE, { ...silences[0], input: { comment: "x" } }, VIEWER)).toBe("FORBIDDEN");
    });
  });

  it("takes label names in UTF-8, as newer Alertmanagers do", async () => {
    const [outcome] = await create({
      matchers: [`"gpu.vendor"="ümlaut"`],
      clusterIds: [idOf(at(0))],
      comment: "utf-8",
    });
    expect(outcome?.status).toBe("SUCCESS");
    const { items } = await list(`{ search: "utf-8" }`);
    expect(items[0].matchers).toMatchObject([{ name: "gpu.vendor", value: "ümlaut", text: `"gpu.vendor"="ümlaut"` }]);
  });
});
