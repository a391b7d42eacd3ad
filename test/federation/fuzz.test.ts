import { buildClientSchema, getIntrospectionQuery } from "graphql";
import { afterAll, beforeAll, expect, it } from "vitest";
import { DocumentFuzz, type FuzzedDocument } from "../../bench/fuzz/documents.ts";
import { mutated } from "../../bench/fuzz/mutations.ts";
import { generator } from "../../bench/fuzz/promql.ts";
import { randomTexts } from "../../bench/fuzz/texts.ts";
import { withHostileValue } from "../../bench/fuzz/values.ts";
import { verdictOf } from "../../bench/fuzz/verdict.ts";
import type { DemoFleet } from "../../demo/fleet.ts";
import { notification } from "../support/alerts.ts";
import { enrolledFleet } from "../support/demo.ts";
import { startGraph, type TestGraph } from "../support/graph.ts";

const SEED = 20_261_123;
const AT_ONCE = 8;
const MOST_GROWTH = 300 * 1024 * 1024;
const cost = { operation: 1_000_000_000, minute: 1_000_000_000_000 };
const AIOPS_LIMITS = JSON.stringify({ operationsPerUser: 1000, cost: { viewer: cost, operator: cost, admin: cost } });

let graph: TestGraph;
let fleet: DemoFleet;
/** What the log has of the level error and above. */
const failures: string[] = [];

beforeAll(async () => {
  graph = await startGraph({
    mode: "in one process",
    env: { AIOPS_LIMITS },
    logTo: (line) => {
      if (JSON.parse(line).level >= 50) failures.push(line);
    },
  });
  fleet = await enrolledFleet(graph, { clusters: 3 });
});
afterAll(async () => {
  await graph[Symbol.asyncDispose]();
  await fleet.close();
});

async function send({ document, variables }: FuzzedDocument): Promise<string> {
  const response = await fetch(`${graph.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: document, variables }),
    signal: AbortSignal.timeout(45_000),
  });
  return await response.text();
}

/** Asks them all, some at once. @returns how many were answered without an error, and what no answer may have. */
async function judged(documents: readonly FuzzedDocument[]): Promise<{ fine: number; problems: unknown[] }> {
  const problems: unknown[] = [];
  let fine = 0;
  const waiting = documents.entries();
  const worker = async () => {
    for (const [index, each] of waiting) {
      const verdict = verdictOf(await send(each).catch((error: unknown) => String(error)));
      if (verdict.codes.length === 0) fine += 1;
      if (verdict.problems.length > 0) problems.push({ seed: SEED, index, ...each, ...verdict });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return { fine, problems };
}

it("Documents made from the schema get coded errors, whatever they ask with which values", async () => {
  const { data } = JSON.parse(await send({ document: getIntrospectionQuery(), variables: {} }));
  const { data: there } = await graph.ask(`{ clusters { items { id name } } gpuNodes { items { gpus { uuid } } } }`);
  const known = there.clusters.items.flatMap(({ id, name }: { id: string; name: string }) => [id, name]);
  const fuzz = new DocumentFuzz(buildClientSchema(data), { seed: SEED, known });
  const before = process.memoryUsage.rss();
  const { fine, problems } = await judged(Array.from({ length: 500 }, () => fuzz.next()));
  expect(problems).toEqual([]);
  // They ask for something: not all of them are refused for their values.
  expect(fine).toBeGreaterThan(100);
  expect(process.memoryUsage.rss() - before).toBeLessThan(MOST_GROWTH);
}, 180_000);

it.each([
  `{ alertGroups(by: []) { total } }`,
  `{ clusters(filter: { regions: ["a\\u0000b"] }) { total } }`,
  `{ alerts(filter: { search: "\\u0000" }) { total } }`,
  `{ gpuHealthEvents(filter: { selector: { regions: ["a\\u0000b"] } }) { total } }`,
  `{ anomalies(filter: { metricNames: ["a\\u0000b"] }) { total } }`,
  `{ persona(id: "a\\u0000b") { id } }`,
  `mutation { updateCluster(id: "CLUSTER", input: { labels: { a: "\\u0000" } }) { id } }`,
  `mutation { createPersona(input: { id: "nul", name: "a\\u0000b", description: "d", systemPrompt: "p", capabilities: [] }) { id } }`,
  `{ alertHistory(range: { start: "0000-01-01T00:00:00Z" }) { total } }`,
  `{ alerts(filter: { startsBefore: "0000-01-01T00:00:00Z" }) { total } }`,
  `{ auditLog(filter: { since: "0000-01-01T00:00:00Z" }) { total } }`,
  `{ pod(name: "NVIDIA A100", namespace: "NVIDIA A100", clusterId: "CLUSTER") { name } }`,
  `{ node(name: "NVIDIA A100", clusterId: "CLUSTER") { name } }`,
])("%s is not an error of ours", async (document) => {
  const { data } = await graph.ask(`{ clusters { items { id } } }`);
  const text = await send({ document: document.replace("CLUSTER", data.clusters.items[0].id), variables: {} });
  expect(verdictOf(text).problems, text).toEqual([]);
});

it("Broken PromQL, LogQL, TraceQL, selectors, cursors, durations, schedules and kubeconfigs get coded errors", async () => {
  const { fine, problems } = await judged(randomTexts(SEED, 330));
  expect(problems).toEqual([]);
  expect(fine).toBeGreaterThan(30);
}, 120_000);

it("Broken notifications are refused by their status, and the next whole one is taken", async () => {
  const { data } = await graph.ask(`{ clusters { items { id } } }`);
  const { id } = data.clusters.items[0];
  const { data: made } = await graph.ask(`mutation ($id: UUID!) { createAlertWebhook(clusterId: $id) { path } }`, {
    id,
  });
  const post = (body: string) =>
    fetch(`${graph.url}${made.createAlertWebhook.path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
  const told = notification([{ labels: { alertname: "Fuzzed", severity: "critical" }, startsAt: new Date() }]);
  const whole = JSON.stringify(told);
  const random = generator(SEED);
  const statuses = new Map<number, number>();
  for (let round = 0; round < 300; round += 1) {
    const odd = round % 2 === 0 ? mutated(whole, random) : JSON.stringify(withHostileValue(told, random));
    const answer = await post(odd);
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    expect(verdictOf(JSON.stringify({ data: await answer.text() })).problems).toEqual([]);
  }
  expect([...statuses.keys()].filter((status) => status >= 500)).toEqual([]);
  expect(statuses.get(400)).toBeGreaterThan(10);
  expect((await post(whole)).status).toBe(200);
});

it("and nothing of it is an error of ours: the log has none, and the next question is answered", async () => {
  expect(failures).toEqual([]);
  expect((await graph.ask(`{ __typename }`)).data).toEqual({ __typename: "Query" });
});
