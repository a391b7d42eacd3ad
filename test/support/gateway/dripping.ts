import { connect } from "node:net";

/** Sends the head, and a drip every so often; resolves with what came back once the server has had enough. */
export function dripping(
  url: string,
  head: string,
  drip: string,
  everyMs = 50,
): Promise<{ answer: string; ms: number }> {
  const { hostname, port } = new URL(url);
  const began = performance.now();
  return new Promise((resolve) => {
    let answer = "";
    const socket = connect(Number(port), hostname, () => socket.write(head));
    const timer = setInterval(() => socket.write(drip), everyMs);
    socket.on("data", (chunk) => (answer += String(chunk)));
    socket.on("error", () => {});
    socket.on("close", () => {
      clearInterval(timer);
      resolve({ answer, ms: performance.now() - began });
    });
  });
}
