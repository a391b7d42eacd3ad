import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createTlsMaterial, type TlsMaterial } from "../../../demo/server/tls.ts";
import { type ClusterRow, clusterRow, identity } from "../../../test/support/clusters.ts";
import { openTestDatabase, type TestDatabase } from "../../../test/support/database.ts";
import { type HttpServer, startHttpServer } from "../../../test/support/http-server.ts";
import { loopbackGuard } from "../../../test/support/target-guard.ts";
import type { Identity } from "../kernel/auth-context.ts";
import { Skip } from "../kernel/outcome.ts";
import { vouchedFor } from "../kernel/vouched.ts";
import { UpstreamHttp } from "../upstreams/http.ts";
import { HomeCluster } from "../upstreams/kubernetes/home-cluster.ts";
import { kubeconfigForToken } from "../upstreams/kubernetes/kubeconfig.ts";
import { FleetClients } from "./clients.ts";
import { type EndpointAccess, sealCredentials } from "./credentials.ts";
import { CredentialsSource } from "./credentials-source.ts";
import { FleetDirectory, type Target } from "./directory.ts";
import { SecretReferences } from "./secret-references.ts";
import { Vault } from "./vault.ts";

const STORED_AT = new Date("2026-01-01T00:00:00Z");
const options = () => ({ signal: new AbortController().signal, requestId: "r" });

describe("FleetClients", () => {
  let test: TestDatabase;
  let tls: TlsMaterial;
  let http: UpstreamHttp;
  let clients: FleetClients;
  let plain: HttpServer;
  let secure: HttpServer;
  const vault = new Vault([{ id: "k", key: Buffer.alloc(32, 1) }]);
  beforeAll(async () => {
    [test, tls] = await Promise.all([openTestDatabase("embedded"), createTlsMaterial(["127.0.0.1"])]);
    const answer: Parameters<typeof startHttpServer>[0] = (_, response) =>
      response.writeHead(200, { "content-type": "application/json" }).end('{"gitVersion":"v1"}');
    [plain, secure] = await Promise.all([startHttpServer(answer), startHttpServer(answer, tls)]);
  });
  beforeEach(() => {
    const guard = loopbackGuard();
    http = new UpstreamHttp(guard);
    const secrets = new SecretReferences(
      new HomeCluster({ kubeconfigFile: undefined, variable: "V", purpose: "ask" }),
      [],
    );
    clients = new FleetClients(
      http,
      new CredentialsSource({ prisma: test.database.prisma, vault, http, secrets }),
      guard,
    );
    plain.requests.length = 0;
    secure.requests.length = 0;
  });
  afterEach(async () => {
    clients.close();
    await http.close();
  });
  afterAll(async () => {
    await Promise.all([plain[Symbol.asyncDispose](), secure[Symbol.asyncDispose]()]);
    await test.dispose();
  });

  async function stored(
    given: Partial<ClusterRow>,
    access?: Partial<EndpointAccess>,
    token = "cluster-token",
  ): Promise<Target> {
    const { id, ...row } = clusterRow({ credentialsAt: STORED_AT, ...given });
    const sealed = sealCredentials(vault, id, {
      authType: "KUBECONFIG",
      kubeconfig: kubeconfigForToken({ server: "https://elsewhere.example", token, caCertificate: tls.ca }),
      access: { prometheusToken: null, clusterToken: token, caCertificate: tls.ca, ...access },
      oidc: null,
      serviceAccountTokenSecretRef: null,
      prometheusTokenSecretRef: null,
    });
    const credentials = { ...sealed, createdAt: STORED_AT };
    await test.database.prisma.cluster.create({
      data: { id, ...row, ...(access ? { credentials: { create: credentials } } : {}) },
    });
    return await seenBy(id);
  }

  async function seenBy(id: string, who: Partial<Identity> = {}): Promise<Target> {
    const [target] = await new FleetDirectory(test.database.prisma).byIds({ ...identity(), ...who }, [id]);
    if (!target) throw new Error("It was not stored.");
    return target;
  }

  it.each<[string, "plain" | "secure", Partial<EndpointAccess> | undefined, string | undefined]>([
    ["its own token over TLS", "secure", {}, "Bearer cluster-token"],
    ["its own token never in clear", "plain", {}, undefined],
    ["the token for it, rather than the cluster's", "secure", { prometheusToken: "p" }, "Bearer p"],
    ["the token for it where its owner has it in clear", "plain", { prometheusToken: "p" }, "Bearer p"],
    ["none where none is stored", "plain", undefined, undefined],
  ])("sends a cluster's Prometheus %s", async (_, which, access, authorization) => {
    const server = which === "plain" ? plain : secure;
    await (await clients.prometheus(await stored({ prometheusUrl: server.url }, access))).ready(options());
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([authorization]);
  });

  it("signs in to the registered API server with the stored kubeconfig", async () => {
    const target = await stored({ apiServerUrl: secure.url }, {});
    expect(await (await clients.kubernetes(target)).version(options())).toBe("v1");
    expect(secure.requests.map(({ headers }) => headers.authorization)).toEqual(["Bearer cluster-token"]);
  });

  it("keeps a client until the endpoint or the credentials change", async () => {
    const at = (url: string) => ({
      apiServerUrl: url,
      prometheusUrl: url,
      tempoUrl: url,
      lokiUrl: url,
      alertmanagerUrl: url,
    });
    const target = await stored(at(secure.url), {});
    const changes: Partial<Target>[] = [{}, { credentialsAt: new Date() }, at(plain.url)];
    for (const kind of ["prometheus", "tempo", "loki", "alertmanager", "kubernetes"] as const) {
      const first = await clients[kind](target);
      const same = await Promise.all(
        changes.map(async (change) => (await clients[kind]({ ...target, ...change })) === first),
      );
      expect(same).toEqual([true, false, false]);
    }
  });

  it.each(["tempo", "loki"] as const)(
    "asks a cluster's %s for its tenant, by a client of that tenant",
    async (kind) => {
      const target = await stored({ [`${kind}Url`]: plain.url, [`${kind}Tenant`]: "a" });
      const other = { ...target, [`${kind}Tenant`]: "b" };
      for (const each of [target, other, { ...target, [`${kind}Tenant`]: null }]) {
        await (await clients[kind](each)).ready(options());
      }
      expect(plain.requests.map(({ headers }) => headers["x-scope-orgid"])).toEqual(["a", "b", undefined]);
    },
  );

  it("rests a backend that failed five times in a row, and no other, until its endpoint or credentials change", async () => {
    const gone = await startHttpServer(() => {});
    await gone[Symbol.asyncDispose]();
    const [target, other] = [
      await stored({ prometheusUrl: gone.url }, {}),
      await stored({ prometheusUrl: gone.url }, {}),
    ];
    const ask = async (change: Partial<Target> = {}): Promise<unknown> => {
      const client = await clients.prometheus({ ...target, ...change });
      return await client.query("up", { at: 0 }, 1, options()).catch((error: unknown) => error);
    };
    // At once: they share one circuit, though none of them found a client.
    const failures = await Promise.all(Array.from({ length: 5 }, () => ask()));
    for (const failure of failures) expect(failure).toMatchObject({ code: "UPSTREAM_UNREACHABLE" });
    expect(await ask()).toMatchObject({ reason: "CIRCUIT_OPEN" });
    expect(await ask(other)).toMatchObject({ code: "UPSTREAM_UNREACHABLE" });
    // Whether it is there again is always found out.
    const probe = (await clients.prometheus(target)).ready(options());
    await expect(probe).rejects.toMatchObject({ code: "UPSTREAM_UNREACHABLE" });
    expect(await ask({ credentialsAt: new Date() })).toMatchObject({ code: "UPSTREAM_UNREACHABLE" });
    expect(await ask({ prometheusUrl: plain.url })).toMatchObject({ code: "UPSTREAM_INVALID_ANSWER" });
    expect(await ask()).toMatchObject({ reason: "CIRCUIT_OPEN" });
  });

  it.each(["tempo", "loki", "alertmanager"] as const)(
    "sends a cluster's %s the cluster's token over TLS alone, and never that of Prometheus",
    async (kind) => {
      for (const server of [secure, plain]) {
        const target = await stored({ [`${kind}Url`]: server.url }, { prometheusToken: "p" });
        await (await clients[kind](target)).ready(options());
      }
      const sent = [secure, plain].map(({ requests }) => requests.map(({ headers }) => headers.authorization));
      expect(sent).toEqual([["Bearer cluster-token"], [undefined]]);
    },
  );

  describe("of a cluster that takes its users' tokens", () => {
    const ann = { user: "ann", ...vouchedFor("oidc", [], "anns-token") };
    const sent = (server: HttpServer) => server.requests.map(({ headers }) => headers.authorization);

    it.each<[string, "plain" | "secure", Partial<EndpointAccess>, string | undefined]>([
      ["the user's over TLS", "secure", {}, "Bearer anns-token"],
      ["none in clear", "plain", {}, undefined],
      ["the token for it where it has one", "secure", { prometheusToken: "p" }, "Bearer p"],
    ])("send its Prometheus %s, and their own where nobody asks", async (_, which, access, authorization) => {
      const server = which === "plain" ? plain : secure;
      const { id, ...rest } = await stored({ userAccess: "USER_TOKEN", prometheusUrl: server.url }, access);
      await (await clients.prometheus(await seenBy(id, ann))).ready(options());
      expect(sent(server)).toEqual([authorization]);
      const { as: _as, ...unattended } = { id, ...rest };
      await (await clients.prometheus(unattended)).ready(options());
      expect(sent(server)[1]).not.toBe("Bearer anns-token");
    });

    it("send its API server the user's, at the same time as another's", async () => {
      const { id } = await stored({ userAccess: "USER_TOKEN", apiServerUrl: secure.url }, {});
      const bob = { user: "bob", ...vouchedFor("kubernetes", [], "bobs-token") };
      const targets = await Promise.all([ann, bob, ann].map((who) => seenBy(id, who)));
      await Promise.all(targets.map(async (target) => (await clients.kubernetes(target)).authenticate(options())));
      const by = Object.entries(Object.groupBy(sent(secure), String)).map(([token, all]) => [token, all?.length]);
      expect(Object.fromEntries(by)).toEqual({ "Bearer anns-token": 2, "Bearer bobs-token": 1 });
    });

    it("ask for nobody who brought none", async () => {
      const target = await stored({ userAccess: "USER_TOKEN", apiServerUrl: secure.url, lokiUrl: secure.url }, {});
      for (const kind of ["kubernetes", "loki"] as const)
        await expect(clients[kind](target)).rejects.toMatchObject({ code: "CLUSTER_FORBIDS_USER" });
      expect(secure.requests).toEqual([]);
    });

    it("tell a user whom it refuses, and go on asking for others", async () => {
      await using strict = await startHttpServer(
        ({ headers }, response) =>
          response
            .writeHead(headers.authorization === "Bearer cluster-token" ? 200 : 403, {
              "content-type": "application/json",
            })
            .end('{"status":"success","data":{"resultType":"vector","result":[]}}'),
        tls,
      );
      const { id, as: _as, ...rest } = await stored({ userAccess: "USER_TOKEN", prometheusUrl: strict.url }, {});
      const ask = async (target: Target) =>
        await (await clients.prometheus(target)).query("up", { at: 0 }, 1, options());
      for (let n = 0; n < 6; n++)
        await expect(ask(await seenBy(id, ann))).rejects.toMatchObject({ code: "CLUSTER_FORBIDS_USER" });
      await expect(ask({ id, ...rest })).resolves.toMatchObject({ series: [] });
    });
  });

  it("skips a cluster without the endpoint, and has no client for one without credentials", async () => {
    const target = await stored({ credentialsAt: null });
    const kinds = { prometheus: "Prometheus", tempo: "Tempo", loki: "Loki", alertmanager: "Alertmanager" } as const;
    for (const [kind, name] of Object.entries(kinds))
      await expect(clients[kind as keyof typeof kinds](target)).rejects.toEqual(
        new Skip("NO_ENDPOINT", `The cluster has no ${name} endpoint.`),
      );
    await expect(clients.kubernetes(target)).rejects.toMatchObject({ code: "CREDENTIALS_INVALID" });
  });

  it("remembers no failure", async () => {
    const target = await stored({ apiServerUrl: secure.url }, {});
    const { id: clusterId } = target;
    const row = await test.database.prisma.clusterCredentials.delete({ where: { clusterId } });
    await expect(clients.kubernetes(target)).rejects.toMatchObject({ code: "CREDENTIALS_INVALID" });
    await test.database.prisma.clusterCredentials.create({ data: row });
    await expect(clients.kubernetes(target)).resolves.toBeDefined();
  });

  it("fails one cluster whose record cannot be opened, and no other", async () => {
    const [good, bad] = [
      await stored({ prometheusUrl: plain.url }, {}),
      await stored({ prometheusUrl: plain.url }, {}),
    ];
    // Its ciphertext is another record's.
    const { accessEncrypted } = await test.database.prisma.clusterCredentials.findUniqueOrThrow({
      where: { clusterId: good.id },
    });
    await test.database.prisma.clusterCredentials.update({ where: { clusterId: bad.id }, data: { accessEncrypted } });
    const results = await Promise.allSettled([clients.prometheus(bad), clients.prometheus(good)]);
    expect(results.map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
    expect(results[0]).toMatchObject({ reason: { code: "KEY_UNAVAILABLE" } });
  });
});
