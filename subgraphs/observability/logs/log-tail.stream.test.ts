import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { type OpenTail, startTailServer, type TailServer } from "../../../test/support/tail-server.ts";
import { loopbackGuard } from "../../../test/support/target-guard.ts";
import { until } from "../../../test/support/until.ts";
import type { Target } from "../../shared/fleet/directory.ts";
import { Skip } from "../../shared/kernel/outcome.ts";
import { UpstreamHttp } from "../../shared/upstreams/http.ts";
import { LokiClient } from "../../shared/upstreams/loki/client.ts";
import { type LogTailOptions, logTail, type TailItem } from "./log-tail.stream.ts";

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

const BEGAN = Date.now();
/** So long after these tests began. */
const nanos = (milliseconds: number): string => `${BEGAN + milliseconds}000000`;

async function loki(): Promise<TailServer> {
  const server = await startTailServer();
  open.push(server);
  return server;
}

const targetOf = (name: string, lokiUrl: string | null): Target => ({
  id: name,
  name,
  apiServerUrl: "https://api.example",
  prometheusUrl: null,
  tempoUrl: null,
  lokiUrl,
  alertmanagerUrl: null,
  lokiTenant: null,
  tempoTenant: null,
  credentialsAt: null,
});

/** A tail of these clusters, and all that it has told so far. */
function follow(targets: readonly Target[], more: Partial<LogTailOptions> = {}) {
  const http = new UpstreamHttp(loopbackGuard());
  const errors: unknown[] = [];
  const stream = logTail({
    targets,
    query: '{app="x"}',
    requestId: "r-1",
    now: () => new Date(),
    recheck: () => Promise.resolve(targets),
    connect: async ({ lokiUrl: url }) => {
      if (!url) throw new Skip("NO_ENDPOINT", "The cluster has no Loki endpoint.");
      return new LokiClient(http, { url, token: null, caCertificate: null });
    },
    onInternalError: (error) => void errors.push(error),
    backoffMs: () => 20,
    waitMs: 200,
    tickMs: 20,
    ...more,
  });
  open.push(stream, { [Symbol.asyncDispose]: () => http.close() });
  const told = { lines: [] as string[], items: [] as TailItem[], states: [] as string[], ended: false };
  const read = async (): Promise<void> => {
    for await (const item of stream) {
      told.items.push(item);
      told.lines.push(
        ...item.lines.map(({ line, late }) => `${line.target.name} ${line.row[1]}${late ? " late" : ""}`),
      );
      told.states.push(
        item.clusters.map(({ target, state, reason }) => `${target.name} ${state} ${reason ?? ""}`.trim()).join(", "),
      );
    }
    told.ended = true;
  };
  return { stream, told, errors, read };
}

const tailOf = (server: TailServer): Promise<OpenTail> => until("the tail is open", () => server.tails[0]);

describe("A tail of many clusters", () => {
  it("gives their lines in one order, whichever arrives first", async () => {
    const [a, b] = [await loki(), await loki()];
    const began = Date.now();
    const { told, read } = follow([targetOf("a", a.url), targetOf("b", b.url)]);
    void read();
    const [first, second] = [await tailOf(a), await tailOf(b)];
    first.lines({ app: "x" }, [nanos(30), "three"], [nanos(50), "five"]);
    second.lines({ app: "x" }, [nanos(20), "two"], [nanos(40), "four"]);
    first.lines({ app: "y" }, [nanos(10), "one"]);
    await until("all are told", () => told.lines.length === 5);
    expect(told.lines).toEqual(["a one", "b two", "a three", "b four", "a five"]);
    expect(told.states.at(-1)).toBe("a CONNECTED, b CONNECTED");
    expect(Object.fromEntries(a.asked[0]?.params ?? [])).toMatchObject({ query: '{app="x"}', limit: "5000" });
    // It begins a little earlier, since clocks differ.
    const start = Number(a.asked[0]?.params.get("start")) / 1e6;
    expect(Math.abs(began - 10_000 - start)).toBeLessThan(1000);
  });

  it("flags a line that comes too late for its place", async () => {
    const a = await loki();
    const { told, read } = follow([targetOf("a", a.url)]);
    void read();
    const tail = await tailOf(a);
    tail.lines({ app: "x" }, [nanos(0), "now"]);
    await until("it is told", () => told.lines.length === 1);
    tail.lines({ app: "x" }, [nanos(-5000), "before"]);
    await until("the late one is told", () => told.lines.length === 2);
    expect(told.lines).toEqual(["a now", "a before late"]);
  });

  it("goes on where it broke off, without telling anything twice", async () => {
    const a = await loki();
    const { told, read } = follow([targetOf("a", a.url)]);
    void read();
    const at = nanos(0);
    const tail = await tailOf(a);
    tail.lines({ app: "x" }, [nanos(-1), "one"], [at, "two"], [at, "three"]);
    await until("they are told", () => told.lines.length === 3);
    tail.socket.close(1011, "reached tail max duration limit");
    await until("it is asked again", () => a.asked.length === 2);
    expect(a.asked[1]?.params.get("start")).toBe(at);
    // What came before the break is told again by Loki, and one of the same time that was not.
    (await tailOf(a)).lines({ app: "x" }, [at, "two"], [at, "three"], [at, "four"], [nanos(1), "five"]);
    await until("the new ones are told", () => told.lines.length >= 5);
    expect(told.lines).toEqual(["one", "two", "three", "four", "five"].map((text) => `a ${text}`));
    expect(told.states.at(-1)).toBe("a CONNECTED Loki ended the tail: reached tail max duration limit.");
  });

  it("tries again while a Loki is away, and tells why", async () => {
    const a = await loki();
    a.refusal = { status: 503, body: "away" };
    const { told, read } = follow([targetOf("a", a.url)]);
    void read();
    await until("it was tried again and again", () => a.asked.length > 3);
    await until("it is told", () => told.states.join().includes("a RECONNECTING Loki answered HTTP 503."));
    a.refusal = null;
    await until("it is connected", () => told.states.at(-1) === "a CONNECTED Loki answered HTTP 503.");
  });

  it("counts what Loki left out, and says where it may have left out more", async () => {
    const a = await loki();
    const { told, read } = follow([targetOf("a", a.url)]);
    void read();
    const tail = await tailOf(a);
    tail.send({ streams: [], dropped_entries: [{ timestamp: "1" }, { timestamp: "2" }] });
    await until("it is told", () => told.items.some(({ droppedUpstream }) => droppedUpstream === 2));
    tail.lines({ app: "x" }, ...Array.from({ length: 5000 }, (_, at) => [nanos(-9000 + at), `line ${at}`]));
    await until("it says so", () => told.states.at(-1)?.includes("only the newest 5000 lines were told"));
  });

  it("holds little for a reader who does not read, and counts what it leaves out", async () => {
    const a = await loki();
    const { stream } = follow([targetOf("a", a.url)]);
    const tail = await tailOf(a);
    const sent = 20_000;
    for (let from = 0; from < sent; from += 1000) {
      tail.lines({ app: "x" }, ...Array.from({ length: 1000 }, (_, at) => [nanos(from + at), `line ${from + at}`]));
    }
    tail.send({ streams: [], dropped_entries: [{}] });
    // It is answered once all before it is taken.
    tail.socket.ping();
    await once(tail.socket, "pong");
    let [given, dropped, upstream, most] = [0, 0, 0, 0];
    let last: string | undefined;
    await until("all are told or counted", async () => {
      const { value } = (await stream.next()) as { value: TailItem };
      given += value.lines.length;
      dropped += value.dropped;
      upstream += value.droppedUpstream;
      most = Math.max(most, value.lines.length);
      last = value.lines.at(-1)?.line.row[1] ?? last;
      return given + dropped === sent && upstream === 1;
    });
    expect(most).toBeLessThanOrEqual(1000);
    expect(given).toBeLessThanOrEqual(4000);
    // The newest are kept.
    expect(last).toBe(`line ${sent - 1}`);
  });

  it("closes every connection at once when its reader leaves", async () => {
    const [a, b] = [await loki(), await loki()];
    const { stream, read, told } = follow([targetOf("a", a.url), targetOf("b", b.url)]);
    void read();
    await tailOf(a);
    await tailOf(b);
    const left = performance.now();
    await stream.return();
    await until("the connections are closed", () => a.tails.length + b.tails.length === 0);
    expect(performance.now() - left).toBeLessThan(500);
    await until("the reader is through", () => told.ended);
  });

  it("ends for a cluster that its reader may no longer see, and goes on for the others", async () => {
    const [a, b] = [await loki(), await loki()];
    const targets = [targetOf("a", a.url), targetOf("b", b.url)];
    const seen: (Target | null)[] = [...targets];
    const { told, read } = follow(targets, { recheckMs: 30, recheck: () => Promise.resolve(seen) });
    void read();
    await tailOf(a);
    const other = await tailOf(b);
    seen[0] = null;
    await until("its connection is closed", () => a.tails.length === 0);
    other.lines({ app: "x" }, [nanos(0), "still"]);
    await until("the other goes on", () => told.lines.length === 1);
    expect(told.states.at(-1)).toBe(
      "a ENDED The cluster is not there any more, or no longer yours to see., b CONNECTED",
    );
    seen[1] = null;
    await until("nothing is left to follow", () => told.ended);
  });

  it("ends for all when a cluster that was named is gone, as soon as that is told", async () => {
    const [a, b] = [await loki(), await loki()];
    const targets = [targetOf("a", a.url), targetOf("b", b.url)];
    const seen: (Target | null)[] = [...targets];
    let touched = (): void => {};
    let watching = 0;
    const { stream } = follow(targets, {
      recheck: () => Promise.resolve(seen),
      named: new Set(["a"]),
      onChange: (callback) => {
        touched = callback;
        watching += 1;
        return () => {
          watching -= 1;
        };
      },
    });
    await tailOf(a);
    await tailOf(b);
    expect(watching).toBe(1);
    seen[0] = null;
    touched();
    await expect(
      (async () => {
        for await (const _ of stream);
      })(),
    ).rejects.toMatchObject({ code: "CLUSTER_NOT_FOUND", details: { id: "a" } });
    await until("the connections are closed", () => a.tails.length + b.tails.length === 0);
    expect(watching).toBe(0);
  });

  it("follows a cluster to another endpoint", async () => {
    const [a, b] = [await loki(), await loki()];
    const seen = [targetOf("a", a.url)];
    const { told, read } = follow([...seen], { recheckMs: 30, recheck: () => Promise.resolve(seen) });
    void read();
    await tailOf(a);
    seen[0] = targetOf("a", b.url);
    (await tailOf(b)).lines({ app: "x" }, [nanos(0), "there"]);
    await until("it is told", () => told.lines.length === 1);
    expect([a.tails.length, told.states.at(-1)]).toEqual([0, "a CONNECTED"]);
  });

  it("ends where nothing can be followed, and says why", async () => {
    const a = await loki();
    a.refusal = { status: 400, body: "parse error : nonsense" };
    const { told, read } = follow([targetOf("a", a.url), targetOf("b", null)]);
    await read();
    expect(told.states.at(-1)).toBe("a ENDED parse error : nonsense, b ENDED The cluster has no Loki endpoint.");
    expect(a.asked).toHaveLength(1);
  });

  it("tells nobody of an error of ours but the log", async () => {
    const { told, errors, read } = follow([targetOf("a", "x")], { connect: () => Promise.reject(new Error("secret")) });
    void read();
    await until("it is told", () => told.states.length > 1);
    expect(told.states.join()).not.toContain("secret");
    expect(errors[0]).toMatchObject({ message: "secret" });
  });
});
