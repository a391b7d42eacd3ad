import { randomBytes } from "node:crypto";
import { copyFile, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "graphql-ws";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import WebSocket from "ws";
import { freePort } from "../../bench/free-port.ts";
import { EXAMPLES } from "../../gateway/graphiql/examples.ts";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";
import { type Answer, ask as askUrl } from "../support/graph.ts";
import { Program } from "../support/process.ts";
import { redisProblem, redisSpace } from "../support/redis.ts";
import { until } from "../support/until.ts";

const SUBGRAPHS = ["clusters", "observability", "gpu", "intelligence", "events"] as const;
const redis = redisSpace();
const TOKEN = randomBytes(16).toString("hex");

const database = await openTestDatabase("postgresql").catch((error: unknown) => String(error));
const problem = typeof database === "string" ? database : await redisProblem();
if (problem && process.env["REQUIRE_SERVICES"] === "1") throw new Error(problem);

describe.skipIf(problem !== undefined)(
  `Gateway and subgraphs as processes of their own${problem ? ` (skipped: ${problem})` : ""}`,
  () => {
    const programs: Program[] = [];
    let directory: string;
    let supergraph: string;
    let url: string;
    let demoControl: string;
    let shared: Record<string, string>;
    let ports: number[];

    const ask = (query: string, variables: Record<string, unknown> = {}): Promise<Answer> =>
      askUrl(url, query, variables, { token: TOKEN });
    const start = (entry: string, args: string[], env: Record<string, string>): Program => {
      const program = new Program(entry, { args, env: { ...shared, ...env } });
      programs.push(program);
      return program;
    };
    const startSubgraph = (name: string): Program =>
      start("subgraphs/main.js", [name], {
        PORT: String(ports[SUBGRAPHS.indexOf(name as "events")]),
        AIOPS_GRAPH_URL: `${url}/graphql`,
      });

    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), "aiops-e2e-"));
      supergraph = join(directory, "supergraph.graphql");
      await copyFile(join(import.meta.dirname, "../../schema/supergraph.graphql"), supergraph);
      ports = await Promise.all([...SUBGRAPHS.map(() => freePort()), freePort(), freePort()]);
      const [gatewayPort = 0, controlPort = 0] = ports.slice(SUBGRAPHS.length);
      url = `http://127.0.0.1:${gatewayPort}`;
      demoControl = `http://127.0.0.1:${controlPort}`;
      shared = {
        DATABASE_URL: (database as TestDatabase).options.url ?? "",
        AIOPS_DATABASE_CONNECTIONS: "6",
        ...redis.env,
        AIOPS_INTERNAL_SECRET: randomBytes(32).toString("hex"),
        // The demo fleet's.
        AIOPS_TARGET_ALLOW: "127.0.0.1",
        AIOPS_ENCRYPTION_KEYS: `k1:${randomBytes(32).toString("base64")}`,
      };
      const running = SUBGRAPHS.map(startSubgraph);
      const gateway = start("gateway/main.js", [], {
        PORT: String(gatewayPort),
        AIOPS_SUPERGRAPH: supergraph,
        AIOPS_SUBGRAPH_URLS: SUBGRAPHS.map((name, index) => `${name}=http://127.0.0.1:${ports[index]}/graphql`).join(
          ",",
        ),
        AIOPS_API_TOKENS: JSON.stringify([{ token: TOKEN, user: "operator", roles: ["admin"] }]),
      });
      await Promise.all([...running, gateway].map((program) => program.prints(/"msg":"serving"/)));
      const demo = start("demo/main.js", [], {
        AIOPS_DEMO: "5",
        AIOPS_DEMO_BASE_PORT: "0",
        AIOPS_DEMO_CONTROL_PORT: String(controlPort),
        AIOPS_GATEWAY_URL: `${url}/graphql`,
        AIOPS_TOKEN: TOKEN,
      });
      await until(
        "the demo fleet is online",
        async () => {
          if (!demo.running) throw new Error(demo.output);
          const { data } = await ask(`{ fleetSummary { total byState { value count } } }`);
          return (
            data?.fleetSummary.total === 5 &&
            data.fleetSummary.byState.length === 1 &&
            data.fleetSummary.byState[0].value === "ONLINE"
          );
        },
        30_000,
      );
    }, 90_000);
    afterAll(async () => {
      const codes = await Promise.all(programs.filter(({ running }) => running).map((program) => program.stop()));
      await rm(directory, { recursive: true, force: true });
      await redis.dispose();
      await (database as TestDatabase).dispose();
      expect(codes.every((code) => code === 0)).toBe(true);
    });

    it("gives the same answers as one process", async () => {
      for (const { title, query, variables } of EXAMPLES) {
        if (query.includes("\nsubscription ")) continue;
        expect((await ask(query, variables)).errors, title).toBeUndefined();
      }
      const { data } = await ask(
        `{ metrics(query: { query: "sum(up)", selector: { labelSelector: "demo" } }) { complete results { cluster { name displayName } status } } }`,
      );
      expect(data.metrics.complete).toBe(true);
      expect(data.metrics.results).toHaveLength(5);
    });

    it("tells a subscriber of a cluster whose Prometheus stops, joined over every process", async () => {
      const { data } = await ask(`{ clusters(filter: { types: [HUB], labelSelector: "demo" }) { items { id name } } }`);
      const [{ id, name }] = data.clusters.items;
      const client = createClient({
        url: `${url.replace("http", "ws")}/graphql`,
        webSocketImpl: WebSocket,
        connectionParams: { authorization: `Bearer ${TOKEN}` },
      });
      const after = (await ask(`{ eventHistory(first: 1000) { endCursor } }`)).data.eventHistory.endCursor;
      const stream = client.iterate({
        query: `subscription ($id: UUID!, $after: Cursor) { events(filter: { clusterIds: [$id], eventTypes: [CLUSTER_STATUS_CHANGED] }, after: $after) {
        event { ... on ClusterStatusChanged { newState } cluster { displayName labels metrics(query: { query: "sum(up)" }) { status } } } } }`,
        variables: { id, after },
      }) as AsyncIterableIterator<Answer>;
      const fault = async (init: RequestInit) => {
        const headers = { "content-type": "application/json" };
        expect((await fetch(`${demoControl}/clusters/${name}/prometheus/fault`, { ...init, headers })).status).toBe(
          200,
        );
      };
      await fault({ method: "POST", body: JSON.stringify({ fault: "refuse" }) });
      // The hub's own schedule finds it, within 15 s.
      const { value } = await stream.next();
      expect(value.data.events.event).toMatchObject({
        newState: "DEGRADED",
        cluster: { displayName: expect.any(String), metrics: { status: "ERROR" } },
      });
      await fault({ method: "DELETE" });
      await client.dispose();
    }, 60_000);

    it("answers what it can while a subgraph is down, and recovers with it", async () => {
      const query = `{ clusters(filter: { labelSelector: "demo" }) { items { name metrics(query: { query: "sum(up)" }) { status } } } }`;
      const observability = programs[SUBGRAPHS.indexOf("observability")];
      expect(await observability?.stop()).toBe(0);
      const { data, errors } = await ask(query);
      expect(data.clusters.items).toHaveLength(5);
      expect(data.clusters.items[0]).toMatchObject({ name: expect.any(String), metrics: null });
      expect(errors?.[0]?.extensions["code"]).toBe("SUBGRAPH_UNAVAILABLE");
      expect(JSON.stringify(errors)).not.toContain(String(ports[1]));
      await startSubgraph("observability").prints(/"msg":"serving"/);
      await until("the metrics are back", async () => (await ask(query)).errors === undefined);
    });

    it("leads downloads to the subgraph that has them, wherever it is", async () => {
      const answer = await fetch(`${url}/reports/00000000-0000-4000-8000-000000000000`, {
        headers: { authorization: `Bearer ${TOKEN}` },
      });
      expect(answer.status).toBe(404);
      expect(await answer.text()).toContain("REPORT_NOT_FOUND");
    });

    it("takes a new supergraph without a restart, and keeps the old one when the new one is broken", async () => {
      const replace = async (sdl: string) => {
        await writeFile(`${supergraph}.new`, sdl);
        await rename(`${supergraph}.new`, supergraph);
      };
      const described = async () => (await ask(`{ __type(name: "Cluster") { description } }`)).data.__type.description;
      const sdl = await readFile(supergraph, "utf8");
      await replace(sdl.replace('"""A registered OpenShift or Kubernetes cluster."""', '"""A cluster, reloaded."""'));
      await until("the new supergraph serves", async () => (await described()) === "A cluster, reloaded.");
      await replace(sdl.replaceAll("join__Graph", "broken__Graph"));
      const gateway = programs.find(({ output }) => output.includes('"name":"gateway"'));
      await gateway?.prints(/supergraph[^\n]*"level":(40|50)|"level":(40|50)[^\n]*supergraph/i);
      expect((await ask(`{ clusters { total } }`)).errors).toBeUndefined();
      await replace(sdl);
      await until("the first supergraph serves again", async () => (await described()) !== "A cluster, reloaded.");
    });

    it("refuses whoever is not the gateway", async () => {
      const { errors } = await askUrl(`http://127.0.0.1:${ports[0]}`, `{ clusters { total } }`, {}, { token: TOKEN });
      expect(errors?.[0]).toBeDefined();
    });
  },
);
