import { setTimeout as delay } from "node:timers/promises";
import { buildClientSchema, type GraphQLSchema, getIntrospectionQuery } from "graphql";
import { type Client, createClient } from "graphql-ws";
import { afterAll, beforeAll, expect, it } from "vitest";
import WebSocket from "ws";
import { DocumentFuzz, type FuzzedDocument } from "../../bench/fuzz/documents.ts";
import { verdictOf } from "../../bench/fuzz/verdict.ts";
import type { DemoFleet } from "../../demo/fleet.ts";
import { enrolledFleet } from "../support/demo.ts";
import { startGraph, type TestGraph } from "../support/graph.ts";
import { until } from "../support/until.ts";

const SEED = 20_261_123;
const cost = { operation: 1_000_000_000, minute: 1_000_000_000_000 };
const AIOPS_LIMITS = JSON.stringify({ operationsPerUser: 1000, cost: { viewer: cost, operator: cost, admin: cost } });
/** How long streams that were opened together are listened to; one that says nothing meanwhile is as it may be. */
const LISTENED_MS = 500;

let graph: TestGraph;
let fleet: DemoFleet;
let schema: GraphQLSchema;
/** Ids and names of what is there. */
const known: string[] = [];
/** By the arguments that they belong to. */
const named: Record<string, string[]> = {};
/** What the log has of the level error and above. */
const failures: string[] = [];

beforeAll(async () => {
  graph = await startGraph({
    mode: "in one process",
    jobs: true,
    env: { AIOPS_LIMITS, AIOPS_ALERT_POLL_MS: "500" },
    logTo: (line) => {
      if (JSON.parse(line).level >= 50) failures.push(line);
    },
  });
  fleet = await enrolledFleet(graph, { clusters: 2 });
  schema = buildClientSchema((await graph.ask(getIntrospectionQuery())).data);
  await until("alerts fire", async () => {
    const { data } = await graph.ask(`{ clusters { items { id name } } alerts { items { id } } }`);
    const idsOf = (items: { id: string }[]): string[] => items.map(({ id }) => id);
    named["alertId"] = idsOf(data.alerts.items);
    named["clusterId"] = idsOf(data.clusters.items);
    named["clusterName"] = data.clusters.items.map(({ name }: { name: string }) => name);
    known.push(...Object.values(named).flat());
    return data.alerts.items.length > 0;
  });
});
afterAll(async () => {
  await graph[Symbol.asyncDispose]();
  await fleet.close();
});

/** Opens one, and tells all that it says. */
function opened(client: Client, { document, variables }: FuzzedDocument) {
  const { promise: spoke, resolve } = Promise.withResolvers<void>();
  const verdicts: ReturnType<typeof verdictOf>[] = [];
  const told = (answer: unknown): void => {
    verdicts.push(verdictOf(JSON.stringify(answer)));
    resolve();
  };
  const leave = client.subscribe(
    { query: document, variables },
    {
      next: told,
      // Errors of the operation are a list; a socket that closed is not.
      error: (errors) => told(Array.isArray(errors) ? { errors } : { lost: String(errors) }),
      complete: resolve,
    },
  );
  return { document, variables, verdicts, spoke, leave };
}

it("Subscriptions made from the schema get coded errors, and leave nothing behind on a socket that lives on", async () => {
  const url = `${graph.url.replace("http", "ws")}/graphql`;
  const closed: unknown[] = [];
  const client = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0, lazy: false });
  client.on("closed", (event) => closed.push(event));
  const fuzz = new DocumentFuzz(schema, { seed: SEED, known, roots: { kind: "subscription", fields: /./ } });
  const problems: unknown[] = [];
  let fine = 0;
  for (let batch = 0; batch < 12; batch += 1) {
    const streams = Array.from({ length: 20 }, () => opened(client, fuzz.next()));
    await Promise.race([Promise.all(streams.map(({ spoke }) => spoke)), delay(LISTENED_MS)]);
    for (const { document, variables, verdicts, leave } of streams) {
      leave();
      if (verdicts.some(({ codes }) => codes.length === 0)) fine += 1;
      for (const verdict of verdicts)
        if (verdict.problems.length > 0) problems.push({ batch, document, variables, verdict });
    }
  }
  expect(problems).toEqual([]);
  expect(fine).toBeGreaterThan(10);
  await until("all streams are closed", async () => {
    const metrics = await (await fetch(`${graph.url}/metrics`)).text();
    return /^aiops_gateway_subscription_clients 0$/m.test(metrics) && /_subscription_upstreams 0$/m.test(metrics);
  });
  const { value } = await client.iterate({ query: "{ __typename }" }).next();
  expect(value).toMatchObject({ data: { __typename: "Query" } });
  expect(closed).toEqual([]);
  await client.dispose();
}, 120_000);

it("Searches for root causes and reports get coded errors, end, and can be read, whatever they were asked with", async () => {
  const made = (fields: RegExp, seed: number) =>
    new DocumentFuzz(schema, { seed, named, roots: { kind: "mutation", fields } });
  const fuzzes = [made(/RootCause/, SEED), made(/Report/, SEED + 1)];
  const THERE = `{ reports(pageSize: 100) { items { id status } } rootCauseAnalyses(pageSize: 100) { items { id status } }
    reportSchedules(pageSize: 100) { items { id } } }`;
  const problems: unknown[] = [];
  const statuses = new Map<string, string>();
  for (let index = 0; index < 200; index += 1) {
    const { document, variables } = (fuzzes[index % 2] as DocumentFuzz).next();
    const verdict = verdictOf(JSON.stringify(await graph.ask(document, variables)));
    if (verdict.problems.length > 0) problems.push({ index, document, variables, ...verdict });
    if (index % 10 !== 9) continue;
    // Few may run at once, and be waited for.
    await until(
      "what was begun has ended",
      async () => {
        const { data } = await graph.ask(THERE);
        const items: { id: string; status: string }[] = [...data.reports.items, ...data.rootCauseAnalyses.items];
        for (const { id, status } of items) statuses.set(id, status);
        named["id"] = [...items, ...data.reportSchedules.items].map(({ id }) => id);
        named["analysisId"] = data.rootCauseAnalyses.items.map(({ id }: { id: string }) => id);
        return items.every(({ status }) => !["RUNNING", "QUEUED"].includes(status));
      },
      60_000,
    );
  }
  expect(problems).toEqual([]);
  const ended = [...statuses.values()];
  expect(ended.filter((status) => status === "COMPLETE").length).toBeGreaterThan(0);
  expect(ended.filter((status) => status === "READY").length).toBeGreaterThan(0);
}, 180_000);

it("and nothing of it is an error of ours: the log has none", () => {
  expect(failures).toEqual([]);
});
