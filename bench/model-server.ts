// A model that speaks OpenAI's chat API and writes as fast as it is told to. Started by chat.ts as: node model-server.js <port>
// A question "write <tokens> <per second> [tool]" says how much, how fast (0: at once), and whether it asks for a tool first.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

const [port] = process.argv.slice(2);

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === "GET") {
    response.end('{"object":"list","data":[]}');
    return;
  }
  const { messages } = JSON.parse(await bodyOf(request)) as { messages: { role: string; content: string }[] };
  const question =
    messages.findLast(({ role, content }) => role === "user" && content.startsWith("write "))?.content ?? "write 1 0";
  const [, tokens, pace, tool] = question.split(" ");
  response.writeHead(200, { "content-type": "text/event-stream" });
  if (tool === "tool" && messages.at(-1)?.role !== "tool") {
    const call = { index: 0, id: "c", type: "function", function: { name: "list_clusters", arguments: "{}" } };
    end(response, [event({ tool_calls: [call] })], "tool_calls");
    return;
  }
  const left = { ended: false };
  response.once("close", () => {
    left.ended = true;
  });
  const perSecond = Number(pace);
  for (let token = 0; token < Number(tokens) && !left.ended; token += 1) {
    // When it was written travels in it.
    response.write(event({ content: ` <${Math.round(performance.timeOrigin + performance.now())}>` }));
    if (perSecond > 0) await delay(1000 / perSecond);
  }
  end(response, [], "stop");
}

createServer((request, response) => void serve(request, response)).listen(Number(port), "127.0.0.1");

function end(response: ServerResponse, events: readonly string[], reason: string): void {
  const usage = { prompt_tokens: 10, completion_tokens: 10, total_tokens: 20 };
  response.end(
    `${events.join("")}${chunk({ choices: [{ index: 0, delta: {}, finish_reason: reason }] })}${chunk({ choices: [], usage })}data: [DONE]\n\n`,
  );
}

const event = (delta: object): string => chunk({ choices: [{ index: 0, delta, finish_reason: null }] });

const chunk = (given: object): string =>
  `data: ${JSON.stringify({ id: "1", object: "chat.completion.chunk", created: 0, model: "scripted", ...given })}\n\n`;

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const piece of request.setEncoding("utf8") as AsyncIterable<string>) text += piece;
  return text;
}
