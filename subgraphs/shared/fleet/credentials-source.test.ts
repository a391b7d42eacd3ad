import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createTlsMaterial, type TlsMaterial } from "../../../demo/server/tls.ts";
import { clusterRow, identity } from "../../../test/support/clusters.ts";
import { openTestDatabase, type TestDatabase } from "../../../test/support/database.ts";
import { type HttpServer, startHttpServer } from "../../../test/support/http-server.ts";
import { type OidcIssuer, startOidcIssuer } from "../../../test/support/oidc-issuer.ts";
import { loopbackGuard } from "../../../test/support/target-guard.ts";
import { UpstreamHttp } from "../upstreams/http.ts";
import { kubeconfigForToken } from "../upstreams/kubernetes/kubeconfig.ts";
import { FleetClients } from "./clients.ts";
import { type Credentials, sealCredentials } from "./credentials.ts";
import { CredentialsSource } from "./credentials-source.ts";
import { FleetDirectory, type Target } from "./directory.ts";
import type { SecretReferences } from "./secret-references.ts";
import { Vault } from "./vault.ts";

const STORED_AT = new Date("2026-01-01T00:00:00Z");
const options = () => ({ signal: new AbortController().signal, requestId: "r" });

describe("CredentialsSource", () => {
  let test: TestDatabase;
  let tls: TlsMaterial;
  let issuer: OidcIssuer;
  let http: UpstreamHttp;
  let source: CredentialsSource;
  let clients: FleetClients;
  /** The API server and Prometheus of a cluster, which accepts these tokens. */
  let cluster: HttpServer;
  let accepted: Set<string>;
  /** The Secrets that can be read, and how often one was. */
  let held: Record<string, string>;
  let reads: number;
  /** How far the clock is ahead. */
  let aheadMs: number;
  const vault = new Vault([{ id: "k", key: Buffer.alloc(32, 1) }]);

  beforeAll(async () => {
    [test, tls] = await Promise.all([openTestDatabase("embedded"), createTlsMaterial(["127.0.0.1"])]);
  });
  beforeEach(async () => {
    accepted = new Set();
    held = {};
    reads = 0;
    aheadMs = 0;
    issuer = await startOidcIssuer(tls, (n) => {
      accepted.add(`issued-${n}`);
      return `issued-${n}`;
    });
    cluster = await startHttpServer(({ headers }, response) => {
      const ok = accepted.has(headers.authorization?.replace("Bearer ", "") ?? "");
      response.writeHead(ok ? 200 : 401, { "content-type": "application/json" }).end('{"gitVersion":"v1"}');
    }, tls);
    const guard = loopbackGuard();
    http = new UpstreamHttp(guard);
    const secrets: Pick<SecretReferences, "read"> = {
      read: (reference) => {
        reads += 1;
        const token = held[reference] ?? "";
        return Promise.resolve({ token, renewAt: Date.now() + 300_000, endsAt: Number.POSITIVE_INFINITY });
      },
    };
    source = new CredentialsSource({
      prisma: test.database.prisma,
      vault,
      http,
      secrets,
      now: () => Date.now() + aheadMs,
    });
    clients = new FleetClients(http, source, guard);
  });
  afterEach(async () => {
    clients.close();
    await http.close();
    await Promise.all([cluster[Symbol.asyncDispose](), issuer[Symbol.asyncDispose]()]);
  });
  afterAll(() => test.dispose());

  const none: Credentials = {
    authType: "KUBECONFIG",
    kubeconfig: null,
    access: { prometheusToken: null, clusterToken: null, caCertificate: null },
    oidc: null,
    serviceAccountTokenSecretRef: null,
    prometheusTokenSecretRef: null,
  };
  const byOidc = (): Credentials => ({
    ...none,
    authType: "OIDC",
    access: { ...none.access, caCertificate: tls.ca },
    oidc: {
      issuerUrl: issuer.url,
      clientId: "aiops",
      clientSecret: "hunter2",
      scopes: [],
      audience: null,
      caCertificate: tls.ca,
    },
  });
  const bySecret = (): Credentials => ({
    ...none,
    authType: "SERVICE_ACCOUNT",
    access: { ...none.access, caCertificate: tls.ca },
    serviceAccountTokenSecretRef: "fleet/prod",
  });
  async function stored(credentials: Credentials): Promise<Target> {
    const { id, ...row } = clusterRow({
      credentialsAt: STORED_AT,
      apiServerUrl: cluster.url,
      prometheusUrl: `${cluster.url}/prometheus`,
    });
    const create = { ...sealCredentials(vault, id, credentials), createdAt: STORED_AT };
    await test.database.prisma.cluster.create({ data: { id, ...row, credentials: { create } } });
    const [target] = await new FleetDirectory(test.database.prisma).byIds(identity(), [id]);
    if (!target) throw new Error("It was not stored.");
    return target;
  }
  const sent = () => cluster.requests.map(({ headers }) => headers.authorization);

  it("signs in to the API server and to Prometheus with one token of the issuer", async () => {
    const target = await stored(byOidc());
    const asking = [clients.kubernetes(target), clients.prometheus(target)] as const;
    const [kubernetes, prometheus] = await Promise.all(asking);
    await Promise.all([kubernetes.version(options()), prometheus.ready(options()), kubernetes.ready(options())]);
    expect(new Set(sent())).toEqual(new Set(["Bearer issued-1"]));
    expect(issuer.tokenRequests()).toHaveLength(1);
  });

  it("has the next token before the last one ends, and never asks with one that has", async () => {
    issuer.state.expiresIn = 0.2;
    const prometheus = await clients.prometheus(await stored(byOidc()));
    while (issuer.state.issued.length < 4) await prometheus.ready(options());
    expect([...new Set(sent())]).toEqual(issuer.state.issued.map((token) => `Bearer ${token}`));
  });

  it("asks again with the next token where the last one is refused before its end, by either client", async () => {
    const target = await stored(byOidc());
    const [kubernetes, prometheus] = [await clients.kubernetes(target), await clients.prometheus(target)];
    const asking = [
      () => kubernetes.version(options()),
      () => kubernetes.ready(options()),
      () => kubernetes.authenticate(options()),
      () => prometheus.ready(options()),
    ];
    for (const [i, ask] of asking.entries()) {
      await ask();
      accepted.clear();
      aheadMs += 10_000;
      await ask();
      expect(issuer.tokenRequests()).toHaveLength(i + 2);
    }
    accepted.clear();
    // A refusal just after the token was fetched is the cluster's own.
    await expect(kubernetes.version(options())).rejects.toMatchObject({ code: "UPSTREAM_REFUSED" });
    await expect(prometheus.ready(options())).rejects.toMatchObject({ code: "UPSTREAM_REFUSED" });
    expect(issuer.tokenRequests()).toHaveLength(5);
  });

  it("says that it is the issuer that refuses, and remembers no failure", async () => {
    issuer.state.refusal = { status: 401, body: '{"error":"invalid_client"}' };
    const target = await stored(byOidc());
    const message = "The OIDC issuer refused the client: invalid_client.";
    const kubernetes = await clients.kubernetes(target);
    const prometheus = await clients.prometheus(target);
    for (const asked of [kubernetes.version(options()), kubernetes.ready(options()), prometheus.ready(options())])
      await expect(asked).rejects.toMatchObject({ code: "CREDENTIALS_INVALID", message });
    expect(cluster.requests).toEqual([]);
    issuer.state.refusal = null;
    expect(await kubernetes.version(options())).toBe("v1");
  });

  it("reads a Secret where it is used, keeps its token for a while, and reads it again when that is refused", async () => {
    held["fleet/prod"] = "first";
    accepted.add("first");
    const target = await stored(bySecret());
    const kubernetes = await clients.kubernetes(target);
    const prometheus = await clients.prometheus(target);
    expect(reads).toBe(0);
    await Promise.all([kubernetes.version(options()), prometheus.ready(options()), kubernetes.version(options())]);
    expect(reads).toBe(1);
    expect(new Set(sent())).toEqual(new Set(["Bearer first"]));
    held["fleet/prod"] = "second";
    accepted = new Set(["second"]);
    aheadMs += 10_000;
    cluster.requests.length = 0;
    expect(await kubernetes.version(options())).toBe("v1");
    expect(sent()).toEqual(["Bearer first", "Bearer second"]);
    held["fleet/prod"] = "third";
    accepted.add("third");
    aheadMs += 300_000;
    await prometheus.ready(options());
    expect(sent().at(-1)).toBe("Bearer third");
    expect(reads).toBe(3);
  });

  it("gives Prometheus the token of a Secret of its own, also in clear", async () => {
    held["fleet/prometheus"] = "for-prometheus";
    const signIn = source.candidate({ ...byOidc(), prometheusTokenSecretRef: "fleet/prometheus" }, "default");
    const tokenFor = async (url: string, kind: "prometheus" | "other") => {
      const { token } = signIn.endpoint(url, kind);
      return typeof token === "object" ? await token?.get() : token;
    };
    expect(await tokenFor("http://p.example", "prometheus")).toBe("for-prometheus");
    expect(await tokenFor("https://p.example", "prometheus")).toBe("for-prometheus");
    expect(await tokenFor("http://t.example", "other")).toBeUndefined();
    expect(await tokenFor("https://t.example", "other")).toBe("issued-1");
  });

  it("says that a token has ended where it is refused for that, by any client", async () => {
    const token = `e30.${Buffer.from(JSON.stringify({ exp: 1_577_836_800 })).toString("base64url")}.s`;
    const kubeconfig = kubeconfigForToken({ server: cluster.url, token, caCertificate: tls.ca });
    const access = { prometheusToken: null, clusterToken: token, caCertificate: tls.ca };
    const target = await stored({ ...none, kubeconfig, access });
    const refusal = {
      code: "CREDENTIALS_EXPIRED",
      message: "The stored credentials ended on 2020-01-01T00:00:00.000Z, and are refused (401). Set new ones.",
    };
    await expect((await clients.kubernetes(target)).ready(options())).rejects.toMatchObject(refusal);
    await expect((await clients.kubernetes(target)).authenticate(options())).rejects.toMatchObject(refusal);
    await expect((await clients.prometheus(target)).ready(options())).rejects.toMatchObject(refusal);
    // A server that takes it all the same is right.
    accepted.add(token);
    await (await clients.kubernetes(target)).ready(options());
  });

  it("reads the credentials of many clusters in one SQL statement", async () => {
    const targets = await Promise.all([stored(byOidc()), stored(bySecret()), stored(none)]);
    const { prisma } = test.database;
    let statements = 0;
    const counted = prisma.$extends({
      query: {
        clusterCredentials: {
          $allOperations: ({ args, query }) => {
            statements += 1;
            return query(args);
          },
        },
      },
    });
    const counting = new CredentialsSource({
      prisma: counted as unknown as typeof prisma,
      vault,
      http,
      secrets: { read: () => Promise.reject(new Error("not asked")) },
    });
    await Promise.all(targets.map((target) => counting.signIn(target)));
    await Promise.all(targets.map((target) => counting.signIn(target)));
    expect(statements).toBe(1);
  });
});
