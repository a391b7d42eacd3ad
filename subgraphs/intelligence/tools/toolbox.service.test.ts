import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { Identity } from "../../shared/kernel/auth-context.ts";
import { type Graph, GraphAnswer, type GraphQuestion } from "../../shared/kernel/graph.ts";
import { queryLogs } from "./catalogue/logs.tool.ts";
import { openToolbox } from "./index.ts";
import { defineTool, type Tool, type ToolCaller } from "./tool.contract.ts";
import { TOOL_NAMES } from "./tool-names.catalogue.ts";
import { callHash, Toolbox } from "./toolbox.service.ts";

const ann: Identity = { user: "ann", groups: [], roles: ["viewer"], tenant: "default", scope: null };
const caller = (signal = new AbortController().signal): ToolCaller => ({
  identity: ann,
  requestId: "test",
  clusters: null,
  signal,
  now: new Date("2026-01-01T00:00:00Z"),
});
/** A graph that answers this, or never. */
function graphOf(data: object | null): Graph & { questions: GraphQuestion[] } {
  const questions: GraphQuestion[] = [];
  const ask = async (question: GraphQuestion): Promise<GraphAnswer> => {
    questions.push(question);
    if (data) return GraphAnswer.parse({ data });
    return await new Promise<never>((_, reject) => {
      question.signal.addEventListener("abort", () => reject(new Error("aborted")), { once: true });
    });
  };
  return { ask, questions };
}
const FINDING = {
  summary: "1 found.",
  result: {},
  full: null,
  table: null,
  sources: [],
  operation: { document: "{ a }", variables: {} },
};
const asking = (name: Tool["name"], timeoutMs: number, isDeaf = false): Tool =>
  defineTool({
    name,
    title: "A tool",
    description: "It asks.",
    readOnly: true,
    timeoutMs,
    input: z.strictObject({ a: z.number().optional() }),
    run: async (_, kit) => {
      if (isDeaf) return await new Promise<never>(() => {});
      await kit.ask("{ a }", {});
      return FINDING;
    },
  });

describe("a toolbox", () => {
  it("has every tool that there is a name for, with a schema that is short", () => {
    const { tools } = openToolbox(graphOf(null));
    expect(tools.map(({ name }) => name)).toEqual(TOOL_NAMES);
    for (const { name, description, inputSchema } of tools) {
      expect(inputSchema, name).toMatchObject({ type: "object", additionalProperties: false });
      expect(description.length, name).toBeLessThan(260);
      expect(JSON.stringify(inputSchema).length, name).toBeLessThan(1700);
    }
  });

  it.each([false, true])("ends a tool that takes too long, and what it asked (deaf: %s)", async (isDeaf) => {
    const graph = graphOf(null);
    const outcome = await new Toolbox(graph, [asking("query_logs", 30, isDeaf)]).call("query_logs", {}, caller());
    expect(outcome).toMatchObject({ status: "TIMEOUT", finding: null, error: { code: "UPSTREAM_TIMEOUT" } });
    expect(graph.questions.every(({ signal }) => signal.aborted)).toBe(true);
  });

  it("ends a tool that nobody waits for", async () => {
    const graph = graphOf(null);
    const unwanted = new AbortController();
    const outcome = new Toolbox(graph, [asking("query_logs", 60_000)]).call("query_logs", {}, caller(unwanted.signal));
    unwanted.abort();
    expect(await outcome).toMatchObject({ status: "ERROR", error: { code: "CANCELLED" } });
    expect(graph.questions[0]?.signal.aborted).toBe(true);
  });

  it("takes null for left out, and nothing that it does not know", async () => {
    const toolbox = new Toolbox(graphOf({ a: 1 }), [asking("query_logs", 1000)]);
    expect((await toolbox.call("query_logs", { a: null }, caller())).status).toBe("SUCCESS");
    expect((await toolbox.call("query_logs", { b: 1 }, caller())).error?.code).toBe("BAD_USER_INPUT");
    expect((await toolbox.call("query_logs", "x", caller())).error?.code).toBe("BAD_USER_INPUT");
    expect((await toolbox.call("other", {}, caller())).error?.code).toBe("BAD_USER_INPUT");
  });

  it("says of a failure of its own only that there is one, and logs the rest", async () => {
    const logged: object[] = [];
    const graph = { ask: () => Promise.reject(new TypeError("an inside")) };
    const toolbox = new Toolbox(graph, [asking("query_logs", 1000)], {
      error: (fields: object) => void logged.push(fields),
    });
    const { error } = await toolbox.call("query_logs", {}, caller());
    expect(error).toEqual({ code: "INTERNAL_SERVER_ERROR", message: "The tool failed." });
    expect(logged).toMatchObject([{ tool: "query_logs", err: { message: "an inside" } }]);
  });

  it("takes secrets out of log lines, also of their groups, examples and rows", async () => {
    const jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N";
    const messages = [
      `level=error Authorization: Bearer ${jwt} refused after 12 ms`,
      `level=error Authorization: Bearer ${jwt} refused after 13 ms`,
      `${"x".repeat(970)} jwt ${jwt}`,
      "dial postgres://shop:hunter2@db/shop",
    ];
    const entries = messages.map((message, index) => ({
      clusterName: "hub",
      timestamp: `2026-01-01T00:00:0${index}Z`,
      message,
      stream: { namespace: "shop", pod: "a" },
      structuredMetadata: { password: "hunter2" },
      traceId: null,
    }));
    const outcomes = [{ clusterId: "1", clusterName: "hub", status: "SUCCESS" }];
    const graph = graphOf({ logs: { endTime: "2026-01-01T00:00:00Z", nextCursor: null, outcomes, entries } });
    const { finding } = await new Toolbox(graph, [queryLogs]).call("query_logs", {}, caller());
    expect(finding?.result).toMatchObject({ lines: 4, patterns: [{ count: 2, level: "ERROR" }, {}, {}] });
    expect(JSON.stringify(finding)).not.toMatch(/hunter2|eyJ|dozjg|NryP/);
  });
});

it("takes two records that say the same for one call", () => {
  expect(callHash("a", { x: 1, y: { z: [1], w: 2 } })).toBe(callHash("a", { y: { w: 2, z: [1] }, x: 1 }));
  expect(callHash("a", { x: 1 })).not.toBe(callHash("a", { x: 2 }));
});
