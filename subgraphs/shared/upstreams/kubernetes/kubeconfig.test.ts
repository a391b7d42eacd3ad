import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTlsMaterial, type TlsMaterial } from "../../../../demo/server/tls.ts";
import { kubeconfigForToken, loadKubeconfig } from "./kubeconfig.ts";

const SECRET = "hunter2-in-a-file";
let tls: TlsMaterial;
let directory: string;
let file: string;
beforeAll(async () => {
  tls = await createTlsMaterial(["127.0.0.1"]);
  directory = await mkdtemp(join(tmpdir(), "aiops-kubeconfig-"));
  file = join(directory, "token");
  await writeFile(file, SECRET);
});
afterAll(() => rm(directory, { recursive: true }));

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const jwt = (claims: object): string =>
  ["{}", JSON.stringify(claims), "x"].map((part) => Buffer.from(part).toString("base64url")).join(".");

/** A kubeconfig of one context, as JSON, which is YAML. */
const kubeconfig = (parts: { cluster?: object; user?: object; more?: object } = {}): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "here",
    contexts: [{ name: "here", context: { cluster: "c", user: "u", namespace: "n" } }],
    clusters: [{ name: "c", cluster: { server: "https://api.example:6443", ...parts.cluster } }],
    users: [{ name: "u", user: parts.user ?? { token: "t-1" } }],
    ...parts.more,
  });

describe("loadKubeconfig", () => {
  it("reads what kubectl writes, and takes the current context", async () => {
    const config = `
apiVersion: v1
kind: Config
preferences: {}
current-context: second
contexts:
- name: first
  context: { cluster: a, user: b }
- name: second
  context:
    cluster: prod
    user: admin
clusters:
- name: a
  cluster: { server: "https://a.example", proxy-url: "http://p" }
- name: prod
  cluster:
    certificate-authority-data: ${base64(tls.ca)}
    server: https://prod.example:6443
    tls-server-name: kubernetes.default
users:
- name: b
  user: { exec: { command: rm } }
- name: admin
  user:
    token: sha256~abc
`;
    expect(await loadKubeconfig(config)).toEqual({
      cluster: {
        name: "prod",
        server: "https://prod.example:6443",
        caData: base64(tls.ca),
        tlsServerName: "kubernetes.default",
        skipTLSVerify: false,
      },
      user: { name: "admin", token: "sha256~abc" },
      facts: { caCertificate: tls.ca, token: "sha256~abc", expiresAt: null },
    });
  });

  it("takes a client certificate, which tells its end", async () => {
    const user = { "client-certificate-data": base64(tls.cert), "client-key-data": base64(tls.key) };
    const { user: loaded, facts } = await loadKubeconfig(kubeconfig({ user }));
    expect(loaded).toEqual({ name: "u", certData: base64(tls.cert), keyData: base64(tls.key) });
    expect(facts).toMatchObject({ token: null, caCertificate: null });
    expect(facts.expiresAt?.getTime()).toBeGreaterThan(Date.now() + 300 * 86_400_000);
  });

  it("takes a user and password, for what still has them", async () => {
    const { user } = await loadKubeconfig(kubeconfig({ user: { username: "ann", password: "p" } }));
    expect(user).toEqual({ name: "u", username: "ann", password: "p" });
  });

  it.each<[string, string, Date | null]>([
    ["a JWT's end", jwt({ exp: 1_800_000_000 }), new Date(1_800_000_000_000)],
    ["no end of a JWT without one", jwt({}), null],
    ["no end of a JWT with a strange one", jwt({ exp: "tomorrow" }), null],
    ["no end of an opaque token", "sha256~abc", null],
    ["no end of what only looks like a JWT", "a.b.c", null],
  ])("tells %s", async (_, token, expiresAt) => {
    expect((await loadKubeconfig(kubeconfig({ user: { token } }))).facts).toEqual({
      token,
      expiresAt,
      caCertificate: null,
    });
  });

  const refersToFiles = /refers to files\. Embed them: kubectl config view --raw --flatten\./;
  it.each<[string, () => string, RegExp]>([
    [
      "an exec plugin",
      () => kubeconfig({ user: { exec: { command: "hunter2" } } }),
      /exec plugins are not run.*service account token/,
    ],
    [
      "an exec plugin beside a token",
      () => kubeconfig({ user: { token: "t", exec: { command: "hunter2" } } }),
      /exec plugins/,
    ],
    [
      "an auth provider",
      () => kubeconfig({ user: { "auth-provider": { name: "hunter2" } } }),
      /auth-provider plugins are not supported/,
    ],
    [
      "certificate-authority",
      () => kubeconfig({ cluster: { "certificate-authority": "/etc/hunter2" } }),
      refersToFiles,
    ],
    ["client-certificate", () => kubeconfig({ user: { token: "t", "client-certificate": "hunter2" } }), refersToFiles],
    ["client-key", () => kubeconfig({ user: { token: "t", "client-key": "hunter2" } }), refersToFiles],
    ["tokenFile", () => kubeconfig({ user: { tokenFile: "hunter2" } }), refersToFiles],
    ["tokenFile beside a token", () => kubeconfig({ user: { token: "t", tokenFile: "hunter2" } }), refersToFiles],
    [
      "insecure-skip-tls-verify",
      () => kubeconfig({ cluster: { "insecure-skip-tls-verify": true } }),
      /certificate-authority-data/,
    ],
    ["a proxy", () => kubeconfig({ cluster: { "proxy-url": "http://hunter2" } }), /proxy-url is not supported/],
    ["impersonation", () => kubeconfig({ user: { token: "t", as: "hunter2" } }), /Impersonation/],
    ["a user who cannot sign in", () => kubeconfig({ user: {} }), /neither a token nor a client certificate/],
    [
      "a certificate without its key",
      () => kubeconfig({ user: { "client-certificate-data": base64(tls.cert) } }),
      /with its key/,
    ],
    [
      "a certificate that is none",
      () => kubeconfig({ user: { "client-certificate-data": base64("hunter2"), "client-key-data": base64(tls.key) } }),
      /client-certificate-data is not base64 of PEM/,
    ],
    [
      "a key that is none",
      () => kubeconfig({ user: { "client-certificate-data": base64(tls.cert), "client-key-data": "hunter2" } }),
      /client-key-data is not base64 of PEM/,
    ],
    [
      "an authority that is none",
      () => kubeconfig({ cluster: { "certificate-authority-data": base64("hunter2") } }),
      /certificate-authority-data is not base64 of PEM/,
    ],
    [
      "a token with a line break",
      () => kubeconfig({ user: { token: "hunter2\n" } }),
      /The token holds spaces or line breaks/,
    ],
    [
      "no current context",
      () => kubeconfig({ more: { "current-context": undefined } }),
      /current-context must name a context/,
    ],
    [
      "a current context that is not there",
      () => kubeconfig({ more: { "current-context": "hunter2" } }),
      /current-context must name/,
    ],
    ["a context whose cluster is not there", () => kubeconfig({ more: { clusters: [] } }), /with a cluster and a user/],
    ["a context whose user is not there", () => kubeconfig({ more: { users: null } }), /with a cluster and a user/],
    [
      "a user that is no object",
      () => kubeconfig({ more: { users: [{ name: "u", user: "hunter2" }] } }),
      /with a cluster and a user/,
    ],
    ["a token that is no text", () => kubeconfig({ user: { token: ["hunter2"] } }), /with a cluster and a user/],
    ["nothing", () => "", /not valid YAML/],
    ["what is not YAML", () => "hunter2: [", /not valid YAML/],
    ["YAML that is no object", () => "hunter2", /not valid YAML/],
    ["YAML of something else", () => "apiVersion: v1\nkind: Secret\nusers: hunter2", /not valid YAML/],
  ])("refuses %s, says why, and echoes nothing", async (_, config, message) => {
    const error: unknown = await loadKubeconfig(config()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: "CREDENTIALS_INVALID",
      message: expect.stringMatching(message),
      details: { field: "kubeconfig" },
    });
    expect(JSON.stringify([(error as Error).message, error])).not.toContain("hunter2");
  });

  // The library reads `token-file` of every user while it parses, and sends what was in it to the server of the owner's choice.
  it.each<[string, () => string]>([
    ["token-file", () => kubeconfig({ user: { "token-file": file } })],
    ["tokenFile", () => kubeconfig({ user: { tokenFile: file } })],
    [
      "token-file of another user",
      () =>
        kubeconfig({
          more: {
            users: [
              { name: "u", user: { token: "t" } },
              { name: "x", user: { "token-file": file } },
            ],
          },
        }),
    ],
    [
      "token-file of a directory, which cannot be read",
      () =>
        kubeconfig({
          more: {
            users: [
              { name: "u", user: { token: "t" } },
              { name: "x", user: { "token-file": directory } },
            ],
          },
        }),
    ],
    ["certificate-authority", () => kubeconfig({ cluster: { "certificate-authority": file } })],
    ["client-certificate", () => kubeconfig({ user: { token: "t", "client-certificate": file } })],
  ])("never reads a file: %s", async (name, config) => {
    const loaded: unknown = await loadKubeconfig(config()).catch((error: unknown) => error);
    if (name.includes(" of ")) expect(loaded).toMatchObject({ user: { token: "t" } });
    else expect(loaded).toMatchObject({ code: "CREDENTIALS_INVALID", message: expect.stringMatching(refersToFiles) });
    expect(JSON.stringify(loaded)).not.toContain(SECRET);
  });
});

describe("kubeconfigForToken", () => {
  it.each([true, false])("makes a kubeconfig that loads; with an authority: %s", async (withAuthority) => {
    const caCertificate = withAuthority ? tls.ca : null;
    const token = jwt({ exp: 1_800_000_000 });
    const { cluster, user, facts } = await loadKubeconfig(
      kubeconfigForToken({ server: "https://api.example:6443", token, caCertificate }),
    );
    expect(facts).toEqual({ token, caCertificate, expiresAt: new Date(1_800_000_000_000) });
    expect(user).toEqual({ name: "default", token });
    expect(cluster).toEqual({
      name: "default",
      server: "https://api.example:6443",
      skipTLSVerify: false,
      ...(caCertificate ? { caData: base64(caCertificate) } : {}),
    });
  });
});
