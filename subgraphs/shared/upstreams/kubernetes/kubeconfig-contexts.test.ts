import { describe, expect, it } from "vitest";
import { createTlsMaterial } from "../../../../demo/server/tls.ts";
import { kubeconfigContexts } from "./kubeconfig-contexts.ts";

const TLS = await createTlsMaterial(["localhost"]);
const CA = Buffer.from(TLS.ca).toString("base64");

/** A kubeconfig with one context, `dev`, and what is given instead. */
const config = (cluster: object, user: object, more: object = {}): string =>
  JSON.stringify({
    kind: "Config",
    contexts: [{ name: "dev", context: { cluster: "c", user: "u", namespace: "shop" } }],
    clusters: [{ name: "c", cluster }],
    users: [{ name: "u", user }],
    ...more,
  });
const only = async (text: string) => {
  const [context] = await kubeconfigContexts(text);
  if (!context) throw new Error("no context");
  return context;
};

describe("kubeconfigContexts", () => {
  it("gives each context a kubeconfig that holds nothing of another", async () => {
    const contexts = await kubeconfigContexts(`
kind: Config
current-context: two
contexts:
  - { name: one, context: { cluster: a, user: ann } }
  - { name: two, context: { cluster: b, user: bob } }
clusters:
  - { name: a, cluster: { server: "https://a.example:6443", certificate-authority-data: ${CA}, extensions: [{ name: minikube }] } }
  - { name: b, cluster: { server: "https://b.example:6443" } }
users:
  - { name: ann, user: { token: marked-ann } }
  - { name: bob, user: { username: bob, password: marked-bob } }
`);
    expect(contexts.map(({ name, server }) => [name, server])).toEqual([
      ["one", "https://a.example:6443"],
      ["two", "https://b.example:6443"],
    ]);
    expect(JSON.parse((await contexts[0]?.extract()) ?? "")).toEqual({
      apiVersion: "v1",
      kind: "Config",
      "current-context": "one",
      contexts: [{ name: "one", context: { cluster: "one", user: "one" } }],
      clusters: [{ name: "one", cluster: { server: "https://a.example:6443", "certificate-authority-data": CA } }],
      users: [{ name: "one", user: { token: "marked-ann" } }],
    });
    const second = await contexts[1]?.extract();
    expect(second).toContain("marked-bob");
    expect(second).not.toContain("marked-ann");
  });

  it("tells which contexts lead to one cluster", async () => {
    const endpoint = async (cluster: object) => (await only(config(cluster, {}))).endpoint;
    const plain = await endpoint({ server: "https://api.example:6443" });
    expect(await endpoint({ server: "https://API.example:6443/" })).toBe(plain);
    expect(await endpoint({ server: "https://api.example:443" })).not.toBe(plain);
    expect(await endpoint({ server: "https://api.example:6443/k8s/clusters/c-1" })).not.toBe(plain);
    expect(await endpoint({ server: "https://api.example:6443", "tls-server-name": "one" })).not.toBe(plain);
  });

  it.each([
    [
      "an exec plugin",
      { exec: { command: "aws", env: [{ name: "X", value: "marked" }] } },
      /exec plugins.*service account token/,
    ],
    ["an auth-provider", { "auth-provider": { name: "gcp", config: { "access-token": "marked" } } }, /auth-provider/],
    ["impersonation", { token: "marked", "as-groups": ["system:masters"] }, /Impersonation/],
    ["a token file", { tokenFile: "/var/run/marked" }, /refers to files/],
    ["nothing to sign in with", {}, /neither a token/],
  ])("refuses %s for that context, and does not show it", async (_, user, message) => {
    const context = await only(config({ server: "https://a.example" }, user));
    const error: unknown = await context.extract().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "CREDENTIALS_INVALID", message: expect.stringMatching(message) });
    expect(String(error)).not.toContain("marked");
  });

  it("refuses a context without a cluster or a user, or too long to be stored", async () => {
    const user = { token: "t" };
    const missing = await only(config({}, user, { clusters: null }));
    expect(missing.server).toBeNull();
    await expect(missing.extract()).rejects.toThrow(/names no cluster/);
    await expect((await only(config({ server: "https://a" }, user, { users: [] }))).extract()).rejects.toThrow(
      /no user/,
    );
    const long = { server: "https://a", "certificate-authority-data": "x".repeat(300_000) };
    await expect((await only(config(long, user))).extract()).rejects.toThrow(/262144 characters/);
  });

  it("counts the first of a name that occurs twice", async () => {
    const contexts = await kubeconfigContexts(
      JSON.stringify({
        contexts: [
          { name: "x", context: { cluster: "c", user: "u" } },
          { name: "x", context: { cluster: "other", user: "u" } },
        ],
        clusters: [
          { name: "c", cluster: { server: "https://first" } },
          { name: "c", cluster: { server: "https://second" } },
        ],
      }),
    );
    expect(contexts.map(({ name, server }) => [name, server])).toEqual([["x", "https://first"]]);
  });

  it.each(["", "[", "kind: Pod", "contexts: 7", "kind: Config", "- a"])("refuses %j as a whole", async (text) => {
    await expect(kubeconfigContexts(text)).rejects.toMatchObject({ code: "CREDENTIALS_INVALID" });
  });
});
