import { until } from "../bench/until.ts";
import type { EvalQuestion } from "./question.ts";
import type { Scene } from "./scene.ts";
import type { EvalAnswer } from "./score.ts";

const UNDER_WAY = "RUNNING";
/** Longer than any answer may take: it ends by itself. */
const PATIENCE_MS = 15 * 60_000;
const ANSWER =
  "query ($id: UUID!) { chatMessage(id: $id) { status content model latencyMs error toolCalls { name } citations { id } } }";

interface Message {
  status: string;
  content: string;
  model: string | null;
  latencyMs: number | null;
  error: string | null;
  toolCalls: { name: string }[];
  citations: unknown[];
}

/** Asks a question as any client does: a conversation, its messages, and the answer when it is there. */
export async function answerTo(scene: Scene, question: EvalQuestion, model: string | null): Promise<EvalAnswer> {
  const input = {
    personaId: question.persona ?? "default",
    model,
    clusterContext: question.clusters ? await idsOf(scene, question.clusters) : null,
  };
  const { createChatSession } = await scene.ask<{ createChatSession: { id: string } }>(
    "mutation ($input: CreateChatSessionInput) { createChatSession(input: $input) { id } }",
    { input },
  );
  let last: Message | null = null;
  for (const content of question.ask) {
    const { sendChatMessage } = await scene.ask<{ sendChatMessage: { id: string } }>(
      "mutation ($sessionId: UUID!, $content: String!) { sendChatMessage(sessionId: $sessionId, content: $content) { id } }",
      { sessionId: createChatSession.id, content },
    );
    last = await until(
      `an answer to ${JSON.stringify(content)}`,
      async () => {
        const { chatMessage } = await scene.ask<{ chatMessage: Message }>(ANSWER, { id: sendChatMessage.id });
        return chatMessage.status === UNDER_WAY ? null : chatMessage;
      },
      PATIENCE_MS,
    );
  }
  if (!last) throw new Error("There is nothing to ask.");
  return {
    status: last.status,
    content: last.content + (last.error ?? ""),
    model: last.model,
    tools: last.toolCalls.map(({ name }) => name),
    citations: last.citations.length,
    milliseconds: last.latencyMs ?? 0,
  };
}

async function idsOf(scene: Scene, names: readonly string[]): Promise<string[]> {
  const { clusters } = await scene.ask<{ clusters: { items: { id: string; name: string }[] } }>(
    "{ clusters(pageSize: 100) { items { id name } } }",
  );
  return clusters.items.filter(({ name }) => names.includes(name)).map(({ id }) => id);
}
