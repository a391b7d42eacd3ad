import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Program } from "../support/process.ts";

/** Every way to start it wrong, as the operator sees it: the words, exit code 1, and no stack. */
describe("A wrong start", () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "aiops-boot-"));
    await writeFile(join(directory, "broken.graphql"), "type Query {");
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  const ALL = "gateway/all-in-one.js";
  const GATEWAY = "gateway/main.js";
  const SUBGRAPH = "subgraphs/main.js";
  const SECRET = { AIOPS_INTERNAL_SECRET: "0123456789abcdef0123456789abcdef" };
  const KEYS = { AIOPS_ENCRYPTION_KEYS: `k1:${Buffer.alloc(32).toString("base64")}` };

  const cases: [string, string, string[], Record<string, string>, string[]][] = [
    [
      "several wrong variables at once",
      ALL,
      [],
      { PORT: "high", DATABASE_URL: "mysql://db", LOG_LEVEL: "loud" },
      [
        "The configuration is wrong:",
        "PORT:",
        "Example: PORT=4000",
        "DATABASE_URL: a URL with postgresql: or postgres:",
        "LOG_LEVEL:",
      ],
    ],
    [
      "beyond loopback without authentication",
      ALL,
      [],
      { HOST: "0.0.0.0" },
      [
        "HOST=0.0.0.0 listens beyond loopback, and no authentication is configured.",
        "AIOPS_API_TOKENS=",
        "or HOST=127.0.0.1",
      ],
    ],
    [
      "tokens that are no JSON",
      ALL,
      [],
      { AIOPS_API_TOKENS: "hunter2-is-not-json" },
      ["AIOPS_API_TOKENS: not JSON. Example: AIOPS_API_TOKENS=["],
    ],
    [
      "a token of an unknown role",
      ALL,
      [],
      { AIOPS_API_TOKENS: '[{"token":"0123456789abcdef","user":"ann","roles":["root"]}]' },
      ["AIOPS_API_TOKENS: at 0.roles.0:"],
    ],
    [
      "a key of the wrong length",
      ALL,
      [],
      { AIOPS_ENCRYPTION_KEYS: "k1:c2hvcnQ=" },
      ["AIOPS_ENCRYPTION_KEYS: each entry is id:key, the key 32 bytes in base64"],
    ],
    [
      "an allow-list of what is none, and of what is never reached",
      ALL,
      [],
      { AIOPS_TARGET_ALLOW: "demo,https://hunter2,169.254.0.0/16" },
      [
        "AIOPS_TARGET_ALLOW: entry 2 is neither a host name, *.suffix, an address nor a CIDR; entry 3 is of those that are never reached.",
        "Example: AIOPS_TARGET_ALLOW=prometheus.internal,",
      ],
    ],
    [
      "a demo fleet that may not be asked",
      ALL,
      [],
      {
        HOST: "0.0.0.0",
        AIOPS_DEMO: "1",
        AIOPS_API_TOKENS: '[{"token":"hunter2-hunter2-hunter2","user":"ann","roles":["admin"]}]',
      },
      ["where the demo fleet on 127.0.0.1 may not be asked. Set AIOPS_TARGET_ALLOW=127.0.0.1, or AIOPS_DEMO=off."],
    ],
    [
      "a database that does not answer",
      ALL,
      [],
      { DATABASE_URL: "postgresql://me:hunter2@127.0.0.1:9/aiops" },
      ["Cannot connect to PostgreSQL at 127.0.0.1:9/aiops (DATABASE_URL)"],
    ],
    [
      "a gateway without its secret",
      GATEWAY,
      [],
      {},
      ["The configuration is incomplete:", "AIOPS_INTERNAL_SECRET is required here. Example: AIOPS_INTERNAL_SECRET="],
    ],
    [
      "a gateway beyond loopback without tokens",
      GATEWAY,
      [],
      { ...SECRET, HOST: "::" },
      ["HOST=:: listens beyond loopback"],
    ],
    [
      "a gateway without a supergraph",
      GATEWAY,
      [],
      { ...SECRET, AIOPS_SUPERGRAPH: "/no/such/supergraph.graphql" },
      ["/no/such/supergraph.graphql"],
    ],
    [
      "a subgraph without a name",
      SUBGRAPH,
      [],
      {},
      ["Which subgraph? One of: clusters, observability, gpu, intelligence, events."],
    ],
    [
      "an unknown subgraph",
      SUBGRAPH,
      ["billing"],
      {},
      ["Which subgraph? One of: clusters, observability, gpu, intelligence, events."],
    ],
    [
      "a subgraph without what it shares",
      SUBGRAPH,
      ["clusters"],
      {},
      [
        "DATABASE_URL is required here.",
        "REDIS_URL is required here.",
        "AIOPS_INTERNAL_SECRET is required here.",
        "AIOPS_ENCRYPTION_KEYS is required here.",
      ],
    ],
    [
      "a subgraph without its database",
      SUBGRAPH,
      ["events"],
      {
        ...SECRET,
        ...KEYS,
        REDIS_URL: "redis://127.0.0.1:9",
        DATABASE_URL: "postgresql://me:hunter2@127.0.0.1:9/aiops",
      },
      ["Cannot connect to PostgreSQL"],
    ],
    [
      "an unknown benchmark",
      "bench/main.js",
      ["speed"],
      {},
      [
        "Which benchmark? One of: start, registry, fanout, global, logs, alerts, nab, rca, gpu, chat, refusals, faults, fuzz, subscriptions, gateway, growth.",
      ],
    ],
  ];

  it.each(cases)("%s", async (_, entry, args, env, words) => {
    await using program = new Program(entry, { args, env: { DATA_DIR: join(directory, "data"), PORT: "0", ...env } });
    expect(await program.ended()).toBe(1);
    for (const word of words) expect(program.output).toContain(word);
    expect(program.output).not.toMatch(/\n\s+at \S/);
    expect(program.output).not.toContain("hunter2");
  });

  it("with a broken supergraph says what is broken", async () => {
    const env = { ...SECRET, PORT: "0", AIOPS_SUPERGRAPH: join(directory, "broken.graphql") };
    await using program = new Program(GATEWAY, { env });
    expect(await program.ended()).toBe(1);
    expect(program.output).toContain("broken.graphql");
  });
});
