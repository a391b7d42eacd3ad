import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Answer, startGraph, type TestGraph } from "../support/graph.ts";
import { type LlmServer, startLlmServer } from "../support/llm-server.ts";
import { describeModes } from "../support/modes.ts";
import { until } from "../support/until.ts";

const ANN = "ann-token-of-sixteen";
const BOB = "bob-token-of-sixteen";
const EVE = "eve-token-of-sixteen";
const TOKENS = [
  { token: ANN, user: "ann", roles: ["operator"] },
  { token: BOB, user: "bob", roles: ["viewer"] },
  { token: EVE, user: "eve", roles: ["admin"] },
];
const MESSAGE = `id parentId role status content author model tokensUsed latencyMs error errorCode
  toolCalls { id name arguments argsHash status result { status summary error } } citations { id tool }`;
const SESSION = "id userId title personaId messageCount headId createdAt expiresAt shares { userId canWrite }";
const WATCH = `subscription ($id: UUID!) {
  chatMessage(sessionId: $id) { kind messageId text toolCall { name status } message { role status content } } }`;

await describeModes("conversations", (mode) => {
  let graph: TestGraph;
  let model: LlmServer;
  beforeAll(async () => {
    model = await startLlmServer();
    graph = await startGraph({
      mode,
      jobs: true,
      env: {
        AIOPS_API_TOKENS: JSON.stringify(TOKENS),
        AIOPS_LLM_MODELS: JSON.stringify([{ id: "scripted", url: model.url, model: "scripted-1" }]),
      },
    });
  });
  afterAll(async () => {
    await graph?.[Symbol.asyncDispose]();
    await model?.[Symbol.asyncDispose]();
  });
  beforeEach(() => model.script({ text: ["Hello ", "there."] }));

  const ask = (query: string, variables: Record<string, unknown> = {}, token = ANN): Promise<Answer> =>
    graph.ask(query, variables, { token });
  const upstreams = async (): Promise<number> => {
    const { data } = await ask("{ streamingStatus { gateways { upstreams } } }", {}, EVE);
    return data.streamingStatus.gateways[0]?.upstreams ?? 0;
  };
  const codeOf = ({ errors }: Answer): unknown => errors?.[0]?.extensions["code"];
  async function begun(input: object = {}, token = ANN): Promise<string> {
    const answer = await ask(
      `mutation ($input: CreateChatSessionInput) { createChatSession(input: $input) { ${SESSION} } }`,
      { input },
      token,
    );
    return answer.data.createChatSession.id;
  }
  const send = (sessionId: string, content: string, after: string | null = null, token = ANN) =>
    ask(
      `mutation ($sessionId: UUID!, $content: String!, $after: UUID) {
        sendChatMessage(sessionId: $sessionId, content: $content, after: $after) { ${MESSAGE} } }`,
      { sessionId, content, after },
      token,
    );
  const message = async (id: string, token = ANN) =>
    (await ask(`query ($id: UUID!) { chatMessage(id: $id) { ${MESSAGE} } }`, { id }, token)).data.chatMessage;
  const act = (field: string, id: string, token = ANN) =>
    ask(`mutation ($id: UUID!) { ${field}(id: $id) { ${MESSAGE} } }`, { id }, token);
  const session = async (id: string, token = ANN) =>
    await ask(
      `query ($id: UUID!) { chatSession(id: $id) { ${SESSION} messages { total items { ${MESSAGE} } } } }`,
      { id },
      token,
    );
  async function ended(id: string, status = "COMPLETE") {
    await until(`the message is ${status}`, async () => (await message(id)).status === status);
    return await message(id);
  }
  const asked = async (sessionId: string, content: string, after: string | null = null) =>
    await ended((await send(sessionId, content, after)).data.sendChatMessage.id);

  it("answers a question, streamed as it comes, and keeps what was said", async () => {
    const id = await begun();
    const before = await upstreams();
    const stream = graph.subscribe(WATCH, { id }, { token: ANN });
    const items: {
      kind: string;
      text: string | null;
      message: { role: string; status: string; content: string } | null;
    }[] = [];
    const heard = Promise.withResolvers<void>();
    model.script({ text: ["Hello ", "there."], pause: heard.promise });
    const watching = (async () => {
      for await (const { data } of stream) {
        items.push(data.chatMessage);
        if (data.chatMessage.text) heard.resolve();
        if (data.chatMessage.message?.status === "COMPLETE" && data.chatMessage.message.role === "ASSISTANT") break;
      }
    })();
    await until("somebody watches", async () => (await upstreams()) > before);
    const sent = (await send(id, "  Why is checkout slow?  ")).data.sendChatMessage;
    expect(sent).toMatchObject({ role: "ASSISTANT", status: "RUNNING", model: null });
    await watching;
    const text = items.filter(({ kind }) => kind === "DELTA" || kind === "STATE").map((item) => item.text);
    expect(text.join("")).toBe("Hello there.");
    expect(items.at(-1)?.message).toMatchObject({ status: "COMPLETE", content: "Hello there." });
    const answer = await ended(sent.id);
    expect(answer).toMatchObject({ content: "Hello there.", model: "scripted", tokensUsed: 15, error: null });
    expect(answer.latencyMs).toBeGreaterThanOrEqual(0);
    const { data } = await session(id);
    expect(data.chatSession).toMatchObject({ title: "Why is checkout slow?", messageCount: 2, headId: sent.id });
    expect(
      data.chatSession.messages.items.map(({ role, author }: { role: string; author: string }) => [role, author]),
    ).toEqual([
      ["USER", "ann"],
      ["ASSISTANT", null],
    ]);
    expect(model.requests.at(-1).messages.at(-1)).toMatchObject({ role: "user", content: "Why is checkout slow?" });
  });

  it("gives who begins to watch in the middle all the text, and nothing twice", async () => {
    const id = await begun();
    model.script({ text: ["The first half. "], hang: "after-text" });
    const { id: answerId } = (await send(id, "Tell me.")).data.sendChatMessage;
    await until("it has begun", async () => (await message(answerId)).content !== "");
    const stream = graph.subscribe(WATCH, { id }, { token: ANN });
    const seen: string[] = [];
    for await (const { data } of stream) {
      seen.push(`${data.chatMessage.kind} ${data.chatMessage.text ?? data.chatMessage.message?.status}`);
      if (data.chatMessage.kind === "STATE") break;
    }
    expect(seen).toEqual(["MESSAGE RUNNING", "STATE The first half. "]);
    const cancelled = await act("cancelChatMessage", answerId);
    expect(cancelled.data.cancelChatMessage).toMatchObject({ status: "CANCELLED", errorCode: "CANCELLED" });
    await until("the model is left", () => model.aborted() > 0);
    expect(codeOf(await act("cancelChatMessage", answerId))).toBe("CONFLICT");
  });

  it("makes one answer at a time, another one beside it, and branches from any message", async () => {
    const id = await begun({ title: "Branches" });
    const first = await asked(id, "First?");
    model.script({ text: ["Another."] });
    const again = (await act("regenerateChatMessage", first.id)).data.regenerateChatMessage;
    expect(again.parentId).toBe(first.parentId);
    expect((await ended(again.id)).content).toBe("Another.");
    const second = await asked(id, "Second, after the first answer?", first.id);
    const branch = (await session(id)).data.chatSession.messages.items.map(
      ({ content }: { content: string }) => content,
    );
    expect(branch).toEqual(["First?", "Hello there.", "Second, after the first answer?", "Another."]);
    expect(second.status).toBe("COMPLETE");
    const chosen = await ask(`mutation ($id: UUID!) { chooseChatBranch(messageId: $id) { headId } }`, { id: again.id });
    expect(chosen.data.chooseChatBranch.headId).toBe(again.id);
    const every = await ask(`query ($id: UUID!) { chatSession(id: $id) { messages(everyBranch: true) { total } } }`, {
      id,
    });
    expect(every.data.chatSession.messages.total).toBe(5);
    model.script({ hang: "before" });
    const slow = (await send(id, "Slow?")).data.sendChatMessage;
    expect(codeOf(await send(id, "Impatient?"))).toBe("CONFLICT");
    await act("cancelChatMessage", slow.id);
  });

  it("goes on with what was cut off", async () => {
    const id = await begun();
    model.script({ text: ["Half of it"], cut: true });
    const { id: answerId } = (await send(id, "Tell me all.")).data.sendChatMessage;
    expect(await ended(answerId, "PARTIAL")).toMatchObject({ content: "Half of it", errorCode: "STREAM_INTERRUPTED" });
    model.script({ text: [", and the rest."] });
    await act("resumeChatMessage", answerId);
    expect((await ended(answerId)).content).toBe("Half of it, and the rest.");
    expect(codeOf(await act("resumeChatMessage", answerId))).toBe("CONFLICT");
  });

  it("answers by rules when no model does, and says so", async () => {
    const id = await begun();
    model.script({ status: 500, body: "an inside of theirs" });
    const answer = await asked(id, "Anybody?");
    expect(answer).toMatchObject({ model: null, tokensUsed: null, errorCode: null });
    expect(answer.content).toMatch(
      /No language model wrote this answer: rules did, because no model answered\. .*scripted/,
    );
    expect(JSON.stringify(answer)).not.toContain("inside");
  });

  it("is nobody else's, until it is shared", async () => {
    const id = await begun({ title: "Mine, about walruses" });
    const answer = await asked(id, "Secret?");
    const share = (canWrite: boolean) =>
      ask(
        `mutation ($id: UUID!, $input: ShareChatSessionInput!) { shareChatSession(id: $id, input: $input) { ${SESSION} } }`,
        { id, input: { userId: "bob", canWrite } },
      );
    const list = async (token: string, filter: object = {}) =>
      (
        await ask(
          `query ($filter: ChatSessionFilterInput) { chatSessions(filter: $filter) { items { id } } }`,
          { filter },
          token,
        )
      ).data.chatSessions.items;
    for (const token of [BOB, EVE]) {
      expect(codeOf(await session(id, token))).toBe("CHAT_SESSION_NOT_FOUND");
      expect(codeOf(await send(id, "Let me in", null, token))).toBe("CHAT_SESSION_NOT_FOUND");
      expect(codeOf(await act("regenerateChatMessage", answer.id, token))).toBe("CHAT_MESSAGE_NOT_FOUND");
      const { errors } = await graph
        .subscribe(WATCH, { id }, { token })
        .next()
        .then(
          ({ value }) => value as Answer,
          (error) => ({ data: null, errors: error }),
        );
      expect(JSON.stringify(errors)).toContain("CHAT_SESSION_NOT_FOUND");
      expect(await list(token, { search: "walruses" })).toEqual([]);
    }
    expect((await share(false)).data.shareChatSession.shares).toEqual([{ userId: "bob", canWrite: false }]);
    expect((await session(id, BOB)).data.chatSession.id).toBe(id);
    expect(await list(BOB, { sharedWithMe: true })).toEqual([{ id }]);
    expect(codeOf(await send(id, "May I?", null, BOB))).toBe("FORBIDDEN");
    await share(true);
    const bobs = (await send(id, "May I now?", null, BOB)).data.sendChatMessage;
    await ended(bobs.id);
    expect(codeOf(await ask(`mutation ($id: UUID!) { deleteChatSession(id: $id) { id } }`, { id }, BOB))).toBe(
      "FORBIDDEN",
    );
    const before = await upstreams();
    const stream = graph.subscribe(WATCH, { id }, { token: BOB });
    const watching = expect(stream.next()).rejects.toMatchObject([{ extensions: { code: "CHAT_SESSION_NOT_FOUND" } }]);
    await until("bob watches", async () => (await upstreams()) > before);
    await ask(`mutation ($id: UUID!) { unshareChatSession(id: $id, userId: "bob") { id } }`, { id });
    await asked(id, "Is bob gone?");
    await watching;
  });

  it("is renamed, found, extended, exported and deleted", async () => {
    const id = await begun();
    await asked(id, "How are the | pipes | and <b>tags</b>?");
    const renamed = await ask(
      `mutation ($id: UUID!) { updateChatSession(id: $id, input: { title: "Plumbing #1", personaId: "platform-ops" }) { ${SESSION} } }`,
      { id },
    );
    expect(renamed.data.updateChatSession).toMatchObject({ title: "Plumbing #1", personaId: "platform-ops" });
    const extended = (
      await ask(`mutation ($id: UUID!) { extendChatSession(id: $id, hours: 168) { ${SESSION} } }`, { id })
    ).data.extendChatSession;
    const days = (Date.parse(extended.expiresAt) - Date.parse(extended.createdAt)) / 86_400_000;
    expect(days).toBeGreaterThan(6.9);
    expect(days).toBeLessThanOrEqual(7);
    const { data } = await ask(`query ($id: UUID!) { exportChatSession(id: $id) }`, { id });
    expect(data.exportChatSession).toContain("# Plumbing \\#1");
    expect(data.exportChatSession).toContain("Hello there.");
    expect(
      (await ask(`mutation ($id: UUID!) { deleteChatSession(id: $id) { id } }`, { id })).data.deleteChatSession.id,
    ).toBe(id);
    expect(codeOf(await session(id))).toBe("CHAT_SESSION_NOT_FOUND");
  });

  describe("refuses", () => {
    it.each([
      ["an unknown persona", { personaId: "nobody-there" }, "PERSONA_NOT_FOUND"],
      ["an unknown model", { model: "gpt-0" }, "MODEL_NOT_FOUND"],
      ["an unknown cluster", { clusterContext: ["11111111-1111-4111-8111-111111111111"] }, "CLUSTER_NOT_FOUND"],
      ["an empty title", { title: " " }, "BAD_USER_INPUT"],
    ])("%s", async (_, input, code) => {
      const refused = await ask(
        `mutation ($input: CreateChatSessionInput) { createChatSession(input: $input) { id } }`,
        { input },
      );
      expect(codeOf(refused)).toBe(code);
    });

    it("an empty question, and one without end", async () => {
      const id = await begun();
      expect(codeOf(await send(id, "  "))).toBe("BAD_USER_INPUT");
      expect(codeOf(await send(id, "x".repeat(32_001)))).toBe("BAD_USER_INPUT");
    });
  });

  it("lists the models, and whether they answer", async () => {
    const { data } = await ask("{ availableModels { id model position available problem contextTokens } }");
    expect(data.availableModels).toEqual([
      { id: "scripted", model: "scripted-1", position: 1, available: true, problem: null, contextTokens: 32_768 },
    ]);
  });
});
