import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LlmServer, type ScriptedAnswer, startLlmServer } from "../../../../test/support/llm-server.ts";
import { until } from "../../../../test/support/until.ts";
import type { ModelSpec } from "../../kernel/config.ts";
import { LanguageModels } from "./language-models.ts";
import type { PromptMessage } from "./prompt.ts";

const messages: PromptMessage[] = [
  { role: "system", content: "Be brief." },
  { role: "user", content: "Why?" },
];
const never = new AbortController().signal;
const tools = [{ name: "get_alerts", description: "Alerts.", inputSchema: { type: "object" as const } }];

describe("language models", () => {
  let first: LlmServer;
  let second: LlmServer;
  beforeAll(async () => {
    first = await startLlmServer();
    second = await startLlmServer();
  });
  afterAll(async () => {
    await first?.[Symbol.asyncDispose]();
    await second?.[Symbol.asyncDispose]();
  });

  const spec = (id: string, url: string, given: Partial<ModelSpec> = {}): ModelSpec => ({
    id,
    url,
    model: "scripted",
    contextTokens: 4096,
    maxOutputTokens: 256,
    temperature: 0,
    firstTokenSeconds: 5,
    idleSeconds: 5,
    timeoutSeconds: 20,
    ...given,
  });
  const both = (given: Partial<ModelSpec> = {}): LanguageModels =>
    new LanguageModels([spec("first", first.url, given), spec("second", second.url, given)]);
  async function asked(answer: ScriptedAnswer, given: Partial<ModelSpec> = {}) {
    first.script(answer);
    second.script({ text: ["From the second."] });
    const pieces: string[] = [];
    const told = await both(given).ask({ messages, tools, signal: never, onText: (text) => pieces.push(text) });
    return { ...told, pieces };
  }

  it("streams text, also where a write cuts a character in two", async () => {
    const answer = await asked({ text: ["Höh", "er 🚀", "!"], chunkBytes: 1 });
    expect(answer).toMatchObject({
      model: "first",
      text: "Höher 🚀!",
      pieces: ["Höh", "er 🚀", "!"],
      end: "STOP",
      problem: null,
      tokens: { input: 10, output: 5, estimated: false },
    });
  });

  it.each([
    ["whole", { name: "get_alerts", arguments: '{"a":1}' }],
    ["in fragments", { name: "get_alerts", arguments: '{"a":1}', fragment: 2 }],
    ["without index and type", { name: "get_alerts", arguments: '{"a":1}', bare: true }],
  ])("asks for tools, %s", async (_, call) => {
    const { calls, end } = await asked({ calls: [call] });
    expect([calls.map(({ name, arguments: args }) => [name, args]), end]).toEqual([
      [["get_alerts", '{"a":1}']],
      "CALLS",
    ]);
  });

  it("asks for several at once, and for one with arguments that are no JSON", async () => {
    const { calls } = await asked({
      calls: [
        { name: "get_alerts", arguments: '{"a":1}' },
        { name: "get_alerts", arguments: '{"a":', fragment: 1 },
      ],
    });
    expect(calls.map((call) => call.arguments)).toEqual(['{"a":1}', '{"a":']);
  });

  it("sends what was said, the tools' results, the tools and the key", async () => {
    first.script({ text: ["ok"] });
    const models = new LanguageModels([spec("first", first.url, { apiKey: "a key of theirs" })]);
    const call = { id: "c1", name: "get_alerts", arguments: '{"a":1}' };
    await models.ask({
      messages: [
        ...messages,
        { role: "assistant", content: "", calls: [call] },
        { role: "tool", call, content: "two alerts" },
      ],
      tools,
      signal: never,
    });
    const request = first.requests.at(-1);
    expect(request.messages.map(({ role }: { role: string }) => role)).toEqual(["system", "user", "assistant", "tool"]);
    expect(request.messages[3]).toMatchObject({ tool_call_id: "c1", content: "two alerts" });
    expect(request).toMatchObject({ model: "scripted", stream: true, max_tokens: 256 });
    expect(request.tools[0].function.name).toBe("get_alerts");
    expect(first.authorization.at(-1)).toBe("Bearer a key of theirs");
  });

  it("estimates tokens where the server does not tell them", async () => {
    const { tokens } = await asked({ text: ["four or five tokens"], usage: null });
    expect(tokens).toMatchObject({ estimated: true });
    expect(tokens.input).toBeGreaterThan(4);
    expect(tokens.output).toBeGreaterThan(3);
  });

  it.each<[string, ScriptedAnswer]>([
    ["500", { status: 500 }],
    ["429", { status: 429, headers: { "retry-after": "7" } }],
    ["401", { status: 401 }],
    ["an answer of another kind", { body: "<html>" }],
    ["nothing", { hang: "before" }],
  ])("asks the next one after %s", async (_, failure) => {
    const { model, text } = await asked(failure, { firstTokenSeconds: 0.2 });
    expect([model, text]).toEqual(["second", "From the second."]);
  });

  it("says which of them failed with what, when all do", async () => {
    first.script({ status: 500, body: "a secret of theirs" });
    second.script({ status: 429 });
    const failed = both().ask({ messages, signal: never });
    await expect(failed).rejects.toMatchObject({
      code: "MODEL_UNAVAILABLE",
      details: {
        models: [
          { model: "first", code: "UPSTREAM_ERROR" },
          { model: "second", code: "RATE_LIMITED" },
        ],
      },
    });
    await expect(failed).rejects.not.toThrow(/secret/);
  });

  it.each<[string, ScriptedAnswer]>([
    ["is cut off", { text: ["Half an ", "answer"], cut: true }],
    ["goes silent", { text: ["Half an ", "answer"], hang: "after-text" }],
    ["ends without an end", { text: ["Half an ", "answer"], finish: null, usage: null }],
  ])("keeps what came of an answer that %s", async (_, broken) => {
    const { model, text, end, problem } = await asked(broken, { idleSeconds: 0.2 });
    expect([model, text, end]).toEqual(["first", "Half an answer", "INTERRUPTED"]);
    expect(problem).toBeTruthy();
  });

  it("does not try another one with what is too large for the first", async () => {
    first.script({ status: 400, body: '{"error":{"message":"maximum context length is 4096 tokens"}}' });
    await expect(both().ask({ messages, signal: never })).rejects.toMatchObject({ code: "CONTEXT_TOO_LARGE" });
  });

  it("ends at the model when the caller leaves", async () => {
    first.script({ text: ["Half"], hang: "after-text" });
    const caller = new AbortController();
    const before = first.aborted();
    const asking = both().ask({ messages, signal: caller.signal, onText: () => caller.abort() });
    await expect(asking).rejects.toMatchObject({ code: "CANCELLED" });
    await until("the model is left", () => first.aborted() > before);
  });

  it("can be chosen, and tells how each one is", async () => {
    second.script({ text: ["Second."] });
    expect((await both().ask({ messages, signal: never }, "second")).model).toBe("second");
    await expect(both().ask({ messages, signal: never }, "third")).rejects.toMatchObject({ code: "MODEL_NOT_FOUND" });
    await expect(new LanguageModels([]).ask({ messages, signal: never })).rejects.toMatchObject({
      code: "MODEL_NOT_CONFIGURED",
    });
    const models = new LanguageModels([spec("first", first.url), spec("gone", "http://127.0.0.1:9/v1")]);
    expect(await models.states(never)).toMatchObject([
      { id: "first", position: 1, problem: null },
      { id: "gone", position: 2, problem: "It cannot be reached." },
    ]);
  });
});
