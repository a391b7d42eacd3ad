import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DemoFleet } from "../../demo/fleet.ts";
import { enrolledFleet } from "../support/demo.ts";
import { startGraph, type TestGraph } from "../support/graph.ts";
import { type LlmServer, startLlmServer } from "../support/llm-server.ts";
import { ERRORS, SPELL_DAY } from "../support/spell.ts";

const SCAN = `mutation ($input: DetectAnomaliesInput!) {
  detectAnomalies(input: $input) { anomalies { clusterName detectionType judgement model confidenceScore } } }`;
const input = { query: ERRORS, step: "1m", range: SPELL_DAY, method: "LLM_ASSISTED" };

describe("Anomalies that a model judges", () => {
  let graph: TestGraph;
  let fleet: DemoFleet;
  let model: LlmServer;

  beforeAll(async () => {
    model = await startLlmServer();
    const models = [{ id: "judge", url: model.url, model: "scripted" }];
    graph = await startGraph({ mode: "in one process", env: { AIOPS_LLM_MODELS: JSON.stringify(models) } });
    fleet = await enrolledFleet(graph, { clusters: 2 });
  });
  afterAll(async () => {
    await graph?.[Symbol.asyncDispose]();
    await fleet?.close();
    await model?.[Symbol.asyncDispose]();
  });

  const shown = (request: { messages: { content: string }[] }): { clusterName: string; before: number[] }[] =>
    JSON.parse(request.messages[1]?.content.split("\n")[1] ?? "").candidates;

  it("are those that it takes for some, with what it says of them", async () => {
    model.answerBy((request) => {
      const judged = shown(request).map(({ clusterName }, index) => ({
        index,
        anomalous: clusterName === fleet.clusters[0]?.name,
        confidence: 0.75,
        explanation: `Errors of the checkout on ${clusterName}.`,
      }));
      return { text: [JSON.stringify(judged)] };
    });
    const { data, errors } = await graph.ask(SCAN, { input });
    expect(errors).toBeUndefined();
    const { anomalies } = data.detectAnomalies;
    expect(anomalies.length).toBeGreaterThan(0);
    const [name] = fleet.clusters.map((cluster) => cluster.name);
    for (const anomaly of anomalies) {
      expect(anomaly).toMatchObject({
        clusterName: name,
        detectionType: "LLM_ASSISTED",
        judgement: `Errors of the checkout on ${name}.`,
        model: "judge",
      });
    }
    expect(shown(model.requests.at(-1))[0]?.before.length).toBeGreaterThan(5);
  });

  it("are not told when the model fails: that is an error with a way out", async () => {
    model.script({ status: 500 });
    const { errors } = await graph.ask(SCAN, { input });
    expect(errors?.[0]?.extensions["code"]).toBe("MODEL_UNAVAILABLE");
  });
});
