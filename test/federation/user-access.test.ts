import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { DemoFleet } from "../../demo/fleet.ts";
import { createTlsMaterial } from "../../demo/server/tls.ts";
import { enrolledFleet } from "../support/demo.ts";
import { type Answer, startGraph, type TestGraph } from "../support/graph.ts";
import { type HttpServer, startHttpServer } from "../support/http-server.ts";
import { type JwtIssuer, startJwtIssuer } from "../support/jwt-issuer.ts";
import { describeModes } from "../support/modes.ts";
import { SecretSearch } from "../support/secret-search.ts";
import { storedBytes } from "../support/stored-bytes.ts";

const ROOT = "root-token-of-the-test";
const PART = "part-token-of-the-test";
const AIOPS_API_TOKENS = JSON.stringify([
  { token: ROOT, user: "root", roles: ["admin"] },
  { token: PART, user: "part", roles: ["admin"], scope: { environments: ["PRODUCTION", "STAGING", "DEVELOPMENT"] } },
]);
const AIOPS_ACCESS = JSON.stringify([{ groups: ["staff"], roles: ["operator"] }]);
const UPDATE = `mutation ($id: UUID!, $input: UpdateClusterInput!) { updateCluster(id: $id, input: $input) { userAccess } }`;
const PODS = `{ clusters(pageSize: 10) { items { name pods(pageSize: 100, filter: { namespaces: ["shop"] }) { total items { namespace } } } } }`;
const OUTCOMES = `{ pods: clusters { items { name pods { total } } } }`;
const FORBIDDEN = "CLUSTER_FORBIDS_USER";

await describeModes("What users may in their clusters", (mode) => {
  let graph: TestGraph;
  let fleet: DemoFleet;
  let issuer: JwtIssuer;
  let parrot: HttpServer;
  let directory: string;
  const secrets = new SecretSearch();
  const outputs: { where: string; text: string }[] = [];
  /** Of the clusters by how they are asked. */
  const name = { impersonating: "", plain: "", own: "" };
  const ids: Record<string, string> = {};

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "aiops-access-"));
    issuer = await startJwtIssuer();
    const env = {
      AIOPS_API_TOKENS,
      AIOPS_ACCESS,
      AIOPS_OIDC_ISSUER: issuer.url,
      AIOPS_OIDC_AUDIENCE: "aiops",
      AIOPS_TOKENREVIEW_KUBECONFIG: join(directory, "kubeconfig"),
    };
    graph = await startGraph({ mode, env, logTo: (text) => void outputs.push({ where: "the log", text }) });
    fleet = await enrolledFleet(graph, { clusters: 3 });
    const { data } = await graph.ask(`{ clusters { items { id name } } }`, {}, { token: ROOT });
    for (const cluster of data.clusters.items) ids[cluster.name] = cluster.id;
    [name.impersonating, name.plain, name.own] = fleet.clusters.map((cluster) => cluster.name) as [
      string,
      string,
      string,
    ];
    const home = fleet.clusters[2];
    await writeFile(join(directory, "kubeconfig"), home?.kubeconfig ?? "");
    await root(UPDATE, { id: ids[name.impersonating], input: { userAccess: "IMPERSONATE" } });
    await root(UPDATE, { id: ids[name.own], input: { userAccess: "USER_TOKEN" } });
    const tls = await createTlsMaterial(["127.0.0.1"]);
    parrot = await startHttpServer(({ headers }, response) => {
      const heard = JSON.stringify(headers);
      response.writeHead(400, { "content-type": "application/json" });
      response.end(JSON.stringify({ status: "error", errorType: "bad_data", error: heard, message: heard }));
    }, tls);
    await root(`mutation ($input: RegisterClusterInput!) { registerCluster(input: $input) { id } }`, {
      input: {
        name: "parrot",
        apiServerUrl: parrot.url,
        userAccess: "USER_TOKEN",
        endpoints: {
          prometheusUrl: parrot.url,
          lokiUrl: parrot.url,
          tempoUrl: parrot.url,
          alertmanagerUrl: parrot.url,
        },
        credentials: { token: "parrots-own-token", caCertificate: tls.ca },
      },
    });
  });
  beforeEach(() => fleet.resetRequests());
  afterAll(async () => {
    await graph[Symbol.asyncDispose]();
    await Promise.all([fleet.close(), issuer[Symbol.asyncDispose](), parrot[Symbol.asyncDispose]()]);
    await rm(directory, { recursive: true });
  });

  const ask = async (query: string, variables: Record<string, unknown>, token: string): Promise<Answer> => {
    const answer = await graph.ask(query, variables, { token });
    outputs.push({ where: "an answer", text: JSON.stringify(answer) });
    return answer;
  };
  const root = async (query: string, variables: Record<string, unknown> = {}): Promise<Answer["data"]> => {
    const { data, errors } = await ask(query, variables, ROOT);
    expect(errors).toBeUndefined();
    return data;
  };
  /** By a token that the third cluster knows, in groups of hers there. */
  const person = (user: string, ...groups: string[]): string =>
    secrets.add(`the token of ${user}`, fleet.issueToken(name.own, { name: user, groups: ["staff", ...groups] }));
  const grant = (to: string, ...namespaces: string[]): void => {
    for (const cluster of [name.impersonating, name.own]) fleet.grant(cluster, to, namespaces);
  };
  /** How many pods of each cluster, or why they are not told. */
  const podsFor = async (token: string): Promise<Record<string, unknown>> => {
    const { data, errors = [] } = await ask(PODS, {}, token);
    const items: { name: string; pods: { total: number } | null }[] = data.clusters.items;
    const codeAt = (index: number) => errors.find(({ path }) => path?.[2] === index)?.extensions["code"];
    return Object.fromEntries(
      items.map((cluster, i) => [cluster.name, cluster.pods ? cluster.pods.total > 0 : codeAt(i)]),
    );
  };
  const asked = (cluster: string) =>
    fleet.requests().filter((request) => request.cluster === cluster && request.path.endsWith("/pods"));

  it("decide there, and of no other cluster's answer", async () => {
    const [ann, bob] = [person("ann", "shop-team"), person("bob")];
    grant("shop-team", "shop");
    expect(await podsFor(ann)).toMatchObject({ [name.impersonating]: true, [name.plain]: true, [name.own]: true });
    const refused = { [name.impersonating]: FORBIDDEN, [name.plain]: true, [name.own]: FORBIDDEN };
    expect(await podsFor(bob)).toMatchObject(refused);
    const { errors = [] } = await ask(OUTCOMES, {}, ann);
    expect(errors.map(({ message }) => message).join()).toContain("ask its owner for the right");
    // What is taken back counts at once: nothing was kept for anybody.
    grant("shop-team");
    expect(await podsFor(ann)).toMatchObject(refused);
  });

  it("are asked for once in an operation, in nobody else's name and by nobody else's token", async () => {
    const token = person("carol", "on, call");
    grant("carol", "shop");
    await ask(
      `{ a: clusters { items { ...p } } b: clusters { items { ...p } } } fragment p on Cluster { pods(filter: { namespaces: ["shop"] }) { total } }`,
      {},
      token,
    );
    const [impersonated, ...more] = asked(name.impersonating).map(({ headers }) => headers);
    expect(more).toEqual([]);
    expect(impersonated).toMatchObject({
      "impersonate-user": "carol",
      "impersonate-group": "staff, on, call, system:authenticated",
      authorization: `Bearer ${fleet.clusters[0]?.token}`,
    });
    const [own, ...others] = asked(name.own).map(({ headers }) => headers);
    expect(others).toEqual([]);
    expect(own?.["authorization"]).toBe(`Bearer ${token}`);
    expect(own).not.toHaveProperty("impersonate-user");
    for (const { headers } of asked(name.plain)) expect(headers).not.toHaveProperty("impersonate-user");
  });

  it("are never mixed up, however many ask at once", async () => {
    grant("shop-team", "shop");
    grant("mesh-team", "payments");
    const [ann, bob, eve] = [person("ann", "shop-team"), person("bob", "shop-team"), person("eve", "mesh-team")];
    const answers = await Promise.all(Array.from({ length: 12 }, (_, i) => podsFor([ann, bob, eve][i % 3] ?? "")));
    for (const [i, answer] of answers.entries()) {
      const seen = i % 3 === 2 ? FORBIDDEN : true;
      expect(answer).toMatchObject({ [name.impersonating]: seen, [name.plain]: true, [name.own]: seen });
    }
  });

  it("are asked for users of the issuer by impersonation alone, and for API tokens not at all", async () => {
    const token = await issuer.token({ sub: "olga", groups: ["staff", "shop-team"] });
    secrets.add("a JWT", token);
    grant("shop-team", "shop");
    expect(await podsFor(token)).toMatchObject({ [name.impersonating]: true, [name.own]: FORBIDDEN });
    const CREATE = `mutation { createApiToken(input: { name: "ci", expiresIn: "1h" }) { token } }`;
    const { createApiToken } = (await graph.ask(CREATE, {}, { token })).data;
    expect(await podsFor(createApiToken.token)).toMatchObject({
      [name.impersonating]: FORBIDDEN,
      [name.plain]: true,
      [name.own]: FORBIDDEN,
    });
    // A name of Kubernetes's own, which nobody's API server vouches for.
    fleet.grant(name.impersonating, "system:masters", ["*"]);
    const root = await podsFor(await issuer.token({ sub: "mallory", groups: ["staff", "system:masters"] }));
    expect(root[name.impersonating]).toBe(FORBIDDEN);
  });

  it("are asked for by hundreds of groups, all that fit into a header", async () => {
    const groups = Array.from({ length: 300 }, (_, i) => `group-of-people-${i}`);
    grant("group-of-people-299", "shop");
    const token = await issuer.token({ sub: "gus", groups: ["staff", ...groups] });
    expect((await podsFor(token))[name.impersonating]).toBe(true);
  });

  it("do not touch what the platform does by itself", async () => {
    const id = ids[name.own];
    for (let n = 0; n < 6; n++) await podsFor(person("bob"));
    const { data } = await ask(
      `mutation ($id: UUID!) { refreshCluster(id: $id) { status { state } capabilities { detectedAt } } }`,
      { id },
      person("bob"),
    );
    expect(data.refreshCluster.status.state).toBe("ONLINE");
    const checks = fleet.requests().filter(({ cluster, path }) => cluster === name.own && path === "/readyz");
    expect(checks.map(({ headers }) => headers["authorization"])).toEqual([`Bearer ${fleet.clusters[2]?.token}`]);
  });

  it("decide what is run for them, and the audit log says for whom", async () => {
    const id = ids[name.own];
    await root(`mutation ($id: UUID!) { setGpuExec(clusterId: $id, enabled: true) { id } }`, { id });
    const RUN = `query ($id: UUID!) { gpuProcesses(filter: { clusterIds: [$id] }) { outcomes { warnings error { code } } items { processName } } }`;
    const [gina, bob] = [person("gina"), person("bob")];
    grant("gina", "*");
    const { items } = (await ask(RUN, { id }, gina)).data.gpuProcesses;
    expect(items.length).toBeGreaterThan(0);
    const runs = fleet.requests().filter(({ path }) => path.endsWith("/exec"));
    expect(new Set(runs.map(({ headers }) => headers["authorization"]))).toEqual(new Set([`Bearer ${gina}`]));
    const answer = await ask(RUN, { id }, bob);
    expect(JSON.stringify(answer)).toContain("does not let");
    expect(answer.data).toBeNull();
    const { auditLog } = await root(`{ auditLog(filter: { action: "RUN_NVIDIA_SMI" }) { items { actor after } } }`);
    expect(auditLog.items).toMatchObject([{ actor: "gina", after: { as: "gina" } }]);
  });

  it("decide what is told of GPUs, by whatever way one comes to them", async () => {
    const { cluster } = await root(`{ cluster(name: "parrot") { id } }`);
    const queries = [
      `{ cluster(id: "${cluster.id}") { gpuNodes { nodeName } } }`,
      `{ cluster(id: "${cluster.id}") { gpuSummary { devices } } }`,
      `{ gpuNode(clusterId: "${cluster.id}", nodeName: "a") { nodeName } }`,
    ];
    const token = person("gina");
    const before = parrot.requests.length;
    for (const query of queries) await ask(query, {}, token);
    const told = parrot.requests.slice(before).map(({ headers }) => headers.authorization);
    expect(new Set(told)).toEqual(new Set([`Bearer ${token}`]));
    // Who brings no token that the cluster could know.
    for (const query of queries)
      expect((await ask(query, {}, ROOT)).errors?.[0]?.extensions["code"], query).toBe(FORBIDDEN);
    expect(parrot.requests.length).toBe(before + told.length);
  });

  it("say of the credentials whether they may impersonate, and what to do", async () => {
    fleet.forbid(name.impersonating, ["users"]);
    const { validateClusterCredentials } = await root(
      `mutation ($id: UUID!) { validateClusterCredentials(clusterId: $id) { permissions { verb resource allowed } } }`,
      { id: ids[name.impersonating] },
    );
    expect(validateClusterCredentials.permissions).toEqual(
      expect.arrayContaining([
        { verb: "impersonate", resource: "users", allowed: false },
        { verb: "impersonate", resource: "groups", allowed: true },
      ]),
    );
    expect((await podsFor(person("ann")))[name.impersonating]).toBe("UPSTREAM_REFUSED");
    fleet.forbid(name.impersonating, []);
  });

  describe("are set", () => {
    it("by administrators, those with users' tokens by who sees all clusters, and are on record", async () => {
      const codeOf = async (input: object, token: string, id = ids[name.own]) =>
        (await ask(UPDATE, { id, input }, token)).errors?.[0]?.extensions["code"];
      expect(await codeOf({ userAccess: "USER_TOKEN" }, PART, ids[name.plain])).toBe("FORBIDDEN");
      expect(await codeOf({ apiServerUrl: "https://api.example" }, PART)).toBe("FORBIDDEN");
      expect(await codeOf({ endpoints: { lokiUrl: "https://loki.example" } }, PART)).toBe("FORBIDDEN");
      expect(await codeOf({ region: "eu" }, PART)).toBeUndefined();
      expect(await codeOf({ userAccess: "IMPERSONATE" }, person("bob"))).toBe("FORBIDDEN");
      const { auditLog } = await root(
        `{ auditLog(filter: { action: "UPDATE_CLUSTER" }, pageSize: 50) { items { after } } }`,
      );
      const told = auditLog.items.map(({ after }: { after: { userAccess: string } }) => after.userAccess);
      expect(told).toEqual(expect.arrayContaining(["IMPERSONATE", "USER_TOKEN"]));
    });
  });

  it("let no token out: of answers, the log, metrics and what is stored", async () => {
    const token = person("ann", "shop-team");
    for (const query of [
      OUTCOMES,
      `{ metrics(query: { query: "up" }) { outcomes { clusterName status error { code message } } } }`,
      `{ logs(query: { query: "{a=~\\".+\\"}" }) { outcomes { clusterName error { message } } } }`,
      `{ silences { outcomes { cluster { name } error { message } } } }`,
      `{ gpuNodes { outcomes { clusterName error { message } } } }`,
      `mutation { createSilence(input: { clusterIds: ["${randomUUID()}"], matchers: ["a=\\"b\\""], duration: "1h", comment: "x" }) { status } }`,
    ])
      await ask(query, {}, token);
    expect(parrot.requests.some(({ headers }) => headers.authorization === `Bearer ${token}`)).toBe(true);
    outputs.push({ where: "the metrics", text: await (await fetch(`${graph.url}/metrics`)).text() });
    const found = [
      ...outputs.flatMap(({ where, text }) => secrets.in(where, text)),
      ...(await storedBytes(graph.platform)).flatMap(({ where, bytes }) => secrets.in(where, bytes)),
    ];
    expect([...new Set(found)]).toEqual([]);
    expect(outputs.filter(({ where }) => where === "the log").length).toBeGreaterThan(0);
  });
});
