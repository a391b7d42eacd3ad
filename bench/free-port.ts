import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

const LANE = 1_000;
/** Workers of vitest that look for ports at the same time each have a lane of their own. */
const FIRST = 10_000 + LANE * (Number(process.env["VITEST_POOL_ID"] ?? 0) % 20);
let next = randomInt(LANE);

/**
 * For a program that must be told where to listen before it starts. Never the same twice in a row, and below the ports that the
 * kernel gives to connections and to whoever asks for any: nobody takes it in between, and who tries it cannot reach itself.
 */
export async function freePort(): Promise<number> {
  for (let tried = 0; tried < LANE; tried += 1) {
    const port = FIRST + next;
    next = (next + 1) % LANE;
    const server = createServer().listen(port, "127.0.0.1");
    const free = await once(server, "listening").then(
      () => true,
      () => false,
    );
    if (!free) continue;
    server.close();
    await once(server, "close");
    return port;
  }
  throw new Error(`No port is free from ${FIRST} to ${FIRST + LANE - 1}.`);
}
