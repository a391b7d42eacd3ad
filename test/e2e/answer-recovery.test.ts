import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ask } from "../support/graph.ts";
import { type LlmServer, startLlmServer } from "../support/llm-server.ts";
import { Program } from "../support/process.ts";
import { until } from "../support/until.ts";

const ADDRESS = /GraphiQL\s+(http:\/\/127\.0\.0\.1:\d+)\/\s/;

let dataDir: string;
let model: LlmServer;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "aiops-e2e-"));
  model = await startLlmServer();
});
afterAll(async () => {
  await model?.[Symbol.asyncDispose]();
  await rm(dataDir, { recursive: true, force: true });
});

it("an answer whose process was killed is told as interrupted, and gone on with", async () => {
  const AIOPS_LLM_MODELS = JSON.stringify([{ id: "scripted", url: model.url, model: "scripted" }]);
  const env = { DATA_DIR: dataDir, PORT: "0", AIOPS_DEMO: "off", AIOPS_LLM_MODELS };
  const message = async (url: string, id: string) =>
    (await ask(url, `query ($id: UUID!) { chatMessage(id: $id) { status content error } }`, { id })).data.chatMessage;

  model.script({ text: ["Half of the answer"], hang: "after-text" });
  const first = new Program("gateway/all-in-one.js", { env });
  const [, before = ""] = await first.prints(ADDRESS);
  const session = (await ask(before, "mutation { createChatSession { id } }")).data.createChatSession;
  const { id } = (
    await ask(before, `mutation ($id: UUID!) { sendChatMessage(sessionId: $id, content: "Why?") { id } }`, session)
  ).data.sendChatMessage;
  await until("a half is kept", async () => (await message(before, id)).content === "Half of the answer", 30_000);
  await first.stop("SIGKILL");

  await using second = new Program("gateway/all-in-one.js", { env });
  const [, url = ""] = await second.prints(ADDRESS);
  await until("it is told", async () => (await message(url, id)).status === "INTERRUPTED", 60_000);
  expect(await message(url, id)).toMatchObject({
    content: "Half of the answer",
    error: expect.stringMatching(/stopped/),
  });

  model.script({ text: [", and the other half."] });
  await ask(url, `mutation ($id: UUID!) { resumeChatMessage(id: $id) { id } }`, { id });
  await until("it is whole", async () => (await message(url, id)).status === "COMPLETE", 30_000);
  expect((await message(url, id)).content).toBe("Half of the answer, and the other half.");
  expect(await second.stop()).toBe(0);
}, 150_000);
