import { describe, expect, it } from "vitest";
import { SUBGRAPHS } from "../../subgraphs/index.ts";
import { read } from "./source-files.ts";

const compose = read("docker-compose.yml");

describe("docker-compose.yml", () => {
  it.each(SUBGRAPHS.map(({ subgraph, port }) => [subgraph.name, port] as const))(
    "runs the subgraph %s on its port %i",
    (name, port) => {
      const [service] = new RegExp(`^ {2}${name}:\\n(?: {4}.*\\n)+`, "m").exec(compose) ?? [""];
      expect(service).toContain(`command: ["node", "dist/subgraphs/main.js", "${name}"]`);
      expect(service).toContain(`PORT: "${port}"`);
      expect(compose).toMatch(new RegExp(`AIOPS_SUBGRAPH_URLS: .*\\b${name}=http://${name}:${port}/graphql\\b`));
      expect(compose).toMatch(new RegExp(`^ {6}${name}: \\{ condition: service_healthy \\}$`, "m"));
    },
  );

  it("publishes ports on loopback only", () => {
    const ports = [...compose.matchAll(/ports: \["([^"]+)"\]/g)].map(([, port]) => port);
    expect(ports).toEqual(["127.0.0.1:4000:4000", "127.0.0.1:4080:4080"]);
  });

  it("takes every secret from the user's environment", () => {
    const secrets = [...compose.matchAll(/^\s*(\w*(?:PASSWORD|SECRET|KEYS|TOKENS?)): "(.*)"$/gm)];
    expect(secrets.length).toBeGreaterThan(4);
    for (const [, name, value] of secrets) expect(value, name).toMatch(/^\$\{\w+:[?-]/);
  });

  it("uses only variables that .env.example explains", () => {
    const used = new Set(Array.from(compose.matchAll(/\$\{(\w+)/g), ([, name = ""]) => name));
    const example = read(".env.example");
    expect([...used].filter((name) => !example.includes(`# ${name}=`))).toEqual([]);
  });
});
