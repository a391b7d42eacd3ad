import { z } from "zod";
import { distinct, isLoopback, json } from "./config-schemas.ts";
import { LIMIT_VARIABLES } from "./limits-config.ts";
import { parseTargetAllow, type TargetAllow } from "./network/target-allow.ts";
import { asksForCredentials, SIGN_IN_VARIABLES, signInProblems } from "./sign-in-config.ts";
import { TRACING_VARIABLES } from "./tracing-config.ts";

export { isLoopback };

/** A wrong or dangerous configuration. The message lists every problem at once, each with its variable and an example. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

const port = z.coerce.number().int().min(0).max(65_535);
const milliseconds = z.coerce.number().int().min(1).max(3_600_000);
const count = z.coerce.number().int().min(1);
const base64Key = z.string().refine((text) => Buffer.from(text, "base64").length === 32, "32 bytes in base64");

/** `id:base64` pairs, comma separated; the first key seals, all of them open. */
const keyRing = z.string().transform((text, ctx) => {
  const keys = text.split(",").map((pair) => {
    const [id = "", key = ""] = pair.trim().split(/:(.*)/s);
    if (!/^[a-zA-Z0-9_-]{1,32}$/.test(id) || !base64Key.safeParse(key).success) {
      ctx.addIssue({ code: "custom", message: "each entry is id:key, the key 32 bytes in base64" });
    }
    return { id, key: Buffer.from(key, "base64") };
  });
  // What one of two keys of the same id has sealed, the other could not open.
  if (!distinct(keys.map(({ id }) => id))) ctx.addIssue({ code: "custom", message: "each id stands for one key" });
  return keys;
});

/** Comma separated; the first signs, all of them are believed. */
const internalSecrets = z.string().transform((text, ctx): [string, ...string[]] => {
  const [first = "", ...others] = text.split(",").map((secret) => secret.trim());
  if ([first, ...others].some(({ length }) => length < 32))
    ctx.addIssue({ code: "custom", message: "each has at least 32 characters, and no comma" });
  return [first, ...others];
});

const url = (...protocols: string[]) =>
  z
    .string()
    .refine(
      (text) => URL.canParse(text) && protocols.includes(new URL(text).protocol),
      `a URL with ${protocols.join(" or ")}`,
    );

const LlmModels = z
  .array(
    z.strictObject({
      id: z.string().regex(/^[\w.:/-]{1,64}$/, "1 to 64 letters, digits and any of _ . : / -"),
      url: url("http:", "https:"),
      /** As the endpoint calls it. */
      model: z.string().min(1).max(200),
      apiKey: z.string().min(1).optional(),
      contextTokens: z.number().int().min(2048).max(10_000_000).default(32_768),
      maxOutputTokens: z.number().int().min(64).max(1_000_000).default(2048),
      temperature: z.number().min(0).max(2).default(0.1),
      firstTokenSeconds: z.number().min(0.1).max(600).default(60),
      idleSeconds: z.number().min(0.1).max(600).default(30),
      timeoutSeconds: z.number().min(0.1).max(3600).default(300),
    }),
  )
  .min(1)
  .refine((models) => distinct(models.map(({ id }) => id)), "each id stands for one model");
/** A language model's endpoint, and what is asked of it. */
export type ModelSpec = z.output<typeof LlmModels>[number];

/** `name=url` pairs, comma separated. */
const subgraphUrls = z.string().transform((text, ctx) => {
  const urls: Record<string, string> = {};
  for (const pair of text.split(",")) {
    const [name = "", url = ""] = pair.trim().split(/=(.*)/s);
    if (!name || !URL.canParse(url)) ctx.addIssue({ code: "custom", message: "each entry is name=url" });
    urls[name] = url;
  }
  return urls;
});

const targetAllow = z.string().transform((text, ctx): TargetAllow => {
  const { hosts, ranges, problems } = parseTargetAllow(text);
  for (const message of problems) ctx.addIssue({ code: "custom", message });
  return { hosts, ranges };
});

/** `namespace` for the default tenant or `tenant=namespace`, comma separated. */
const secretsNamespaces = z.string().transform((text, ctx) =>
  text.split(",").map((entry) => {
    const [, tenant = "default", namespace = ""] =
      /^(?:([a-z0-9][a-z0-9-]{0,61})=)?([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)$/.exec(entry.trim()) ?? [];
    if (!namespace) ctx.addIssue({ code: "custom", message: "each entry is a namespace, or tenant=namespace" });
    return { tenant, namespace };
  }),
);

/** Every variable: how it is read, its default, and an example for the operator who got it wrong. `.env.example` explains them. */
const VARIABLES = {
  HOST: { schema: z.string().min(1).default("127.0.0.1"), example: "127.0.0.1" },
  PORT: { schema: port.default(4000), example: "4000" },
  LOG_LEVEL: {
    schema: z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]).default("info"),
    example: "info",
  },
  DATABASE_URL: {
    schema: url("postgresql:", "postgres:").optional(),
    example: "postgresql://aiops:secret@db:5432/aiops",
  },
  AIOPS_DATABASE_CONNECTIONS: { schema: z.coerce.number().int().min(2).max(100).default(10), example: "10" },
  REDIS_URL: { schema: url("redis:", "rediss:").optional(), example: "redis://redis:6379" },
  AIOPS_REDIS_PREFIX: {
    schema: z
      .string()
      .regex(/^[\w.:-]{1,64}$/, "1 to 64 letters, digits and any of _ . : -")
      .default("aiops:"),
    example: "aiops-staging:",
  },
  DATA_DIR: { schema: z.string().min(1).default(".data"), example: "/var/lib/aiops" },
  AIOPS_ENCRYPTION_KEYS: { schema: keyRing.optional(), example: "k1:<output of: openssl rand -base64 32>" },
  AIOPS_SECRETS_KUBECONFIG: { schema: z.string().min(1).optional(), example: "/etc/aiops/secrets.kubeconfig" },
  AIOPS_SECRETS_NAMESPACES: {
    schema: secretsNamespaces.default([]),
    example: "cluster-credentials,team-b=team-b-credentials",
  },
  AIOPS_INTERNAL_SECRET: { schema: internalSecrets.optional(), example: "<output of: openssl rand -hex 32>" },
  ...SIGN_IN_VARIABLES,
  AIOPS_ALLOWED_ORIGINS: {
    schema: z
      .string()
      .transform((text) => text.split(",").map((origin) => origin.trim()))
      // A trailing slash or a path would match no browser's Origin, ever.
      .refine(
        (origins) => origins.every((origin) => URL.canParse(origin) && new URL(origin).origin === origin),
        "each entry is scheme://host or scheme://host:port, and nothing more",
      )
      .default([]),
    example: "https://console.example.com",
  },
  AIOPS_TARGET_ALLOW: {
    schema: targetAllow.default({ hosts: [], ranges: [] }),
    example: "prometheus.internal,*.clusters.example.com,10.20.0.0/16",
  },
  AIOPS_DEMO: {
    schema: z.union([z.literal("off"), z.literal("auto"), z.coerce.number().int().min(1).max(1000)]).default("auto"),
    example: "5 (or off)",
  },
  AIOPS_DEMO_CONTROL_PORT: { schema: port.default(4080), example: "4080" },
  AIOPS_GRAPH_URL: {
    schema: url("http:", "https:").default("http://127.0.0.1:4000/graphql"),
    example: "http://gateway:4000/graphql",
  },
  AIOPS_SUBGRAPH_URLS: { schema: subgraphUrls.default({}), example: "clusters=http://clusters:4001/graphql" },
  AIOPS_SUPERGRAPH: { schema: z.string().min(1).optional(), example: "/etc/aiops/supergraph.graphql" },
  ...LIMIT_VARIABLES,
  AIOPS_SOCKETS_PER_USER: { schema: z.coerce.number().int().min(1).max(100_000).default(50), example: "50" },
  AIOPS_SUBSCRIPTIONS_PER_USER: { schema: z.coerce.number().int().min(1).max(100_000).default(500), example: "500" },
  AIOPS_SHUTDOWN_GRACE_MS: { schema: milliseconds.default(10_000), example: "10000" },
  AIOPS_EVENT_RETENTION_MS: { schema: z.coerce.number().int().min(1000).default(3_600_000), example: "3600000" },
  AIOPS_EVENT_RETENTION_COUNT: { schema: z.coerce.number().int().min(10).default(100_000), example: "100000" },
  AIOPS_DELETED_RETENTION_DAYS: { schema: z.coerce.number().int().min(1).max(3650).default(30), example: "30" },
  AIOPS_HEALTH_SWEEP_MS: { schema: milliseconds.default(1000), example: "1000" },
  AIOPS_GPU_POLL_MS: { schema: milliseconds.default(30_000), example: "30000" },
  AIOPS_ALERT_POLL_MS: { schema: milliseconds.default(30_000), example: "30000" },
  AIOPS_ALERT_UNHEARD_HOURS: { schema: z.coerce.number().int().min(1).max(8760).default(24), example: "24" },
  AIOPS_TRACE_POLL_MS: { schema: milliseconds.default(60_000), example: "60000" },
  AIOPS_ALERT_RETENTION_DAYS: { schema: z.coerce.number().int().min(1).max(3650).default(30), example: "30" },
  AIOPS_ANALYSIS_RETENTION_DAYS: { schema: z.coerce.number().int().min(1).max(3650).default(30), example: "30" },
  AIOPS_ANOMALY_RETENTION_DAYS: { schema: z.coerce.number().int().min(1).max(3650).default(30), example: "30" },
  AIOPS_ANOMALY_MAX_SERIES: { schema: count.default(10_000), example: "10000" },
  AIOPS_ANOMALY_MAX_SAMPLES: { schema: count.default(5_000_000), example: "5000000" },
  AIOPS_ANOMALY_SCANS: { schema: count.default(2), example: "2" },
  AIOPS_REPORTS_DIR: { schema: z.string().min(1).optional(), example: "/var/lib/aiops/reports" },
  AIOPS_REPORTS_S3_URL: {
    schema: url("http:", "https:").optional(),
    example: "https://s3.eu-central-1.amazonaws.com/bucket/prefix",
  },
  AIOPS_REPORTS_S3_REGION: { schema: z.string().min(1).default("us-east-1"), example: "eu-central-1" },
  AIOPS_REPORTS_S3_ACCESS_KEY_ID: { schema: z.string().min(1).optional(), example: "<access key id>" },
  AIOPS_REPORTS_S3_SECRET_ACCESS_KEY: { schema: z.string().min(1).optional(), example: "<secret access key>" },
  AIOPS_METRICS_MAX_SERIES_PER_CLUSTER: { schema: count.default(10_000), example: "10000" },
  AIOPS_METRICS_MAX_SERIES: { schema: count.default(200_000), example: "200000" },
  AIOPS_METRICS_MAX_SAMPLES: { schema: count.default(1_000_000), example: "1000000" },
  AIOPS_METRICS_MAX_BYTES: { schema: count.default(67_108_864), example: "67108864" },
  AIOPS_METRICS_CACHE_BYTES: { schema: z.coerce.number().int().min(0).default(67_108_864), example: "67108864" },
  AIOPS_LOGS_CACHE_BYTES: { schema: z.coerce.number().int().min(0).default(33_554_432), example: "33554432" },
  AIOPS_LLM_MODELS: {
    schema: json(LlmModels).default([]),
    example: '[{"id":"local","url":"http://vllm:8000/v1","model":"meta-llama/Llama-3.2-3B-Instruct"}]',
  },
  ...TRACING_VARIABLES,
  AIOPS_UPSTREAM_REST_MS: { schema: milliseconds.default(10_000), example: "10000" },
} as const;

type Variables = { [K in keyof typeof VARIABLES]: z.output<(typeof VARIABLES)[K]["schema"]> };
export type Config = Readonly<Variables>;
export type VariableName = keyof typeof VARIABLES;

/** The configuration, or a ConfigError that lists every wrong variable. A value is never echoed: it may be a secret. */
export function readConfig(env: Record<string, string | undefined>): Config {
  const config: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [name, { schema, example }] of Object.entries(VARIABLES)) {
    const value = env[name]?.trim() || undefined;
    const parsed = schema.safeParse(value);
    if (parsed.success) config[name] = parsed.data;
    else
      problems.push(
        `  ${name}: ${parsed.error.issues.map(({ message }) => message).join("; ")}. Example: ${name}=${example}`,
      );
  }
  if (problems.length > 0) throw new ConfigError(`The configuration is wrong:\n${problems.join("\n")}`);
  return config as Config;
}

/** @throws ConfigError for the production processes, which share state and secrets and so need each of these. */
export function requireVariables(config: Config, names: readonly VariableName[]): void {
  const missing = names.filter((name) => config[name] === undefined);
  if (missing.length === 0) return;
  const lines = missing.map((name) => `  ${name} is required here. Example: ${name}=${VARIABLES[name].example}`);
  throw new ConfigError(`The configuration is incomplete:\n${lines.join("\n")}`);
}

/** @throws ConfigError rather than serve a fleet to a network with nobody asked for credentials, or let sign in who then may nothing. */
export function requireUsableSignIn(config: Config): void {
  const problems = signInProblems(config);
  if (problems.length > 0) throw new ConfigError(`The configuration is incomplete:\n${problems.join("\n")}`);
  if (isLoopback(config.HOST) || asksForCredentials(config)) return;
  throw new ConfigError(
    `HOST=${config.HOST} listens beyond loopback, and no authentication is configured. ` +
      `Set AIOPS_API_TOKENS='${VARIABLES.AIOPS_API_TOKENS.example}', AIOPS_OIDC_ISSUER or AIOPS_TOKENREVIEW_KUBECONFIG, ` +
      "or HOST=127.0.0.1.",
  );
}
