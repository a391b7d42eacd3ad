import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createTlsMaterial, type TlsMaterial } from "../../../demo/server/tls.ts";
import { type HttpServer, startHttpServer } from "../../../test/support/http-server.ts";
import { HomeCluster } from "../upstreams/kubernetes/home-cluster.ts";
import { kubeconfigForToken } from "../upstreams/kubernetes/kubeconfig.ts";
import { SECRET_REFERENCE, SecretReferences } from "./secret-references.ts";

const homeOf = (kubeconfigFile: string | undefined, mounted: { serviceAccount?: string; server?: string } = {}) =>
  new HomeCluster({
    kubeconfigFile,
    variable: "AIOPS_SECRETS_KUBECONFIG",
    purpose: "read Secrets from",
    ...mounted,
  });
const NAMESPACES = [
  { tenant: "default", namespace: "fleet" },
  { tenant: "team-b", namespace: "team-b" },
];
const signal = () => new AbortController().signal;
const base64 = (text: string): string => Buffer.from(text).toString("base64");
const jwt = (payload: object): string => `e30.${Buffer.from(JSON.stringify(payload)).toString("base64url")}.sig`;

describe("SecretReferences", () => {
  let tls: TlsMaterial;
  let directory: string;
  let server: HttpServer;
  let home: HomeCluster;
  let secrets: SecretReferences;
  /** By namespace/name: the Secret's data, or the status that is answered instead. */
  let held: Record<string, Record<string, string> | number>;
  let accepted: string;

  beforeAll(async () => {
    tls = await createTlsMaterial(["127.0.0.1"]);
    directory = await mkdtemp(join(tmpdir(), "aiops-home-"));
  });
  beforeEach(async () => {
    held = {};
    accepted = "home-token";
    server = await startHttpServer(({ path, headers }, response) => {
      const [, namespace, name] = /^\/api\/v1\/namespaces\/([^/]+)\/secrets\/([^/]+)$/.exec(path) ?? [];
      const found = headers.authorization === `Bearer ${accepted}` ? (held[`${namespace}/${name}`] ?? 404) : 401;
      const status = typeof found === "number" ? found : 200;
      const body = status === 200 ? { kind: "Secret", metadata: { name }, data: found } : { kind: "Status" };
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    }, tls);
    await writeKubeconfig("home-token");
    home = homeOf(join(directory, "kubeconfig"));
    secrets = new SecretReferences(home, NAMESPACES);
  });
  afterEach(async () => {
    home.close();
    await server[Symbol.asyncDispose]();
  });
  afterAll(() => rm(directory, { recursive: true }));

  const writeKubeconfig = (token: string) =>
    writeFile(join(directory, "kubeconfig"), kubeconfigForToken({ server: server.url, token, caCertificate: tls.ca }));

  it("reads the token of a Secret, by default under the key token, with its end", async () => {
    const end = Math.floor(Date.now() / 1000) + 86_400;
    held["fleet/prod"] = { token: base64(`${jwt({ exp: end })}\n`), other: base64("opaque") };
    expect(await secrets.read("fleet/prod", "default", signal())).toMatchObject({
      token: jwt({ exp: end }),
      endsAt: end * 1000,
    });
    const { token, renewAt, endsAt } = await secrets.read("fleet/prod/other", "default", signal());
    expect([token, endsAt]).toEqual(["opaque", Number.POSITIVE_INFINITY]);
    expect(renewAt - Date.now()).toBeGreaterThan(290_000);
    expect(renewAt - Date.now()).toBeLessThanOrEqual(300_000);
  });

  it("gives a tenant its own namespaces, and asks for nothing in any other", async () => {
    held["fleet/prod"] = { token: base64("a") };
    held["team-b/prod"] = { token: base64("b") };
    expect(await secrets.read("team-b/prod", "team-b", signal())).toMatchObject({ token: "b" });
    server.requests.length = 0;
    for (const [reference, tenant] of [
      ["team-b/prod", "default"],
      ["fleet/prod", "team-b"],
      ["kube-system/admin", "default"],
    ] as const) {
      await expect(secrets.read(reference, tenant, signal())).rejects.toMatchObject({
        code: "CREDENTIALS_INVALID",
        message: expect.stringContaining("AIOPS_SECRETS_NAMESPACES"),
      });
    }
    expect(server.requests).toEqual([]);
  });

  it.each<[string, Record<string, string> | number, string, string]>([
    ["does not exist", 404, "CREDENTIALS_INVALID", "There is no Secret fleet/prod."],
    ["may not be read", 403, "CREDENTIALS_INVALID", 'The platform may not read the Secret fleet/prod: it needs "get".'],
    ["has another key", { other: "eA==" }, "CREDENTIALS_INVALID", 'The Secret fleet/prod has no key "token".'],
    [
      "holds no token",
      { token: base64("two words") },
      "CREDENTIALS_INVALID",
      'The key "token" of the Secret fleet/prod holds no token.',
    ],
    [
      "is not answered",
      500,
      "UPSTREAM_ERROR",
      "The Secret fleet/prod cannot be read: The API server answered HTTP 500.",
    ],
  ])("says which Secret %s", async (_, answer, code, message) => {
    held["fleet/prod"] = answer;
    await expect(secrets.read("fleet/prod", "default", signal())).rejects.toMatchObject({ code, message });
  });

  it("takes a kubeconfig that was replaced in its place", async () => {
    held["fleet/prod"] = { token: base64("a") };
    await secrets.read("fleet/prod", "default", signal());
    accepted = "next-token";
    await expect(secrets.read("fleet/prod", "default", signal())).rejects.toMatchObject({ code: "UPSTREAM_REFUSED" });
    await writeKubeconfig("next-token");
    expect(await secrets.read("fleet/prod", "default", signal())).toMatchObject({ token: "a" });
  });

  it("says where there is no cluster to read from", async () => {
    const nowhere = homeOf(undefined, { serviceAccount: join(directory, "nothing") });
    await expect(
      new SecretReferences(nowhere, NAMESPACES).read("fleet/prod", "default", signal()),
    ).rejects.toMatchObject({
      code: "CREDENTIALS_INVALID",
      message:
        "There is no cluster to read Secrets from: the platform runs in no cluster, and AIOPS_SECRETS_KUBECONFIG names no kubeconfig.",
    });
    const unreadable = homeOf(join(directory, "nothing"));
    await expect(unreadable.client()).rejects.toMatchObject({
      message: expect.stringContaining("the file that AIOPS_SECRETS_KUBECONFIG names cannot be read"),
    });
  });

  it("signs in with the mounted service account where the platform runs in a cluster", async () => {
    await writeFile(join(directory, "ca.crt"), tls.ca);
    await writeFile(join(directory, "token"), "home-token\n");
    const mounted = homeOf(undefined, { serviceAccount: directory, server: server.url });
    held["fleet/prod"] = { token: base64("a") };
    const references = new SecretReferences(mounted, NAMESPACES);
    expect(await references.read("fleet/prod", "default", signal())).toMatchObject({ token: "a" });
    mounted.close();
  });
});

describe("SECRET_REFERENCE", () => {
  it.each(["ns/name", "ns/name/key", "a-b/c.d-e/ca.crt"])("is %s", (text) => {
    expect(text).toMatch(SECRET_REFERENCE);
  });
  it.each(["", "name", "ns/", "/name", "ns/na me", "NS/name", "ns/../x", "ns/name/key/more", "ns/name/", "ns/%2e/x"])(
    "is not %j",
    (text) => {
      expect(text).not.toMatch(SECRET_REFERENCE);
    },
  );
});
