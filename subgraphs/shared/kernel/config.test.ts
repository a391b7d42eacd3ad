import { describe, expect, it } from "vitest";
import { ConfigError, isLoopback, readConfig, requireUsableSignIn, requireVariables } from "./config.ts";

const KEY = Buffer.alloc(32, 7).toString("base64");
const OTHER_KEY = Buffer.alloc(32, 8).toString("base64");
const TOKEN = "0123456789abcdef";

const problem = (env: Record<string, string>): string => {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error("It was accepted.");
};

describe("readConfig", () => {
  it("needs nothing", () => {
    expect(readConfig({})).toMatchObject({
      HOST: "127.0.0.1",
      PORT: 4000,
      LOG_LEVEL: "info",
      DATA_DIR: ".data",
      AIOPS_ALLOWED_ORIGINS: [],
      AIOPS_DEMO: "auto",
      AIOPS_DEMO_CONTROL_PORT: 4080,
      AIOPS_SUBGRAPH_URLS: {},
      AIOPS_TARGET_ALLOW: { hosts: [], ranges: [] },
      AIOPS_SECRETS_NAMESPACES: [],
      AIOPS_SHUTDOWN_GRACE_MS: 10_000,
      AIOPS_EVENT_RETENTION_MS: 3_600_000,
      AIOPS_EVENT_RETENTION_COUNT: 100_000,
      AIOPS_HEALTH_SWEEP_MS: 1000,
      AIOPS_METRICS_MAX_SERIES_PER_CLUSTER: 10_000,
      AIOPS_METRICS_MAX_SERIES: 200_000,
      AIOPS_METRICS_MAX_SAMPLES: 1_000_000,
      AIOPS_METRICS_MAX_BYTES: 67_108_864,
      AIOPS_METRICS_CACHE_BYTES: 67_108_864,
    });
  });

  it("takes an empty or blank variable for one that is not set", () => {
    expect(readConfig({ PORT: "", DATABASE_URL: "", AIOPS_API_TOKENS: " " })).toEqual(readConfig({}));
  });

  it.each<[string, string, unknown]>([
    ["PORT", "0", 0],
    ["PORT", "65535", 65_535],
    ["DATABASE_URL", "postgres://u:p@db/aiops", "postgres://u:p@db/aiops"],
    ["REDIS_URL", "rediss://r:6380", "rediss://r:6380"],
    ["AIOPS_DEMO", "off", "off"],
    ["AIOPS_DEMO", "5", 5],
    ["AIOPS_ALLOWED_ORIGINS", "https://a.example, https://b.example", ["https://a.example", "https://b.example"]],
    [
      "AIOPS_SUBGRAPH_URLS",
      "a=http://a:1/graphql, b=http://b:2/?x=y",
      { a: "http://a:1/graphql", b: "http://b:2/?x=y" },
    ],
    [
      "AIOPS_TARGET_ALLOW",
      "prometheus, *.example.com,10.0.0.0/8",
      { hosts: ["prometheus", "*.example.com"], ranges: [{ family: 4, value: 10n << 24n, prefix: 8 }] },
    ],
    [
      "AIOPS_SECRETS_NAMESPACES",
      "fleet, team-b=their-secrets",
      [
        { tenant: "default", namespace: "fleet" },
        { tenant: "team-b", namespace: "their-secrets" },
      ],
    ],
    [
      "AIOPS_ENCRYPTION_KEYS",
      `new:${KEY}, old-1:${OTHER_KEY}`,
      [
        { id: "new", key: Buffer.alloc(32, 7) },
        { id: "old-1", key: Buffer.alloc(32, 8) },
      ],
    ],
    [
      "AIOPS_API_TOKENS",
      `[{"token":"${TOKEN}","user":"ann","roles":["admin"]},
        {"token":"${TOKEN}2","expiresAt":"2026-12-31T00:00:00Z","user":"bob","roles":["viewer"],"groups":["sre"],"tenant":"acme","scope":{"regions":["eu"]}}]`,
      [
        {
          token: TOKEN,
          expiresAt: null,
          identity: { user: "ann", roles: ["admin"], groups: [], tenant: "default", scope: null },
        },
        {
          token: `${TOKEN}2`,
          expiresAt: new Date("2026-12-31T00:00:00Z"),
          identity: { user: "bob", roles: ["viewer"], groups: ["sre"], tenant: "acme", scope: { regions: ["eu"] } },
        },
      ],
    ],
  ])("reads %s=%s", (name, text, value) => {
    expect(readConfig({ [name]: text })).toHaveProperty(name, value);
  });

  it("lists every wrong variable at once, each with its name and an example", () => {
    const text = problem({
      PORT: "http",
      LOG_LEVEL: "loud",
      REDIS_URL: "db:6379",
      AIOPS_DEMO: "0",
      AIOPS_HEALTH_SWEEP_MS: "1.5",
    });
    const [title, ...lines] = text.split("\n");
    expect(title).toBe("The configuration is wrong:");
    expect(lines.map((line) => /^ {2}(\w+): .+\. Example: \1=./.exec(line)?.[1])).toEqual([
      "PORT",
      "LOG_LEVEL",
      "REDIS_URL",
      "AIOPS_DEMO",
      "AIOPS_HEALTH_SWEEP_MS",
    ]);
  });

  // Each value holds "hunter2"; none of it may come back.
  it.each<[string, string]>([
    ["PORT", "hunter2"],
    ["LOG_LEVEL", "hunter2"],
    ["AIOPS_ALLOWED_ORIGINS", "https://hunter2.example/"],
    ["AIOPS_ALLOWED_ORIGINS", "hunter2.example"],
    ["DATABASE_URL", "mysql://root:hunter2@db/x"],
    ["DATABASE_URL", "hunter2"],
    ["REDIS_URL", "http://:hunter2@redis"],
    ["AIOPS_DEMO", "hunter2"],
    ["AIOPS_ENCRYPTION_KEYS", "hunter2"],
    ["AIOPS_ENCRYPTION_KEYS", `hunter2 x:${KEY}`],
    ["AIOPS_ENCRYPTION_KEYS", "k1:hunter2"],
    ["AIOPS_ENCRYPTION_KEYS", `hunter2:${KEY},hunter2:${OTHER_KEY}`],
    ["AIOPS_INTERNAL_SECRET", "hunter2"],
    ["AIOPS_INTERNAL_SECRET", `${TOKEN.repeat(2)},hunter2`],
    ["AIOPS_INTERNAL_SECRET", `${TOKEN.repeat(2)},`],
    ["AIOPS_API_TOKENS", "hunter2"],
    ["AIOPS_API_TOKENS", '{"token":"hunter2"}'],
    ["AIOPS_API_TOKENS", "[]"],
    ["AIOPS_API_TOKENS", '[{"token":"hunter2","user":"a","roles":["admin"]}]'],
    ["AIOPS_API_TOKENS", `[{"token":"hunter2${TOKEN}","user":"a","roles":["hunter2"]}]`],
    ["AIOPS_API_TOKENS", `[{"token":"hunter2${TOKEN}","user":"a","roles":["admin"],"scope":{"types":["hunter2"]}}]`],
    ["AIOPS_SUBGRAPH_URLS", "http://u:hunter2@a/graphql"],
    ["AIOPS_SUBGRAPH_URLS", "=http://u:hunter2@a/graphql"],
    ["AIOPS_EVENT_RETENTION_COUNT", "9"],
    ["AIOPS_TARGET_ALLOW", "https://hunter2"],
    ["AIOPS_TARGET_ALLOW", "a.example,hunter2:443"],
    ["AIOPS_TARGET_ALLOW", "*"],
    ["AIOPS_TARGET_ALLOW", "10.0.0.5/8"],
    ["AIOPS_TARGET_ALLOW", "169.254.169.254"],
    ["AIOPS_SECRETS_NAMESPACES", "*"],
    ["AIOPS_SECRETS_NAMESPACES", "fleet/hunter2"],
    ["AIOPS_SECRETS_NAMESPACES", "fleet,,Hunter2"],
  ])("refuses %s=%s without echoing it", (name, value) => {
    const text = problem({ [name]: value });
    expect(text).toContain(`  ${name}: `);
    expect(text).not.toContain("hunter2");
  });

  it("refuses one token for two identities", () => {
    const entry = (user: string) => ({ token: TOKEN, user, roles: ["viewer"] });
    expect(problem({ AIOPS_API_TOKENS: JSON.stringify([entry("ann"), entry("bob")]) })).toContain("AIOPS_API_TOKENS: ");
  });

  // A scope that names no cluster would otherwise have to mean either none or all.
  it.each(["ids", "environments", "regions", "types"])("refuses an empty list of %s for a scope", (part) => {
    const tokens = [{ token: TOKEN, user: "ann", roles: ["viewer"], scope: { [part]: [] } }];
    expect(problem({ AIOPS_API_TOKENS: JSON.stringify(tokens) })).toContain(`at 0.scope.${part}`);
  });
});

describe("requireVariables", () => {
  it("lists all that are missing, each with an example", () => {
    const config = readConfig({ REDIS_URL: "redis://r" });
    expect(() => requireVariables(config, ["DATABASE_URL", "REDIS_URL", "AIOPS_INTERNAL_SECRET"])).toThrow(
      new ConfigError(
        "The configuration is incomplete:\n" +
          "  DATABASE_URL is required here. Example: DATABASE_URL=postgresql://aiops:secret@db:5432/aiops\n" +
          "  AIOPS_INTERNAL_SECRET is required here. Example: AIOPS_INTERNAL_SECRET=<output of: openssl rand -hex 32>",
      ),
    );
    expect(() => requireVariables(config, ["REDIS_URL", "PORT"])).not.toThrow();
  });
});

describe("listening beyond loopback", () => {
  it.each([
    ["127.0.0.1", true],
    ["127.8.9.10", true],
    ["localhost", true],
    ["::1", true],
    ["0.0.0.0", false],
    ["::", false],
    ["10.0.0.1", false],
    ["127.0.0.1.example.com", false],
    ["gateway", false],
  ])("%s is loopback: %s", (host, loopback) => expect(isLoopback(host)).toBe(loopback));

  it.each(["0.0.0.0", "::", "gateway.example.com"])("on %s needs authentication, and says how", (HOST) => {
    expect(() => requireUsableSignIn(readConfig({ HOST }))).toThrow(
      expect.objectContaining({
        name: "ConfigError",
        message: expect.stringMatching(/AIOPS_API_TOKENS='\[.*HOST=127\.0\.0\.1/),
      }),
    );
    const tokens = JSON.stringify([{ token: TOKEN, user: "ann", roles: ["admin"] }]);
    expect(() => requireUsableSignIn(readConfig({ HOST, AIOPS_API_TOKENS: tokens }))).not.toThrow();
  });

  it("needs none on loopback", () => {
    expect(() => requireUsableSignIn(readConfig({}))).not.toThrow();
  });
});

describe("signing in", () => {
  const ACCESS = '[{"groups":["sre"],"roles":["operator"]}]';

  it.each([
    [
      "an issuer without its audience",
      { AIOPS_OIDC_ISSUER: "https://sso.example", AIOPS_ACCESS: ACCESS },
      "AIOPS_OIDC_AUDIENCE",
    ],
    ["an issuer without rules", { AIOPS_OIDC_ISSUER: "https://sso.example", AIOPS_OIDC_AUDIENCE: "a" }, "AIOPS_ACCESS"],
    ["TokenReview without rules", { AIOPS_TOKENREVIEW_KUBECONFIG: "in-cluster" }, "AIOPS_ACCESS"],
  ])("by %s would let nobody in, and stops the start", (_, env, missing) => {
    expect(() => requireUsableSignIn(readConfig(env))).toThrow(
      expect.objectContaining({ name: "ConfigError", message: expect.stringContaining(`${missing} is required`) }),
    );
  });

  it("is authentication enough beyond loopback", () => {
    const env = { HOST: "0.0.0.0", AIOPS_TOKENREVIEW_KUBECONFIG: "in-cluster", AIOPS_ACCESS: ACCESS };
    expect(() => requireUsableSignIn(readConfig(env))).not.toThrow();
  });

  it.each(["http://sso.example", "ftp://sso.example", "sso.example"])("trusts no issuer at %s", (url) => {
    expect(problem({ AIOPS_OIDC_ISSUER: url })).toContain("AIOPS_OIDC_ISSUER: a URL with https:");
  });

  it("trusts one on loopback without TLS", () => {
    for (const url of ["http://127.0.0.1:9/realm", "http://localhost:8080", "http://[::1]:1"])
      expect(readConfig({ AIOPS_OIDC_ISSUER: url }).AIOPS_OIDC_ISSUER).toBe(url);
  });
});
