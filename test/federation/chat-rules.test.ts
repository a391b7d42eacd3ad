import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DemoFleet } from "../../demo/fleet.ts";
import { enrolledFleet } from "../support/demo.ts";
import { type Answer, startGraph, type TestGraph } from "../support/graph.ts";
import { until } from "../support/until.ts";

const ANN = "ann-token-of-sixteen";
const EDGE = "edge-token-of-sixteen";
const TOKENS = [
  { token: ANN, user: "ann", roles: ["operator"] },
  { token: EDGE, user: "eddy", roles: ["operator"], scope: { environments: ["LAB"] } },
];
const MESSAGE = `id status content model tokensUsed error
  toolCalls { id name arguments argsHash status result { summary sources { clusterName query at } } }
  citations { id callId tool clusterName query at }`;

describe("conversations without a model", () => {
  let graph: TestGraph;
  let fleet: DemoFleet;
  beforeAll(async () => {
    graph = await startGraph({ mode: "in one process", jobs: true, env: { AIOPS_API_TOKENS: JSON.stringify(TOKENS) } });
    fleet = await enrolledFleet(graph, { clusters: 2 });
    fleet.startIncident("prod-east-1", "noisy-neighbour", { at: Date.now() - 15 * 60_000 });
    await until(
      "the incident's alert is known",
      async () => {
        const { data } = await ask(`{ alerts(filter: { search: "CPUThrottlingHigh" }) { total } }`);
        return data.alerts.total > 0;
      },
      60_000,
    );
  });
  afterAll(async () => {
    await graph?.[Symbol.asyncDispose]();
    await fleet?.close();
  });

  const ask = (query: string, variables: Record<string, unknown> = {}, token = ANN): Promise<Answer> =>
    graph.ask(query, variables, { token });
  async function begun(input: object = {}, token = ANN): Promise<string> {
    const { data } = await ask(
      "mutation ($input: CreateChatSessionInput) { createChatSession(input: $input) { id } }",
      { input },
      token,
    );
    return data.createChatSession.id;
  }
  async function asked(sessionId: string, content: string, token = ANN) {
    const { data } = await ask(
      "mutation ($sessionId: UUID!, $content: String!) { sendChatMessage(sessionId: $sessionId, content: $content) { id } }",
      { sessionId, content },
      token,
    );
    return await ended(data.sendChatMessage.id, token);
  }
  const ended = (id: string, token = ANN) =>
    until(
      "an answer",
      async () => {
        const { data } = await ask(`query ($id: UUID!) { chatMessage(id: $id) { ${MESSAGE} } }`, { id }, token);
        return data.chatMessage.status === "RUNNING" ? null : data.chatMessage;
      },
      60_000,
    );
  const toolsOf = ({ toolCalls }: { toolCalls: { name: string }[] }): string[] => toolCalls.map(({ name }) => name);

  it("are answered: why is checkout slow on prod-east-1?", async () => {
    const session = await begun();
    const answer = await asked(session, "why is checkout slow on prod-east-1?");
    expect(answer).toMatchObject({ status: "COMPLETE", model: null, tokensUsed: null, error: null });
    expect(toolsOf(answer)).toEqual(
      expect.arrayContaining(["get_alerts", "find_root_cause", "analyze_traces", "query_logs", "kubernetes_events"]),
    );
    expect(answer.toolCalls.length).toBeLessThanOrEqual(8);
    // Its cause comes first, and what it stands on with it.
    const [verdict] = answer.content.split("\n");
    expect(verdict).toMatch(/batch\/features-backfill/);
    expect(verdict).toMatch(/\[c\d+(:s\d+)?\]/);
    expect(answer.content).toContain("No language model wrote this answer");
    expect(answer.citations.length).toBeGreaterThan(3);
    for (const { callId, clusterName, query, at } of answer.citations) {
      expect(answer.toolCalls.map(({ id }: { id: string }) => id)).toContain(callId);
      expect(clusterName).toBe("prod-east-1");
      expect(query).not.toBe("");
      expect(Date.parse(at)).not.toBeNaN();
    }
    expect(answer.content).not.toContain("hub-eu-1");

    const logs = await asked(session, "and its error logs?");
    expect(toolsOf(logs)).toEqual(["query_logs"]);
    expect(logs.toolCalls[0].arguments).toMatchObject({ clusters: ["prod-east-1"], pod: "checkout*", level: "error" });
    const more = await asked(session, "more");
    expect(toolsOf(more)).toEqual([]);
    expect(more.content).toMatch(/Rows 11 to \d+ of/);
    expect(more.content).toContain("checkout-");
  });

  it("silence an alert once it is approved", async () => {
    const session = await begun();
    const asks = await asked(session, "silence CPUThrottlingHigh on prod-east-1 for 30 minutes");
    expect(asks.status).toBe("WAITING_FOR_APPROVAL");
    const call = asks.toolCalls.find(({ name }: { name: string }) => name === "create_silence");
    expect(call).toMatchObject({
      status: "PENDING_APPROVAL",
      arguments: {
        cluster: "prod-east-1",
        matchers: [{ name: "alertname", value: "CPUThrottlingHigh" }],
        duration: "30m",
      },
    });
    const silenced = async (): Promise<boolean> => {
      const { data } = await ask(`{ silences(filter: { search: "CPUThrottlingHigh" }) { total } }`);
      return data.silences.total > 0;
    };
    expect(await silenced()).toBe(false);
    await ask(
      "mutation ($messageId: UUID!, $callId: ID!, $argsHash: String!) { approveToolCall(messageId: $messageId, callId: $callId, argsHash: $argsHash) { status } }",
      { messageId: asks.id, callId: call.id, argsHash: call.argsHash },
    );
    const done = await ended(asks.id);
    expect(done.status).toBe("COMPLETE");
    expect(done.content.startsWith(asks.content)).toBe(true);
    expect(done.content).toContain("silenced for 30m");
    expect(done.citations.map(({ tool }: { tool: string }) => tool)).toEqual(["create_silence"]);
    await until("the silence is there", silenced);
  });

  it("tell nobody of a cluster that is not theirs", async () => {
    const [hub] = (await ask(`{ clusters { items { id name } } }`)).data.clusters.items.filter(
      ({ name }: { name: string }) => name === "hub-eu-1",
    );
    for (const [session, token] of [
      [await begun({ clusterContext: [hub.id] }), ANN],
      [await begun({}, EDGE), EDGE],
    ] as const) {
      const answer = await asked(session, "why is checkout slow on prod-east-1?", token);
      expect(answer.status).toBe("COMPLETE");
      expect(answer.content).toContain("There is no cluster “prod-east-1”");
      expect(answer.toolCalls).toEqual([]);
    }
  });
});
