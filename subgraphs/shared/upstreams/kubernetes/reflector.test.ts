import type { ServerResponse } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Served, servingApi } from "../../../../test/support/api-server.ts";
import type { HttpServer } from "../../../../test/support/http-server.ts";
import { until } from "../../../../test/support/until.ts";
import { Reflector } from "./reflector.ts";
import { NAMESPACES } from "./resource.ts";

const signal = new AbortController().signal;

/** An API server's namespaces, as a test tells them. */
class Namespaces {
  objects: object[] = [];
  version = 1;
  /** What lists and watches are answered with. */
  listStatus = 200;
  watchStatus = 200;
  /** All that the next watch is told. */
  onlyFrame: object | null = null;
  holdLists = false;
  readonly watches: { from: string; response: ServerResponse }[] = [];

  handle = ({ path }: { path: string }, response: ServerResponse): void => {
    const { searchParams } = new URL(path, "http://x");
    const status = searchParams.has("watch") ? this.watchStatus : this.listStatus;
    if (this.holdLists && !searchParams.has("watch")) return;
    response.writeHead(status, { "content-type": "application/json" });
    if (status !== 200) {
      response.end("{}");
    } else if (!searchParams.has("watch")) {
      response.end(JSON.stringify({ metadata: { resourceVersion: String(this.version) }, items: this.objects }));
    } else {
      response.flushHeaders();
      this.watches.push({ from: searchParams.get("resourceVersion") ?? "", response });
      if (this.onlyFrame) response.end(`${JSON.stringify(this.onlyFrame)}\n`);
      this.onlyFrame = null;
    }
  };

  set(...names: string[]): void {
    this.version += 1;
    this.objects = names.map((name) => this.#object(name, "1"));
  }

  /** Tells the open watch. */
  tell(type: string, name: string): void {
    this.version += 1;
    this.last.response.write(`${JSON.stringify({ type, object: this.#object(name, String(this.version)) })}\n`);
  }

  get last(): { from: string; response: ServerResponse } {
    const watch = this.watches.at(-1);
    if (!watch) throw new Error("There is no watch.");
    return watch;
  }

  #object(name: string, resourceVersion: string): object {
    return { metadata: { name, uid: `uid-${name}`, resourceVersion } };
  }
}

let api: Namespaces;
let served: Served<HttpServer>;
const reflectors: Reflector<never>[] = [];
let now = Date.UTC(2026, 0, 1);
beforeEach(async () => {
  api = new Namespaces();
  api.set("a", "b");
  served = await servingApi(api.handle);
});
afterEach(async () => {
  for (const reflector of reflectors.splice(0)) reflector.close();
  await served[Symbol.asyncDispose]();
});

function reflect(options: { maxStaleMs?: number; onClosed?: () => void; attempts?: number[] } = {}) {
  const { attempts, ...rest } = options;
  const reflector = new Reflector({
    connect: () => Promise.resolve(served.client),
    resource: NAMESPACES,
    clock: { now: () => new Date(now) },
    backoffMs: (attempt) => {
      attempts?.push(attempt);
      return 1;
    },
    ...rest,
  });
  reflectors.push(reflector as unknown as Reflector<never>);
  const names = async () => (await reflector.read(signal)).objects.map(({ name }) => name);
  return { reflector, names };
}
const lists = () => served.server.requests.filter(({ path }) => !path.includes("watch")).length;
const watching = (count = 1) => until(`watch ${count} is open`, () => api.watches.length >= count);

describe("Reflector", () => {
  it("lists once for all its readers, and then follows", async () => {
    const { names } = reflect();
    expect(await Promise.all([names(), names(), names()])).toEqual([
      ["a", "b"],
      ["a", "b"],
      ["a", "b"],
    ]);
    await watching();
    expect(api.last.from).toBe("2");
    api.tell("ADDED", "c");
    api.tell("DELETED", "a");
    await until("both are taken", async () => (await names()).join() === "b,c");
    expect(lists()).toBe(1);
  });

  it("does not make the first reader wait for the watch", async () => {
    api.watchStatus = 500;
    expect(await reflect().names()).toEqual(["a", "b"]);
  });

  it("goes on from the last version after the server has ended the stream, and after it broke", async () => {
    const { reflector, names } = reflect();
    await names();
    await watching(1);
    api.tell("ADDED", "c");
    await until("c is there", async () => (await names()).includes("c"));
    api.last.response.end();
    await watching(2);
    expect(api.last.from).toBe("3");
    api.tell("BOOKMARK", "");
    api.tell("MODIFIED", "b");
    await until(
      "the change is taken",
      async () => (await reflector.read(signal)).get(null, "b")?.resourceVersion === "5",
    );
    api.last.response.destroy();
    await watching(3);
    expect(api.last.from).toBe("5");
    expect(lists()).toBe(1);
  });

  it("lists again after a 410 in the stream, and tells followers what vanished", async () => {
    const { reflector, names } = reflect();
    const { snapshot, changes } = await reflector.follow(signal);
    expect(snapshot.objects.map(({ name }) => name)).toEqual(["a", "b"]);
    await watching();
    api.set("b", "c");
    api.onlyFrame = { type: "ERROR", object: { kind: "Status", code: 410, reason: "Expired" } };
    api.last.response.end();
    await watching(2);
    const told = [await changes.next(), await changes.next()].map(({ value }) => `${value.type} ${value.object.name}`);
    expect(told).toEqual(["DELETED a", "ADDED c"]);
    expect(await names()).toEqual(["b", "c"]);
    await watching(3);
    expect(api.last.from).toBe("3");
    expect(lists()).toBe(2);
    api.tell("DELETED", "b");
    expect((await changes.next()).value).toMatchObject({ type: "DELETED", object: { name: "b" } });
  });

  it("does the same after a 410 as the answer", async () => {
    const { names } = reflect();
    await names();
    await watching();
    api.set("b");
    api.watchStatus = 410;
    api.last.response.end();
    await until("a has vanished", async () => (await names()).join() === "b");
  });

  it("pauses longer and longer where a server forgets or refuses each time, and begins anew now and then", async () => {
    const attempts: number[] = [];
    api.watchStatus = 410;
    const { names } = reflect({ attempts });
    await names();
    await until("it has been patient", () => attempts.length >= 4);
    expect(attempts.slice(0, 4)).toEqual([2, 3, 4, 5]);
    api.watchStatus = 403;
    const before = lists();
    api.set("x");
    await until("it reads by lists alone", async () => lists() > before && (await names()).join() === "x");
  });

  it("does not ask in a tight loop where each watch is ended at once", async () => {
    const attempts: number[] = [];
    await reflect({ attempts }).names();
    for (let count = 1; count <= 3; count++) {
      await watching(count);
      api.last.response.end();
    }
    await until("it pauses", () => attempts.length >= 3);
    expect(attempts.slice(0, 3)).toEqual([1, 2, 3]);
  });

  it("gives out what it knew while the connection is lost, with its time, and not for ever", async () => {
    const { reflector, names } = reflect({ maxStaleMs: 60_000 });
    await names();
    await watching();
    api.tell("ADDED", "c");
    await until("c is there", async () => (await names()).includes("c"));
    const heard = now;
    now += 5_000;
    expect((await reflector.read(signal)).asOf.getTime()).toBe(now);
    api.watchStatus = 503;
    api.listStatus = 503;
    api.last.response.destroy();
    await until("the loss is noticed", async () => (await reflector.read(signal)).asOf.getTime() === heard);
    await until("it has begun anew, in vain", () => lists() > 1);
    expect(await names()).toEqual(["a", "b", "c"]);
    now += 60_001;
    await expect(names()).rejects.toMatchObject({ code: expect.stringMatching(/^UPSTREAM_/) });
    api.set("d");
    api.listStatus = 200;
    await until("it is there again", async () => (await names().catch(() => [])).join() === "d");
  });

  it("fails its readers where the first list fails, and is closed then", async () => {
    let closed = 0;
    api.listStatus = 403;
    const { names } = reflect({ onClosed: () => closed++ });
    const both = await Promise.allSettled([names(), names()]);
    expect(both).toMatchObject([{ reason: { code: "UPSTREAM_REFUSED" } }, { reason: { code: "UPSTREAM_REFUSED" } }]);
    await until("it is closed", () => closed === 1);
    expect(lists()).toBe(1);
  });

  it("outlives a reader that leaves, and not the last one", async () => {
    api.holdLists = true;
    let closed = 0;
    const { reflector } = reflect({ onClosed: () => closed++ });
    const [first, second] = [new AbortController(), new AbortController()];
    const [one, two] = [reflector.read(first.signal), reflector.read(second.signal)];
    await until("the list is under way", () => lists() === 1);
    first.abort(new Error("one left"));
    await expect(one).rejects.toThrow("one left");
    expect(closed).toBe(0);
    second.abort(new Error("two left"));
    await expect(two).rejects.toThrow("two left");
    expect(closed).toBe(1);
    await until("the request is given up", async () => (await served.server.connections()) === 0);
  });

  it("leaves nothing behind when it is closed", async () => {
    const { reflector } = reflect();
    const { changes } = await reflector.follow(signal);
    await watching();
    const next = changes.next();
    reflector.close();
    expect(await next).toEqual({ done: true, value: undefined });
    await until("the watch is given up", () => api.last.response.closed);
    expect((await reflector.follow(signal)).changes.closed).toBe(true);
  });

  it("ends a follower that does not read, and forgets one that leaves", async () => {
    const { reflector, names } = reflect();
    const { changes: slow } = await reflector.follow(signal);
    const { changes: leaving } = await reflector.follow(signal);
    expect(reflector.followed).toBe(true);
    await leaving.return();
    await watching();
    const frame = (name: string) =>
      `${JSON.stringify({ type: "ADDED", object: { metadata: { name, uid: name, resourceVersion: "9" } } })}\n`;
    api.last.response.write(Array.from({ length: 20_001 }, (_, index) => frame(`n-${index}`)).join(""));
    await until("all are taken", async () => (await names()).length > 20_000);
    expect(slow.closed).toBe(true);
    expect(reflector.followed).toBe(false);
    for (let count = 0; count < 20_000; count++) await slow.next();
    await expect(slow.next()).rejects.toMatchObject({ code: "SLOW_CONSUMER" });
  });
});
