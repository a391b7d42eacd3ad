import { createServer } from "node:http";
import { exporterAnswer } from "./exporter-answers.ts";

// node dist/bench/exporter-server.js <clusters> <delay in ms>: the Prometheus of each cluster, under /<its number>.
const [clusters = "1", delayMs = "0"] = process.argv.slice(2);
const bodies = Array.from({ length: Number(clusters) }, (_, index) =>
  Buffer.from(exporterAnswer(index, Date.now() / 1000)),
);

createServer((request, response) => {
  request.resume();
  const body = bodies[Number(/^\/(\d+)\/api\/v1\/query$/.exec(request.url ?? "")?.[1] ?? -1)];
  request.on("end", () =>
    setTimeout(() => {
      response.writeHead(body ? 200 : 404, { "content-type": "application/json", "content-length": body?.length ?? 0 });
      response.end(body);
    }, Number(delayMs)),
  );
}).listen(Number(process.env["PORT"]), "127.0.0.1");
