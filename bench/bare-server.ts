// A graphql-ws server with nothing behind it: the practical limit of what a process can deliver. Started by subscriptions.ts
// as: node bare-server.js <port> <redis url> <channel>
import { createServer } from "node:http";
import { buildSchema } from "graphql";
import { useServer } from "graphql-ws/use/ws";
import { Redis } from "ioredis";
import { WebSocketServer } from "ws";
import { Channel } from "../subgraphs/shared/kernel/channel.ts";

const [port, url = "", channel = ""] = process.argv.slice(2);
const schema = buildSchema(`
  scalar JSON
  type Query { up: Boolean }
  type Subscription { events: Item }
  type Item { cursor: String event: Event }
  type Event { eventType: String payload: JSON cluster: Cluster }
  type Cluster { name: String }
`);

const readers = new Set<Channel<unknown>>();
const redis = new Redis(url);
redis.on("message", (_channel: string, text: string) => {
  const event: unknown = JSON.parse(text);
  for (const reader of readers) reader.push(event);
});
await redis.subscribe(channel);

const server = createServer();
useServer(
  {
    schema,
    roots: {
      subscription: {
        events: () => {
          const reader: Channel<unknown> = new Channel({ limit: 10_000, onClose: () => readers.delete(reader) });
          readers.add(reader);
          return reader;
        },
      },
    },
  },
  new WebSocketServer({ server, path: "/graphql", perMessageDeflate: false }),
);
server.listen(Number(port), "127.0.0.1");
