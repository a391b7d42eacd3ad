import { randomBytes, randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type DemoFleet, startDemoFleet } from "../../demo/fleet.ts";
import { createTlsMaterial, type TlsMaterial } from "../../demo/server/tls.ts";
import { vouchedFor } from "../../subgraphs/shared/kernel/vouched.ts";
import { notification } from "../support/alerts.ts";
import { ADMIN } from "../support/demo.ts";
import { startGraph, type TestGraph } from "../support/graph.ts";
import { type HttpServer, startHttpServer } from "../support/http-server.ts";
import { type LlmServer, startLlmServer } from "../support/llm-server.ts";
import { describeModes } from "../support/modes.ts";
import { type OidcIssuer, startOidcIssuer } from "../support/oidc-issuer.ts";
import { SecretSearch } from "../support/secret-search.ts";
import { storedBytes } from "../support/stored-bytes.ts";
import { until } from "../support/until.ts";

const CREDENTIALS = `applied credentials { authType } endpoints { endpoint status error { code message } }`;
const CLUSTER = `id name status { state lastError } credentials { authType createdAt expiresAt validatedAt }`;
/** Something that every output may hold, and that a search therefore finds. */
const PUBLIC = `public-${randomBytes(9).toString("hex")}`;

await describeModes("No secret comes out", (mode) => {
  let graph: TestGraph;
  let fleet: DemoFleet;
  let tls: TlsMaterial;
  let clientTls: TlsMaterial;
  let issuer: OidcIssuer;
  /** Tells in whatever it answers what it was asked with. */
  let parrot: HttpServer;
  let model: LlmServer;
  const secrets = new SecretSearch();
  const outputs: { where: string; text: string }[] = [];
  const driven = new Set<string>();
  /** Mutations that were accepted, by the id of their request. */
  const deeds = new Map<string, string>();

  const note = (where: string, text: string): void => void outputs.push({ where, text });
  const marked = (what: string): string =>
    secrets.add(what, `${what}+/"&${randomBytes(15).toString("base64url")}.${randomBytes(15).toString("base64url")}`);

  /** One that can stand where only letters and digits can. */
  const word = (what: string): string =>
    secrets.add(what, `${what.replace(/\W/g, "")}${randomBytes(20).toString("hex")}`);

  beforeAll(async () => {
    [tls, clientTls] = await Promise.all([createTlsMaterial(["127.0.0.1"]), createTlsMaterial(["client"])]);
    model = await startLlmServer();
    const apiKey = word("a model's key");
    const AIOPS_LLM_MODELS = JSON.stringify([{ id: "m", url: model.url, model: "m", apiKey }]);
    graph = await startGraph({ mode, env: { AIOPS_LLM_MODELS }, logTo: (line) => note("the log", line) });
    fleet = await startDemoFleet({ clusters: 4 });
    for (const { name, token } of fleet.clusters) secrets.add(`the token of ${name}`, token);
    secrets.addPem("the client's key", clientTls.key);
    issuer = await startOidcIssuer(tls, () => secrets.add("an issued token", fleet.issueToken(demo(1).name)));
    parrot = await startHttpServer(({ path, headers, body }, response) => {
      const heard = JSON.stringify({ ...headers, body });
      response.writeHead(path.startsWith("/api/v1/query") ? 400 : 500, "Failed", {
        "content-type": "application/json",
        "x-heard": encodeURIComponent(heard),
      });
      response.end(
        JSON.stringify({ kind: "Status", message: heard, error: heard, status: "error", errorType: "bad_data" }),
      );
    }, tls);
  });
  afterAll(async () => {
    await graph[Symbol.asyncDispose]();
    await model?.[Symbol.asyncDispose]();
    await Promise.all([fleet.close(), issuer[Symbol.asyncDispose](), parrot[Symbol.asyncDispose]()]);
  });

  const demo = (index: number) => {
    const cluster = fleet.clusters[index];
    if (!cluster) throw new Error("There is no such demo cluster.");
    return cluster;
  };
  /** An operation, its answer kept as it came. */
  async function send(query: string, variables: Record<string, unknown> = {}, requestId: string = randomUUID()) {
    for (const [, field = ""] of query.matchAll(/^\s*(?:mutation[^{]*)\{\s*(\w+)/gm)) driven.add(field);
    const response = await fetch(`${graph.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-request-id": requestId },
      body: JSON.stringify({ query, variables }),
    });
    const text = await response.text();
    note(`the answer to ${query.slice(0, 60)}`, text);
    note("the answer's headers", JSON.stringify([...response.headers]));
    return JSON.parse(text);
  }
  const accepted = async (query: string, variables: Record<string, unknown> = {}) => {
    const requestId = randomUUID();
    const { data, errors } = await send(query, variables, requestId);
    expect(errors).toBeUndefined();
    const [field = ""] = Object.keys(data);
    if (query.startsWith("mutation") && data[field].applied !== false) deeds.set(requestId, field);
    if (field === "validateClusterCredentials") deeds.set(requestId, field);
    return Object.values(data)[0] as { id: string; applied: boolean; endpoints: unknown[] };
  };
  const refused = async (query: string, variables: Record<string, unknown> = {}): Promise<void> => {
    const { errors } = await send(query, variables);
    expect(errors?.length).toBeGreaterThan(0);
  };

  const REGISTER = `mutation ($input: RegisterClusterInput!) { registerCluster(input: $input) { ${CLUSTER} } }`;
  const UPDATE = `mutation ($id: UUID!, $input: UpdateClusterInput!, $at: DateTime) { updateCluster(id: $id, input: $input, expectedUpdatedAt: $at) { ${CLUSTER} } }`;
  const REFRESH = `mutation ($id: UUID!) { refreshCluster(id: $id) { ${CLUSTER} } }`;
  const SET = `mutation ($id: UUID!, $input: CredentialsInput!) { setClusterCredentials(clusterId: $id, input: $input) { ${CREDENTIALS} } }`;
  const ROTATE = `mutation ($id: UUID!, $input: CredentialsInput!) { rotateClusterCredentials(clusterId: $id, input: $input) { ${CREDENTIALS} } }`;
  const VALIDATE = `mutation ($id: UUID!) { validateClusterCredentials(clusterId: $id) { ${CREDENTIALS} } }`;
  const IMPORT = `mutation ($input: ImportKubeconfigInput!) { importKubeconfig(input: $input) { context status error { code message } cluster { id } } }`;

  const yaml = (user: string, server = demo(1).apiServerUrl, more = "") => `apiVersion: v1
kind: Config
current-context: one
contexts: [{ name: one, context: { cluster: one, user: one } }]
clusters: [{ name: one, cluster: { server: "${server}", certificate-authority-data: ${Buffer.from(tls.ca).toString("base64")} } }]
users: [{ name: one, user: { ${user} } }]
${more}`;
  const quoted = (text: string): string => JSON.stringify(text);
  const registration = (name: string, more: object) => ({
    name,
    displayName: PUBLIC,
    apiServerUrl: demo(1).apiServerUrl,
    endpoints: { prometheusUrl: demo(1).prometheusUrl },
    ...more,
  });
  const oidc = (clientSecret: string) => ({
    oidc: { issuerUrl: issuer.url, clientId: "aiops", clientSecret, caCertificate: tls.ca },
    caCertificate: demo(1).caCertificate,
  });

  /** What is done about alerts, with an Alertmanager that repeats what it hears, and a webhook whose token is shown once. */
  async function alertDeeds(clusterId: string): Promise<void> {
    const silence = { clusterIds: [clusterId], matchers: [`a="b"`], duration: "1h", comment: PUBLIC };
    await accepted(
      `mutation ($input: SilenceInput!) { createSilence(input: $input) { status error { code message } } }`,
      { input: silence },
    );
    await refused(
      `mutation ($id: UUID!) { updateSilence(clusterId: $id, id: "s", input: { comment: "x" }) { silenceId } }`,
      { id: clusterId },
    );
    await accepted(
      `mutation ($id: UUID!) { expireSilence(silences: [{ clusterId: $id, id: "s" }]) { status error { message } } }`,
      { id: clusterId },
    );
    // Not kept as other answers are: it holds the token, as it has to.
    const requestId = randomUUID();
    const { data } = await graph.ask(
      `mutation ($id: UUID!) { createAlertWebhook(clusterId: $id) { token path webhook { id } } }`,
      { id: clusterId },
      { headers: { "x-request-id": requestId } },
    );
    const { token, path, webhook } = data.createAlertWebhook;
    driven.add("createAlertWebhook");
    deeds.set(requestId, "createAlertWebhook");
    secrets.add("a webhook's token", token);
    const labels = { alertname: "Told", severity: "critical" };
    const body = JSON.stringify(notification([{ labels, annotations: { summary: PUBLIC }, startsAt: new Date() }]));
    for (const each of [body, "{", `${body}}`]) {
      const answer = await fetch(`${graph.routesUrl("observability")}${path}`, { method: "POST", body: each });
      note("a webhook's answer", await answer.text());
    }
    const { alerts } = (await send(`{ alerts(filter: { alertnames: ["Told"] }) { items { id labels annotations } } }`))
      .data;
    const { id } = alerts.items[0];
    await accepted(
      `mutation ($id: UUID!) { acknowledgeAlert(id: $id, note: "mine") { id acknowledgement { owner } } }`,
      { id },
    );
    await accepted(`mutation ($id: UUID!) { unacknowledgeAlert(id: $id) { id } }`, { id });
    await send(
      `query ($id: UUID!) { alertWebhooks(clusterId: $id) { id lastUsedAt } silences { outcomes { error { message } } } }`,
      {
        id: clusterId,
      },
    );
    await accepted(`mutation ($id: UUID!) { revokeAlertWebhook(id: $id) { id } }`, { id: webhook.id });
  }

  /** Somebody talks to a model that repeats what it hears, and says more than they should. */
  async function chatDeeds(): Promise<void> {
    const persona = { id: "parrot-expert", name: PUBLIC, description: PUBLIC, systemPrompt: PUBLIC, capabilities: [] };
    await accepted(`mutation ($input: PersonaInput!) { createPersona(input: $input) { id } }`, { input: persona });
    await accepted(`mutation ($input: PersonaInput!) { updatePersona(input: $input) { id } }`, { input: persona });
    await accepted(`mutation { deletePersona(id: "parrot-expert") { id } }`);
    const session = await accepted(`mutation { createChatSession { id } }`);
    const { id } = session;
    await accepted(`mutation ($id: UUID!) { updateChatSession(id: $id, input: { title: "T" }) { id } }`, { id });
    await accepted(`mutation ($id: UUID!) { extendChatSession(id: $id) { id } }`, { id });
    await accepted(
      `mutation ($id: UUID!) { shareChatSession(id: $id, input: { userId: "colleague" }) { shares { userId } } }`,
      { id },
    );
    await accepted(`mutation ($id: UUID!) { unshareChatSession(id: $id, userId: "colleague") { id } }`, { id });
    model.answerBy((request) => ({
      text: [JSON.stringify(request.messages.at(-1).content)],
      finish: null,
      usage: null,
    }));
    const answer = await accepted(
      `mutation ($id: UUID!, $text: String!) { sendChatMessage(sessionId: $id, content: $text) { id } }`,
      { id, text: `Why does "password: ${word("a password in a question")}" not work?` },
    );
    const ended = () =>
      until("the answer has ended", async () => {
        const { chatMessage } = (
          await send(`query ($id: UUID!) { chatMessage(id: $id) { status content error } }`, answer)
        ).data;
        return chatMessage.status !== "RUNNING";
      });
    await ended();
    await accepted(`mutation ($id: UUID!) { resumeChatMessage(id: $id) { id } }`, { id: answer.id });
    await ended();
    model.script({ status: 500, body: "out of order" });
    const again = await accepted(`mutation ($id: UUID!) { regenerateChatMessage(id: $id) { id } }`, { id: answer.id });
    await until("the other answer has ended", async () => {
      const { data } = await send(`query ($id: UUID!) { chatMessage(id: $id) { status error } }`, again);
      return data.chatMessage.status !== "RUNNING";
    });
    await refused(`mutation ($id: UUID!) { cancelChatMessage(id: $id) { id } }`, { id: answer.id });
    await refused(`mutation ($id: UUID!) { approveToolCall(messageId: $id, callId: "c", argsHash: "h") { id } }`, {
      id: answer.id,
    });
    await accepted(`mutation ($id: UUID!) { chooseChatBranch(messageId: $id) { id } }`, { id: answer.id });
    await send(`query ($id: UUID!) { exportChatSession(id: $id) availableModels { id problem } }`, { id });
    await accepted(`mutation ($id: UUID!) { deleteChatSession(id: $id) { id } }`, { id });
  }

  /** Reports of what endpoints repeat, and their downloads. */
  async function reportDeeds(clusterId: string): Promise<void> {
    const GENERATE = `mutation ($id: UUID!, $type: ReportType!) { generateReport(input: { reportType: $type, format: JSON, clusterIds: [$id] }) { id } }`;
    const isOver = async (id: string): Promise<boolean> => {
      const { data } = await send(`query ($id: UUID!) { report(id: $id) { status error storagePath } }`, { id });
      return data.report.status === "READY" || data.report.status === "FAILED";
    };
    const ended = (id: string) => until("the report is over", () => isOver(id), 60_000);
    for (const type of ["EXECUTIVE_SUMMARY", "DETAILED_ANALYSIS", "INCIDENT_REPORT", "CAPACITY_PLAN"]) {
      const { id } = await accepted(GENERATE, { id: clusterId, type });
      await ended(id);
      const answer = await fetch(`${graph.url}/reports/${id}`);
      note(`a downloaded ${type}`, await answer.text());
      note("a download's headers", JSON.stringify([...answer.headers]));
      await refused(`mutation ($id: UUID!) { cancelReport(id: $id) { id } }`, { id });
      await accepted(`mutation ($id: UUID!) { deleteReport(id: $id) { id } }`, { id });
    }
    const input = { name: "r", reportType: "INCIDENT_REPORT", cron: "0 7 * * *", selector: { ids: [clusterId] } };
    const schedule = await accepted(
      `mutation ($input: ReportScheduleInput!) { createReportSchedule(input: $input) { id lastError } }`,
      { input },
    );
    const { id } = schedule;
    await accepted(
      `mutation ($id: UUID!, $input: ReportScheduleInput!) { updateReportSchedule(id: $id, input: $input) { id } }`,
      { id, input },
    );
    await ended((await accepted(`mutation ($id: UUID!) { runReportSchedule(id: $id) { id } }`, { id })).id);
    await accepted(`mutation ($id: UUID!) { deleteReportSchedule(id: $id) { id } }`, { id });
  }

  /** A token to sign in with, used for what is accepted and what is refused, and taken back. */
  async function apiTokenDeeds(): Promise<void> {
    // Not kept as other answers are: it holds the token, as it has to.
    const requestId = randomUUID();
    const { data } = await graph.ask(
      `mutation ($input: ApiTokenInput!) { createApiToken(input: $input) { token apiToken { id } } }`,
      { input: { name: PUBLIC, expiresIn: "1h", scope: { labelSelector: "no=where" } } },
      { headers: { "x-request-id": requestId } },
    );
    const { token, apiToken } = data.createApiToken;
    driven.add("createApiToken");
    deeds.set(requestId, "createApiToken");
    secrets.add("an API token", token);
    const asked = [
      `{ clusters { total } }`,
      `{ auditLog { total } }`,
      `mutation { deleteCluster(id: "${apiToken.id}") { id } }`,
    ];
    const answers = await Promise.all(asked.map((query) => graph.ask(query, {}, { token })));
    // On loopback without any other sign-in, too, it may no more than it was given.
    expect(answers[0]?.data).toEqual({ clusters: { total: 0 } });
    note("answers to an API token", JSON.stringify(answers));
    await send(`{ apiTokens { items { id name hint createdBy role scope lastUsedAt } } }`);
    await accepted(`mutation ($id: UUID!) { revokeApiToken(id: $id) { id hint revokedAt } }`, { id: apiToken.id });
    const refusal = await graph.ask(`{ clusters { total } }`, {}, { token });
    expect(refusal.errors?.[0]?.extensions["code"]).toBe("UNAUTHENTICATED");
    note("the refusal of an API token", JSON.stringify(refusal));
  }

  /** Clusters' metrics are looked at, and what is found is spoken of. */
  async function anomalyDeeds(): Promise<void> {
    const found = await accepted(
      `mutation { detectAnomalies(input: { query: "vector(1)", above: 0, keep: true }) { anomalies { id explanation } outcomes { error { message } } } }`,
    );
    const id = (found as unknown as { anomalies: { id: string }[] }).anomalies[0]?.id;
    await accepted(`mutation ($id: UUID!) { acknowledgeAnomaly(id: $id, note: "mine") { id } }`, { id });
    await accepted(`mutation ($id: UUID!) { unacknowledgeAnomaly(id: $id) { id } }`, { id });
    await accepted(`mutation ($id: UUID!) { markAnomalyExpected(id: $id) { id } }`, { id });
    await refused(`mutation ($id: UUID!) { muteAnomalySeries(id: $id) { id } }`, { id });
    const rule = await accepted(
      `mutation { createDetectionRule(input: { name: "r", expression: "up" }) { id lastError } }`,
    );
    await accepted(`mutation ($id: UUID!) { muteDetectionRule(id: $id) { id } }`, { id: rule.id });
    await accepted(
      `mutation ($id: UUID!) { updateDetectionRule(id: $id, input: { name: "r", expression: "up", enabled: false }) { id } }`,
      { id: rule.id },
    );
    await accepted(`mutation ($id: UUID!) { deleteDetectionRule(id: $id) { id } }`, { id: rule.id });
  }

  /** Somebody asks with a token of their own, and is told what the cluster hears. */
  async function userTokenDeeds(id: string): Promise<void> {
    const own = word("a user's own token");
    await accepted(UPDATE, { id, input: { userAccess: "USER_TOKEN" } });
    const scope = `clusterIds: ["${id}"]`;
    for (const query of [
      `{ cluster(id: "${id}") { nodes { total } pods { total } } }`,
      `{ metrics(query: { query: "up", ${scope} }) { outcomes { status error { message } } } }`,
      `{ logs(query: { query: "{a=~\\".+\\"}", ${scope} }) { outcomes { status error { message } } } }`,
      `{ gpuNodes(filter: { ${scope} }) { outcomes { error { message } } } }`,
      `mutation { createSilence(input: { ${scope}, matchers: ["a=\\"b\\""], duration: "1h", comment: "c" }) { error { message } } }`,
    ]) {
      const answer = await graph.gateway.execute(query, {}, { ...ADMIN, ...vouchedFor("oidc", [], own) });
      note("an answer to a user with a token of their own", JSON.stringify(answer));
    }
    expect(parrot.requests.filter(({ headers }) => headers.authorization === `Bearer ${own}`).length).toBeGreaterThan(
      4,
    );
    await accepted(UPDATE, { id, input: { userAccess: "SERVICE_ACCOUNT" } });
  }

  it("however it is given, taken or refused, in any answer, event, log line, audit entry, metric or stored byte", async () => {
    const events = graph.subscribe(
      `subscription { events { cursor event { eventType payload cluster { ${CLUSTER} } } } }`,
    );
    let told = 0;
    const listening = (async () => {
      for await (const item of events) {
        told += 1;
        note("an event", JSON.stringify(item));
      }
    })();
    await until("the stream is open", async () => {
      await accepted(REGISTER, { input: registration(`opening-${randomBytes(4).toString("hex")}`, {}) });
      return told > 0;
    });

    const { kubeconfig, token, caCertificate, name } = demo(1);
    const one = await accepted(REGISTER, {
      input: registration("one", { credentials: { kubeconfig, prometheusToken: marked("prometheus-token") } }),
    });
    const { id } = one;
    await accepted(REFRESH, { id });
    await accepted(VALIDATE, { id });

    // What is refused: by its shape, its content, its type, the record's state, a policy.
    const basic = yaml(`username: admin, password: ${quoted(marked("basic-password"))}`);
    const bad: object[] = [
      {
        kubeconfig: yaml(
          `token: ${quoted(marked("exec-token"))}, exec: { command: x, args: [${quoted(marked("exec-argument"))}] }`,
        ),
      },
      { kubeconfig: yaml(`token: ${quoted(`${marked("spaced-token")} x`)}`) },
      {
        kubeconfig: yaml(
          `client-certificate-data: ${quoted(marked("broken-certificate"))}, client-key-data: ${quoted(marked("broken-key"))}`,
        ),
      },
      { kubeconfig: `users: [ ${marked("unparsable")}: {` },
      { token: `${marked("token-with-a-break")}\n` },
      { token: marked("given-twice"), kubeconfig: basic },
      { token: "t", caCertificate: marked("authority") },
      { token: [marked("token-in-a-list")] },
      { token: { [word("token-as-a-name")]: marked("token-in-an-object") } },
      { tokn: marked("misnamed-token") },
      {
        oidc: {
          issuerUrl: `https://me:${word("password-in-a-url")}@issuer.example`,
          clientId: "c",
          clientSecret: marked("oidc-secret-1"),
        },
      },
      { oidc: { issuerUrl: "https://169.254.169.254", clientId: "c", clientSecret: marked("oidc-secret-2") } },
      { oidc: { clientSecret: marked("oidc-secret-3") } },
      { oidc: marked("oidc-as-text") },
      { serviceAccountTokenSecretRef: "no/where", prometheusToken: marked("beside-a-reference") },
      { serviceAccountTokenSecretRef: marked("no-reference") },
    ];
    for (const credentials of bad) {
      await refused(REGISTER, { input: registration("bad", { credentials }) });
      await refused(UPDATE, { id, input: { credentials } });
      await refused(SET, { id, input: credentials });
      await refused(ROTATE, { id, input: credentials });
    }
    await refused(REGISTER, { input: registration("one", { credentials: { token: marked("token-of-a-twin") } }) });
    const stale = { at: "2020-01-01T00:00:00Z", input: { credentials: { token: marked("stale-token") } } };
    await refused(UPDATE, { id, ...stale });
    await refused(REGISTER, {
      input: registration("bad", {
        apiServerUrl: `https://me:${word("url-password")}@api.example`,
      }),
    });
    for (const text of [
      `{ token: 5, prometheusToken: ${quoted(marked("inline-1"))} }`,
      `{ tokn: ${quoted(marked("inline-2"))} }`,
      `{ kubeconfig: [${quoted(marked("inline-3"))}] }`,
      `${quoted(marked("inline-4"))}`,
      `{ token: ${word("inline-5")} }`,
      `{ token ${quoted(marked("inline-6"))} }`,
      `{ token: "${word("inline-7")} }`,
    ])
      await refused(`mutation { setClusterCredentials(clusterId: "${id}", input: ${text}) { applied } }`);

    // What is stored, and used: each kind, accepted and not.
    const clientCertificate = yaml(
      `client-certificate-data: ${Buffer.from(clientTls.cert).toString("base64")}, client-key-data: ${Buffer.from(clientTls.key).toString("base64")}`,
    );
    for (const input of [
      { token: secrets.add("a further token", fleet.issueToken(name)), caCertificate },
      { token: marked("unknown-token"), caCertificate, prometheusToken: marked("another-prometheus-token") },
      { kubeconfig: basic },
      { kubeconfig: clientCertificate },
      oidc(marked("oidc-secret")),
    ]) {
      expect((await accepted(SET, { id, input })).applied).toBe(true);
      await accepted(REFRESH, { id });
      await accepted(VALIDATE, { id });
      await accepted(UPDATE, { id, input: { credentials: input } });
    }
    issuer.state.refusal = { status: 400, body: `{"error":"invalid_client","error_description":"no ${token}"}` };
    await accepted(SET, { id, input: oidc(marked("refused-oidc-secret")) });
    await accepted(REFRESH, { id });
    issuer.state.refusal = null;
    expect((await accepted(ROTATE, { id, input: { token: marked("refused-token"), caCertificate } })).applied).toBe(
      false,
    );
    expect((await accepted(ROTATE, { id, input: { kubeconfig } })).applied).toBe(true);

    // Endpoints that repeat whatever they hear.
    const parroting = await accepted(REGISTER, {
      input: registration("parrot", {
        apiServerUrl: parrot.url,
        endpoints: {
          prometheusUrl: parrot.url,
          lokiUrl: parrot.url,
          tempoUrl: parrot.url,
          alertmanagerUrl: parrot.url,
        },
        credentials: { token: marked("parroted-token"), caCertificate: tls.ca },
      }),
    });
    await accepted(REFRESH, { id: parroting.id });
    await accepted(VALIDATE, { id: parroting.id });
    await accepted(SET, {
      id: parroting.id,
      input: { kubeconfig: yaml(`username: ann, password: ${quoted(marked("parroted-password"))}`, parrot.url) },
    });
    await send(`{ metrics(query: { query: "up" }) { outcomes { clusterName status error { message } } } }`);
    const SET_GPU_EXEC = `mutation ($id: UUID!) { setGpuExec(clusterId: $id, enabled: true) { id gpuExecEnabled } }`;
    for (const each of [id, parroting.id]) await accepted(SET_GPU_EXEC, { id: each });
    await send(`{ gpuNodes { outcomes { clusterName error { message } } items { gpus { availability { reason } } } }
      gpuProcesses { outcomes { clusterName warnings error { message } } items { processName } } }`);
    await send(`query ($id: UUID!) { cluster(id: $id) { nodes { total } pods { total } namespaces { name } } }`, {
      id: parroting.id,
    });
    const FIND = `mutation ($id: UUID!, $wait: Int!) { findRootCause(input: { clusterId: $id, namespace: "shop" }, waitSeconds: $wait) { id status missing error } }`;
    await accepted(FIND, { id: parroting.id, wait: 60 });
    const search = await accepted(FIND, { id: parroting.id, wait: 0 });
    await send(`mutation ($id: UUID!) { cancelRootCauseAnalysis(id: $id) { id status } }`, { id: search.id });
    await userTokenDeeds(parroting.id);
    await alertDeeds(parroting.id);
    await accepted(SET, {
      id: parroting.id,
      input: {
        oidc: {
          issuerUrl: parrot.url,
          clientId: "aiops",
          clientSecret: marked("parroted-secret"),
          caCertificate: tls.ca,
        },
      },
    });

    await send(IMPORT, { input: { kubeconfig: yaml(`token: ${quoted(marked("imported-token"))}`) } });
    await send(IMPORT, { input: { kubeconfig: yaml(`tokenFile: ${quoted(marked("imported-file"))}`) } });
    await send(IMPORT, { input: { kubeconfig: `{ ${marked("imported-nonsense")}` } });
    const { kubeconfig: hubKubeconfig, apiServerUrl } = demo(0);
    const hub = await accepted(REGISTER, {
      input: registration("hub", { apiServerUrl, credentials: { kubeconfig: hubKubeconfig } }),
    });
    await accepted(
      `mutation ($id: UUID!) { importFromHub(input: { clusterId: $id }) { context status error { message } cluster { ${CLUSTER} } } }`,
      { id: hub.id },
    );

    await accepted(`mutation ($id: UUID!) { deleteClusterCredentials(clusterId: $id) { ${CLUSTER} } }`, { id: hub.id });
    await accepted(`mutation { rotateEncryptionKeys { total rewrapped remaining failures { message } } }`);
    await accepted(`mutation ($id: UUID!) { deleteCluster(id: $id) { ${CLUSTER} } }`, { id });
    await accepted(`mutation ($id: UUID!) { restoreCluster(id: $id) { ${CLUSTER} } }`, { id });
    await accepted(`mutation ($id: UUID!) { deleteCluster(id: $id) { ${CLUSTER} } }`, { id: hub.id });
    await accepted(`mutation ($id: UUID!) { purgeCluster(id: $id) }`, { id: hub.id });

    // What else can be done with a cluster that has credentials.
    const watch = await accepted(`mutation { createMetricWatch(input: { name: "w", query: "up", above: 0 }) { id } }`);
    await accepted(
      `mutation ($id: UUID!) { updateMetricWatch(id: $id, input: { name: "w", query: "up", below: 0 }) { id } }`,
      { id: watch.id },
    );
    await accepted(`mutation ($id: UUID!) { deleteMetricWatch(id: $id) { id } }`, { id: watch.id });
    await accepted(`mutation ($id: UUID!) { closeSubscription(id: $id) }`, { id: watch.id });
    await anomalyDeeds();
    await apiTokenDeeds();
    await reportDeeds(parroting.id);
    await chatDeeds();

    // Everything that can be asked of the API about what was done.
    await send(`{ clusters(pageSize: 100) { items { ${CLUSTER} } } }`);
    for (const page of [1, 2, 3]) {
      await send(`{ auditLog(pageSize: 100, page: ${page}) { items { action actor subject before after } } }`);
      await send(`{ deletedClusters(pageSize: 100, page: ${page}) { items { id name } } }`);
    }
    await send(`{ eventHistory(first: 1000) { items { event { eventType payload } } } }`);
    note("the metrics", await (await fetch(`${graph.url}/metrics`)).text());
    await until("the events of the last change are told", () =>
      outputs.some(({ where, text }) => where === "an event" && text.includes("CLUSTER_DELETED")),
    );
    await events.return?.();
    await listening;

    const stored = await storedBytes(graph.platform);
    expect(stored.length).toBeGreaterThan(5);
    const found = [
      ...outputs.flatMap(({ where, text }) => secrets.in(where, text)),
      ...stored.flatMap(({ where, bytes }) => secrets.in(where, bytes)),
    ];
    expect([...new Set(found)]).toEqual([]);

    // The search finds what is there, and looked everywhere.
    const sight = new SecretSearch();
    sight.add("public", PUBLIC);
    const kinds = new Set(
      outputs.filter(({ where, text }) => sight.in(where, text).length > 0).map(({ where }) => where),
    );
    expect([...kinds]).toEqual(expect.arrayContaining([expect.stringContaining("auditLog")]));
    expect(stored.some(({ where, bytes }) => sight.in(where, bytes).length > 0)).toBe(true);
    for (const where of ["the log", "an event", "the metrics"])
      expect(
        outputs.filter((output) => output.where === where && output.text.length > 2).length,
        where,
      ).toBeGreaterThan(0);
  }, 120_000);

  it("and each accepted mutation is in the audit log", async () => {
    const entries = await graph.platform.database.prisma.auditEntry.findMany({ select: { requestId: true } });
    const logged = new Set(entries.map(({ requestId }) => requestId));
    expect([...deeds].filter(([requestId]) => !logged.has(requestId)).map(([, field]) => field)).toEqual([]);
    expect(new Set(deeds.values()).size).toBeGreaterThan(9);
  });

  it("by any mutation of the API: each was driven", async () => {
    const { data } = await send(`{ __type(name: "Mutation") { fields { name } } }`);
    const fields = data.__type.fields.map((field: { name: string }) => field.name);
    expect(fields.filter((field: string) => !driven.has(field))).toEqual([]);
  });
});
