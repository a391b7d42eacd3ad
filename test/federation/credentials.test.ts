import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DemoCluster, type DemoFleet, startDemoFleet } from "../../demo/fleet.ts";
import { createTlsMaterial, type TlsMaterial } from "../../demo/server/tls.ts";
import { sealCredentials } from "../../subgraphs/shared/fleet/credentials.ts";
import { Vault } from "../../subgraphs/shared/fleet/vault.ts";
import { startGraph, type TestGraph } from "../support/graph.ts";
import { startHttpServer } from "../support/http-server.ts";
import { describeModes } from "../support/modes.ts";
import { startOidcIssuer } from "../support/oidc-issuer.ts";
import { until } from "../support/until.ts";

const TOKENS = {
  admin: "admin-token-0123456789",
  operator: "operator-token-0123456789",
  viewer: "viewer-token-0123456789",
  scoped: "scoped-token-0123456789",
};
const AIOPS_API_TOKENS = JSON.stringify([
  { token: TOKENS.admin, user: "ann", roles: ["admin"] },
  { token: TOKENS.operator, user: "olga", roles: ["operator"] },
  { token: TOKENS.viewer, user: "vera", roles: ["viewer"] },
  { token: TOKENS.scoped, user: "sam", roles: ["admin"], scope: { regions: ["nowhere"] } },
]);
const OLD_KEY = { id: "old", key: Buffer.alloc(32, 7) };
const NEW_KEY = { id: "new", key: Buffer.alloc(32, 8) };
const ring = (...keys: { id: string; key: Buffer }[]) =>
  keys.map(({ id, key }) => `${id}:${key.toString("base64")}`).join(",");

const OUTCOME = `applied cluster { id } credentials { authType createdAt expiresAt validatedAt }
  endpoints { endpoint status skipReason durationMs blocking error { code message retryable } }`;
const SET = `mutation ($id: UUID!, $input: CredentialsInput!) { outcome: setClusterCredentials(clusterId: $id, input: $input) { ${OUTCOME} } }`;
const ROTATE = `mutation ($id: UUID!, $input: CredentialsInput!) { outcome: rotateClusterCredentials(clusterId: $id, input: $input) { ${OUTCOME} } }`;
const VALIDATE = `mutation ($id: UUID!) { outcome: validateClusterCredentials(clusterId: $id) { ${OUTCOME} } }`;
const DELETE = `mutation ($id: UUID!) { cluster: deleteClusterCredentials(clusterId: $id) { id credentials { authType } } }`;
const KEYS = `mutation { rotateEncryptionKeys { currentKeyId total rewrapped remaining failures { clusterId code message } } }`;

interface Endpoint {
  endpoint: string;
  status: string;
}

await describeModes("Credentials", (mode) => {
  let graph: TestGraph;
  let fleet: DemoFleet;
  let tls: TlsMaterial;
  let directory: string;
  const demo = (index: number): DemoCluster => {
    const cluster = fleet.clusters[index];
    if (!cluster) throw new Error("There is no such demo cluster.");
    return cluster;
  };

  beforeAll(async () => {
    [fleet, tls, directory] = await Promise.all([
      startDemoFleet({ clusters: 6 }),
      createTlsMaterial(["127.0.0.1"]),
      mkdtemp(join(tmpdir(), "aiops-credentials-")),
    ]);
    // The hub is where the platform's Secrets are.
    await writeFile(join(directory, "hub.kubeconfig"), demo(0).kubeconfig);
    graph = await startGraph({
      mode,
      env: {
        AIOPS_API_TOKENS,
        AIOPS_ENCRYPTION_KEYS: ring(NEW_KEY, OLD_KEY),
        AIOPS_SECRETS_KUBECONFIG: join(directory, "hub.kubeconfig"),
        AIOPS_SECRETS_NAMESPACES: demo(3).name,
      },
    });
  });
  afterAll(async () => {
    await graph[Symbol.asyncDispose]();
    await fleet.close();
    await rm(directory, { recursive: true });
  });

  const ask = (query: string, variables: Record<string, unknown> = {}, who: keyof typeof TOKENS = "admin") =>
    graph.ask(query, variables, { token: TOKENS[who] });
  /** The data, or the failure of the test. */
  const done = async (query: string, variables: Record<string, unknown> = {}, who: keyof typeof TOKENS = "admin") => {
    const { data, errors } = await ask(query, variables, who);
    expect(errors).toBeUndefined();
    return data;
  };
  const refused = async (query: string, variables: Record<string, unknown>, who: keyof typeof TOKENS = "admin") => {
    const { errors } = await ask(query, variables, who);
    return errors?.map(({ message, extensions }) => ({ code: extensions["code"], message }))[0];
  };
  let registered = 0;
  async function register(cluster: DemoCluster, more: Record<string, unknown> = {}): Promise<string> {
    registered += 1;
    const { apiServerUrl, prometheusUrl, kubeconfig } = cluster;
    const input = {
      name: `c-${registered}`,
      apiServerUrl,
      endpoints: { prometheusUrl },
      credentials: { kubeconfig },
      ...more,
    };
    const { registerCluster } = await done(
      `mutation ($input: RegisterClusterInput!) { registerCluster(input: $input) { id } }`,
      { input },
    );
    return registerCluster.id;
  }
  const events = async (id: string): Promise<{ eventType: string; payload: object }[]> => {
    const { eventHistory } = await done(
      `query ($id: UUID!) { eventHistory(filter: { clusterIds: [$id], eventTypes: [CLUSTER_CREDENTIALS_UPDATED] }, first: 100) { items { event { eventType payload } } } }`,
      { id },
    );
    return eventHistory.items.map(({ event }: { event: { eventType: string; payload: object } }) => event);
  };
  const audited = async (id: string): Promise<{ action: string; before: object | null; after: object | null }[]> => {
    const { auditLog } = await done(
      `query ($id: UUID!) { auditLog(filter: { clusterId: $id }) { items { action actor before after } } }`,
      { id },
    );
    return auditLog.items;
  };
  const statusOf = (outcome: { endpoints: Endpoint[] }): Record<string, string> =>
    Object.fromEntries(outcome.endpoints.map(({ endpoint, status }) => [endpoint, status]));
  const ACCEPTED = {
    API_SERVER: "SUCCESS",
    PROMETHEUS: "SUCCESS",
    TEMPO: "SKIPPED",
    LOKI: "SKIPPED",
    ALERTMANAGER: "SKIPPED",
  };

  describe("setClusterCredentials", () => {
    it("stores them, and says how each endpoint takes them", async () => {
      const { token, caCertificate, ...cluster } = demo(1);
      const id = await register({ token, caCertificate, ...cluster }, { credentials: null });
      const { outcome } = await done(SET, { id, input: { token, caCertificate } });
      expect(outcome).toMatchObject({
        applied: true,
        cluster: { id },
        credentials: { authType: "KUBECONFIG", expiresAt: null, validatedAt: expect.any(String) },
      });
      expect(statusOf(outcome)).toEqual(ACCEPTED);
      expect(outcome.endpoints[2]).toMatchObject({ skipReason: "NO_ENDPOINT", error: null, blocking: false });
      const { refreshCluster } = await done(
        `mutation ($id: UUID!) { refreshCluster(id: $id) { status { state lastError } } }`,
        { id },
      );
      expect(refreshCluster.status).toEqual({ state: "ONLINE", lastError: null });
    });

    it("stores what no endpoint takes, too, and says what each one said", async () => {
      const { caCertificate } = demo(1);
      const id = await register(demo(1));
      const { outcome } = await done(SET, { id, input: { token: "wrong", caCertificate } });
      expect(outcome).toMatchObject({ applied: true, credentials: { validatedAt: null } });
      expect(outcome.endpoints[0]).toMatchObject({
        endpoint: "API_SERVER",
        status: "ERROR",
        skipReason: null,
        durationMs: expect.any(Number),
        error: { code: "UPSTREAM_REFUSED", message: "The API server refused the credentials (401).", retryable: false },
      });
    });

    it("is audited, and told of once, without a secret", async () => {
      const id = await register(demo(1));
      const exp = Math.floor(Date.now() / 1000) + 86_400;
      const token = `e30.${Buffer.from(JSON.stringify({ exp })).toString("base64url")}.s`;
      await done(SET, { id, input: { token } });
      const expiresAt = new Date(exp * 1000).toISOString();
      expect(await events(id)).toEqual([
        {
          eventType: "CLUSTER_CREDENTIALS_UPDATED",
          payload: { name: expect.any(String), auth_type: "KUBECONFIG", expires_at: expiresAt },
        },
      ]);
      const [latest] = await audited(id);
      expect(latest).toEqual({
        action: "SET_CREDENTIALS",
        actor: "ann",
        before: expect.objectContaining({ authType: "KUBECONFIG", expiresAt: null }),
        after: {
          authType: "KUBECONFIG",
          createdAt: expect.any(String),
          expiresAt,
          serviceAccountTokenSecretRef: null,
          prometheusTokenSecretRef: null,
        },
      });
    });

    it("says that credentials have ended where they are refused for that, here and in the cluster's status", async () => {
      const id = await register(demo(1));
      const token = `e30.${Buffer.from(JSON.stringify({ exp: 1_577_836_800 })).toString("base64url")}.s`;
      const { outcome } = await done(SET, { id, input: { token, caCertificate: demo(1).caCertificate } });
      expect(outcome.credentials.expiresAt).toBe("2020-01-01T00:00:00.000Z");
      const message = "The stored credentials ended on 2020-01-01T00:00:00.000Z, and are refused (401). Set new ones.";
      expect(outcome.endpoints[0].error).toMatchObject({ code: "CREDENTIALS_EXPIRED", message });
      const { refreshCluster } = await done(
        `mutation ($id: UUID!) { refreshCluster(id: $id) { status { state lastError } } }`,
        { id },
      );
      expect(refreshCluster.status).toEqual({ state: "DEGRADED", lastError: `API server: ${message}` });
    });

    it.each<[string, object, string, string]>([
      ["no way to sign in", {}, "BAD_USER_INPUT", "give either kubeconfig or token"],
      ["two of them", { token: "a", serviceAccountTokenSecretRef: "a/b" }, "BAD_USER_INPUT", "give either kubeconfig"],
      [
        "two for Prometheus",
        { token: "a", prometheusToken: "b", prometheusTokenSecretRef: "a/b" },
        "BAD_USER_INPUT",
        "give either prometheusToken",
      ],
      [
        "a reference that is none",
        { serviceAccountTokenSecretRef: "a/../b" },
        "BAD_USER_INPUT",
        "must be namespace/name",
      ],
      [
        "a reference into another namespace",
        { serviceAccountTokenSecretRef: "kube-system/admin" },
        "CREDENTIALS_INVALID",
        "AIOPS_SECRETS_NAMESPACES",
      ],
      [
        "a certificate authority that is none",
        { token: "a", caCertificate: "-----BEGIN CERTIFICATE-----" },
        "CREDENTIALS_INVALID",
        "caCertificate",
      ],
      [
        "an issuer in clear",
        { oidc: { issuerUrl: "http://issuer.example", clientId: "a", clientSecret: "b" } },
        "INVALID_URL",
        "issuerUrl",
      ],
      [
        "an issuer where nobody may be sent",
        { oidc: { issuerUrl: "https://169.254.169.254", clientId: "a", clientSecret: "b" } },
        "TARGET_NOT_ALLOWED",
        "issuerUrl",
      ],
    ])("refuses %s, and changes nothing", async (_, input, code, named) => {
      const id = await register(demo(1));
      fleet.resetRequests();
      expect(await refused(SET, { id, input })).toMatchObject({ code, message: expect.stringContaining(named) });
      expect(fleet.requests()).toEqual([]);
      expect(await events(id)).toEqual([]);
    });
  });

  describe("kinds of credentials", () => {
    it("are a token in a Secret of the platform's cluster, read where it is used", async () => {
      const spoke = demo(3);
      const { name, caCertificate } = spoke;
      const credentials = { serviceAccountTokenSecretRef: `${name}/aiops`, caCertificate };
      const id = await register(spoke, { credentials });
      const { outcome } = await done(VALIDATE, { id });
      expect(statusOf(outcome)).toEqual(ACCEPTED);
      expect(outcome.credentials.authType).toBe("SERVICE_ACCOUNT");
      expect(await refused(SET, { id, input: { serviceAccountTokenSecretRef: `${name}/no-such` } })).toEqual({
        code: "CREDENTIALS_INVALID",
        message: `There is no Secret ${name}/no-such.`,
      });
    });

    it("are a client of an OIDC issuer, whose tokens go to the API server and, over TLS, to Prometheus", async () => {
      const cluster = demo(3);
      await using issuer = await startOidcIssuer(tls, () => fleet.issueToken(cluster.name));
      await using prometheus = await startHttpServer(({ headers }, response) => {
        const accepted = issuer.state.issued.some((token) => headers.authorization === `Bearer ${token}`);
        response.writeHead(accepted ? 200 : 401, { "content-type": "application/json" });
        response.end('{"status":"success","data":{"resultType":"vector","result":[]}}');
      }, tls);
      // One authority for both: the issuer's and Prometheus' is another than the API server's.
      const id = await register(cluster, { endpoints: { prometheusUrl: prometheus.url } });
      const oidc = { issuerUrl: issuer.url, clientId: "aiops", clientSecret: "hunter2", caCertificate: tls.ca };
      const both = `${cluster.caCertificate}${tls.ca}`;
      const { outcome } = await done(ROTATE, { id, input: { oidc, caCertificate: both } });
      expect(outcome).toMatchObject({ applied: true, credentials: { authType: "OIDC", expiresAt: null } });
      expect(statusOf(outcome)).toEqual(ACCEPTED);
      issuer.state.refusal = { status: 401, body: '{"error":"unauthorized_client"}' };
      const { outcome: failing } = await done(SET, { id, input: { oidc, caCertificate: both } });
      expect(failing.endpoints[0].error).toMatchObject({
        code: "CREDENTIALS_INVALID",
        message: "The OIDC issuer refused the client: unauthorized_client.",
      });
    });
  });

  describe("permissions", () => {
    const PERMISSIONS = "endpoints { endpoint status } permissions { verb group resource allowed neededFor }";
    const VALIDATED = `mutation ($id: UUID!) { outcome: validateClusterCredentials(clusterId: $id) { ${PERMISSIONS} } }`;

    it("are what the stored credentials may do of what is done with them, where the API server accepts them", async () => {
      const { name, token, caCertificate } = demo(2);
      const id = await register(demo(2));
      fleet.forbid(name, ["nodes", "routes"]);
      const { outcome } = await done(VALIDATED, { id }, "operator");
      const said = outcome.permissions.map(
        ({ verb, group, resource, allowed }: { verb: string; group: string; resource: string; allowed: boolean }) =>
          `${verb} ${resource}${group && `.${group}`}: ${allowed}`,
      );
      expect(said.toSorted()).toEqual([
        "get clusterversions.config.openshift.io: true",
        "list events: true",
        "list ingresses.networking.k8s.io: true",
        "list namespaces: true",
        "list nodes: false",
        "list pods: true",
        "list resourceclaims.resource.k8s.io: true",
        "list resourceslices.resource.k8s.io: true",
        "list routes.route.openshift.io: false",
        "list services: true",
        "watch pods: true",
      ]);
      expect(outcome.permissions[0].neededFor).toMatch(/\w/);

      // Where it cannot be asked, each is null, and the credentials are as valid as before.
      fleet.forbid(name, ["selfsubjectaccessreviews"]);
      const { outcome: unasked } = await done(VALIDATED, { id });
      expect(statusOf(unasked)).toMatchObject({ API_SERVER: "SUCCESS" });
      expect(new Set(unasked.permissions.map(({ allowed }: { allowed: null }) => allowed))).toEqual(new Set([null]));
      fleet.forbid(name, []);

      const reviews = () => fleet.requests().filter(({ path }) => path.endsWith("/selfsubjectaccessreviews"));
      fleet.resetRequests();
      await done(VALIDATE, { id });
      const setting = SET.replace(OUTCOME, PERMISSIONS);
      const input = { token: "wrong", caCertificate };
      expect((await done(setting, { id, input: { token, caCertificate } })).outcome.permissions).toBeNull();
      expect((await done(setting, { id, input })).outcome.permissions).toBeNull();
      expect((await done(VALIDATED, { id })).outcome.permissions).toBeNull();
      expect(reviews()).toEqual([]);
    });
  });

  describe("rotateClusterCredentials", () => {
    it("changes nothing where the API server refuses the new ones, and says so", async () => {
      const id = await register(demo(1));
      const before = (await done(VALIDATE, { id })).outcome.credentials;
      const { outcome } = await done(ROTATE, {
        id,
        input: { token: "wrong", caCertificate: demo(1).caCertificate },
      });
      expect(outcome).toMatchObject({ applied: false, credentials: before });
      expect(outcome.endpoints).toMatchObject([
        { endpoint: "API_SERVER", status: "ERROR", blocking: true, error: { code: "UPSTREAM_REFUSED" } },
        { endpoint: "PROMETHEUS", status: "SUCCESS", blocking: false },
        ...["TEMPO", "LOKI", "ALERTMANAGER"].map((endpoint) => ({ endpoint, blocking: false })),
      ]);
      expect(await events(id)).toEqual([]);
      expect((await audited(id)).map(({ action }) => action)).toEqual(["VALIDATE_CREDENTIALS", "REGISTER_CLUSTER"]);
      expect(statusOf((await done(VALIDATE, { id })).outcome)).toEqual(ACCEPTED);
    });

    it("changes nothing where another endpoint that works would stop; what is broken anyway does not matter", async () => {
      const { name, caCertificate, token } = demo(1);
      const prometheusToken = "for-prometheus";
      await using prometheus = await startHttpServer(({ headers }, response) => {
        response.writeHead(headers.authorization === `Bearer ${prometheusToken}` ? 200 : 401);
        response.end('{"status":"success","data":{"resultType":"vector","result":[]}}');
      });
      const id = await register(demo(1), {
        endpoints: { prometheusUrl: prometheus.url, lokiUrl: "http://127.0.0.1:1" },
        credentials: { token, caCertificate, prometheusToken },
      });
      const next = { token: fleet.issueToken(name), caCertificate };
      const { outcome: blocked } = await done(ROTATE, { id, input: { ...next, prometheusToken: "another" } });
      expect(blocked.applied).toBe(false);
      expect(blocked.endpoints).toMatchObject([
        { endpoint: "API_SERVER", status: "SUCCESS", blocking: false },
        { endpoint: "PROMETHEUS", status: "ERROR", blocking: true },
        { endpoint: "TEMPO", status: "SKIPPED", blocking: false },
        { endpoint: "LOKI", status: "ERROR", blocking: false },
        { endpoint: "ALERTMANAGER", status: "SKIPPED", blocking: false },
      ]);
      const { outcome } = await done(ROTATE, { id, input: { ...next, prometheusToken } });
      expect(outcome).toMatchObject({ applied: true, credentials: { validatedAt: null } });
      expect(await events(id)).toHaveLength(1);
      expect((await audited(id))[0]).toMatchObject({ action: "ROTATE_CREDENTIALS" });
    });

    it("interrupts nobody: what is asked before, meanwhile and after has its answer", async () => {
      const { name, caCertificate, token } = demo(4);
      const id = await register(demo(4), { credentials: { token, caCertificate } });
      await fleet.setFault(name, "kubernetes", "slow", { delayMs: 100 });
      let rotating = true;
      const seen: unknown[] = [];
      const worker = async () => {
        while (rotating) seen.push(statusOf((await done(VALIDATE, { id }, "operator")).outcome)["API_SERVER"]);
      };
      const workers = [worker(), worker(), worker()];
      const tokens = [token];
      for (let i = 0; i < 3; i += 1) {
        const next = fleet.issueToken(name);
        const { outcome } = await done(ROTATE, { id, input: { token: next, caCertificate } });
        expect(outcome.applied).toBe(true);
        tokens.push(next);
      }
      rotating = false;
      await Promise.all(workers);
      await fleet.setFault(name, "kubernetes", null);
      expect(seen.length).toBeGreaterThan(5);
      expect(new Set(seen)).toEqual(new Set(["SUCCESS"]));
      for (const old of tokens.slice(0, -1)) fleet.revokeToken(name, old);
      expect(statusOf((await done(VALIDATE, { id })).outcome)).toEqual(ACCEPTED);
      expect(await events(id)).toHaveLength(3);
    });

    it("has nothing to replace where nothing is stored", async () => {
      const id = await register(demo(1), { credentials: null });
      expect(await refused(ROTATE, { id, input: { token: "a" } })).toEqual({
        code: "CREDENTIALS_INVALID",
        message: "No credentials are stored to rotate. Use setClusterCredentials.",
      });
    });

    it("gives way to another change of the cluster in the meantime", async () => {
      const { name, caCertificate } = demo(5);
      const id = await register(demo(5));
      fleet.resetRequests();
      await fleet.setFault(name, "kubernetes", "slow", { delayMs: 1000 });
      const rotation = refused(ROTATE, { id, input: { token: fleet.issueToken(name), caCertificate } });
      await until("the API server is asked", () => fleet.inFlight({ cluster: name, upstream: "kubernetes" }) > 0);
      await done(`mutation ($id: UUID!) { updateCluster(id: $id, input: { region: "eu" }) { id } }`, { id });
      expect(await rotation).toMatchObject({ code: "CONFLICT" });
      await fleet.setFault(name, "kubernetes", null);
      expect(await events(id)).toEqual([]);
    });
  });

  describe("deleteClusterCredentials", () => {
    it("forgets them, tells of it once, and does nothing where there are none", async () => {
      const id = await register(demo(1));
      expect((await done(DELETE, { id })).cluster).toEqual({ id, credentials: null });
      expect((await done(DELETE, { id })).cluster).toEqual({ id, credentials: null });
      expect(await events(id)).toMatchObject([{ payload: { auth_type: null, expires_at: null } }]);
      expect((await audited(id)).map(({ action, after }) => [action, after === null])).toEqual([
        ["DELETE_CREDENTIALS", true],
        ["REGISTER_CLUSTER", false],
      ]);
      const { outcome } = await done(VALIDATE, { id });
      expect(outcome).toMatchObject({ applied: false, credentials: null });
      expect(outcome.endpoints[0].error).toMatchObject({
        code: "CREDENTIALS_INVALID",
        message: "No credentials are stored for the API server.",
      });
    });
  });

  describe("who may", () => {
    const input = { token: "a" };
    it.each<[string, string, object, keyof typeof TOKENS, string]>([
      ["set", SET, { input }, "operator", "FORBIDDEN"],
      ["rotate", ROTATE, { input }, "operator", "FORBIDDEN"],
      ["delete", DELETE, {}, "operator", "FORBIDDEN"],
      ["validate", VALIDATE, {}, "viewer", "FORBIDDEN"],
      ["set out of scope", SET, { input }, "scoped", "CLUSTER_NOT_FOUND"],
      ["rotate out of scope", ROTATE, { input }, "scoped", "CLUSTER_NOT_FOUND"],
      ["delete out of scope", DELETE, {}, "scoped", "CLUSTER_NOT_FOUND"],
      ["validate out of scope", VALIDATE, {}, "scoped", "CLUSTER_NOT_FOUND"],
      ["rotate keys", KEYS, {}, "operator", "FORBIDDEN"],
      ["rotate keys within a scope", KEYS, {}, "scoped", "FORBIDDEN"],
    ])("not %s", async (_, query, variables, who, code) => {
      const id = await register(demo(1));
      fleet.resetRequests();
      const given = query === KEYS ? {} : { id, ...variables };
      expect(await refused(query, given, who)).toMatchObject({ code });
      expect(fleet.requests()).toEqual([]);
    });

    it("validate: an operator", async () => {
      const id = await register(demo(1));
      expect(statusOf((await done(VALIDATE, { id }, "operator")).outcome)).toEqual(ACCEPTED);
    });
  });

  describe("encryption keys", () => {
    const sealedBy = async (key: { id: string; key: Buffer }, ids: string[]) => {
      const { prisma } = graph.platform.database;
      for (const clusterId of ids) {
        const { kubeconfig, token, caCertificate } = demo(1);
        const access = { prometheusToken: null, clusterToken: token, caCertificate };
        const refs = { serviceAccountTokenSecretRef: null, prometheusTokenSecretRef: null };
        const credentials = { authType: "KUBECONFIG" as const, kubeconfig, access, oidc: null, ...refs };
        const data = sealCredentials(new Vault([key]), clusterId, credentials);
        await prisma.clusterCredentials.update({ where: { clusterId }, data });
        // As if it had been stored so: nothing that was opened before is used.
        await prisma.cluster.update({ where: { id: clusterId }, data: { credentialsAt: new Date() } });
      }
    };

    it("that are lost fail the cluster whose record they sealed, by name, and no other", async () => {
      const [lost, sound] = [await register(demo(1)), await register(demo(1))];
      await sealedBy({ id: "lost", key: Buffer.alloc(32, 9) }, [lost]);
      const record = `The secret of cluster_credentials/${lost}/`;
      const { outcome } = await done(VALIDATE, { id: lost });
      expect(outcome.endpoints[0].error).toMatchObject({
        code: "KEY_UNAVAILABLE",
        message: expect.stringMatching(`^${record}kubeconfig cannot be opened: .*"lost", which is not in AIOPS_ENC`),
      });
      expect(statusOf((await done(VALIDATE, { id: sound })).outcome)).toEqual(ACCEPTED);
      const { metrics } = await done(
        `query ($ids: [UUID!]!) { metrics(query: { query: "up", clusterIds: $ids }) { outcomes { clusterId status error { code } } } }`,
        { ids: [lost, sound] },
      );
      expect(metrics.outcomes).toEqual(
        expect.arrayContaining([
          { clusterId: lost, status: "ERROR", error: { code: "KEY_UNAVAILABLE" } },
          { clusterId: sound, status: "SUCCESS", error: null },
        ]),
      );
      const { rotateEncryptionKeys } = await done(KEYS);
      expect(rotateEncryptionKeys).toMatchObject({ currentKeyId: "new", remaining: 1 });
      expect(rotateEncryptionKeys.failures).toEqual([
        { clusterId: lost, code: "KEY_UNAVAILABLE", message: expect.stringContaining(record) },
      ]);
      // New credentials are the way out.
      const { caCertificate, token } = demo(1);
      expect((await done(ROTATE, { id: lost, input: { token, caCertificate } })).outcome.applied).toBe(true);
      expect((await done(KEYS)).rotateEncryptionKeys).toMatchObject({ remaining: 0, failures: [] });
    });

    it("that are old wrap nothing any more after a rotation, which everything survives", async () => {
      const ids = [await register(demo(1)), await register(demo(1)), await register(demo(1))];
      await sealedBy(OLD_KEY, ids);
      expect(statusOf((await done(VALIDATE, { id: ids[0] })).outcome)).toEqual(ACCEPTED);
      const { total } = (await done(KEYS)).rotateEncryptionKeys;
      await sealedBy(OLD_KEY, ids);
      expect((await done(KEYS)).rotateEncryptionKeys).toEqual({
        currentKeyId: "new",
        total,
        rewrapped: 3,
        remaining: 0,
        failures: [],
      });
      const alone = new Vault([NEW_KEY]);
      const rows = await graph.platform.database.prisma.clusterCredentials.findMany();
      for (const { clusterId, kubeconfigEncrypted, keyId } of rows) {
        expect(keyId).toBe("new");
        if (!kubeconfigEncrypted) continue;
        expect(alone.open(kubeconfigEncrypted, `cluster_credentials/${clusterId}/kubeconfig`)).toContain("clusters");
      }
      expect(statusOf((await done(VALIDATE, { id: ids[0] })).outcome)).toEqual(ACCEPTED);
      const { auditLog } = await done(
        `{ auditLog(filter: { action: "ROTATE_ENCRYPTION_KEYS" }, pageSize: 1) { items { action subject after clusterId } } }`,
      );
      expect(auditLog.items).toEqual([
        {
          action: "ROTATE_ENCRYPTION_KEYS",
          subject: "key new",
          clusterId: null,
          after: { keyId: "new", rewrapped: 3 },
        },
      ]);
    });
  });
});
