import { once } from "node:events";
import { connect } from "node:net";
import { Agent, request } from "undici";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { until } from "../test/support/until.ts";
import { type DemoCluster, type DemoFleet, type Fault, startDemoFleet, type UpstreamName } from "./fleet.ts";

let fleet: DemoFleet;
let cluster: DemoCluster;
let agent: Agent;

beforeAll(async () => {
  fleet = await startDemoFleet({ clusters: 2, now: () => Date.UTC(2026, 5, 1) });
  cluster = fleet.clusters[0] as DemoCluster;
  agent = new Agent({ connect: { ca: cluster.caCertificate } });
});
afterAll(async () => {
  await agent.destroy();
  await fleet.close();
});
beforeEach(async () => {
  await fleet.setFault(cluster.name, "kubernetes", null);
  await fleet.setFault(cluster.name, "prometheus", null);
  fleet.resetRequests();
});

const target = (upstream: UpstreamName) =>
  upstream === "kubernetes" ? `${cluster.apiServerUrl}/api/v1/nodes` : `${cluster.prometheusUrl}/api/v1/query?query=up`;

/** Asks an upstream with a real client: its status and body, or the code of its error. */
async function ask(upstream: UpstreamName, signal?: AbortSignal): Promise<{ status: number; body: string } | string> {
  try {
    const { statusCode, body } = await request(target(upstream), {
      dispatcher: agent,
      headers: { authorization: `Bearer ${cluster.token}` },
      ...(signal === undefined ? {} : { signal }),
    });
    return { status: statusCode, body: await body.text() };
  } catch (error) {
    return error instanceof Error && "code" in error
      ? ((error as NodeJS.ErrnoException).code ?? error.name)
      : String(error);
  }
}

describe.each<UpstreamName>(["kubernetes", "prometheus"])("faults of %s", (upstream) => {
  const set = (fault: Fault | null, delayMs?: number) =>
    fleet.setFault(cluster.name, upstream, fault, delayMs === undefined ? {} : { delayMs });

  it("answers, with none", async () => {
    expect(await ask(upstream)).toMatchObject({ status: 200 });
    expect(fleet.fault(cluster.name, upstream)).toBeNull();
  });

  it("refuse: the port is closed, and opens again", async () => {
    await ask(upstream); // leaves an idle connection, which must go too
    await set("refuse");
    expect(await ask(upstream)).toBe("ECONNREFUSED");
    expect(fleet.requests()).toHaveLength(1);
    await set(null);
    expect(await ask(upstream)).toMatchObject({ status: 200 });
  });

  it("hang: accepts and never answers, and sees the client go", async () => {
    await set("hang");
    const given = fleet.aborted();
    const ending = new AbortController();
    const asking = ask(upstream, ending.signal);
    await until("it is asked", () => fleet.inFlight({ cluster: cluster.name, upstream }) === 1);
    expect(fleet.inFlight({ cluster: "another" })).toBe(0);
    ending.abort();
    expect(await asking).not.toMatchObject({ status: 200 });
    await until("nobody is served any more", () => fleet.inFlight() === 0);
    expect(fleet.aborted()).toBe(given + 1);
  });

  it("drip: the head at once, then a byte a second", async () => {
    await set("drip");
    const ending = new AbortController();
    const { statusCode, headers, body } = await request(target(upstream), {
      dispatcher: agent,
      headers: { authorization: `Bearer ${cluster.token}` },
      signal: ending.signal,
    });
    expect(statusCode).toBe(200);
    expect(Number(headers["content-length"])).toBeGreaterThan(100);
    const [first] = (await once(body, "data")) as [Buffer];
    expect(first).toHaveLength(1);
    body.on("error", () => undefined);
    ending.abort();
    await until("nobody is served any more", () => fleet.inFlight() === 0);
  });

  it("stall: the head and half of the body, and nothing more", async () => {
    await set("stall");
    const ending = new AbortController();
    const { headers, body } = await request(target(upstream), {
      dispatcher: agent,
      headers: { authorization: `Bearer ${cluster.token}` },
      signal: ending.signal,
    });
    let received = 0;
    body.on("data", (chunk: Buffer) => {
      received += chunk.length;
    });
    body.on("error", () => undefined);
    const half = Math.floor(Number(headers["content-length"]) / 2);
    await until("half of it came", () => received === half);
    expect(fleet.inFlight()).toBe(1);
    ending.abort();
    await until("nobody is served any more", () => fleet.inFlight() === 0);
  });

  it("tls: nobody can trust it, and again when it is over", async () => {
    await ask(upstream); // leaves an idle connection, which must go too
    await set("tls");
    expect(await ask(upstream)).toMatch(upstream === "kubernetes" ? /^(CERT_|UNABLE_)/ : /^HTTPParserError$/);
    expect(fleet.requests()).toHaveLength(1);
    await set(null);
    expect(await ask(upstream)).toMatchObject({ status: 200 });
  });

  it("reset: the connection breaks", async () => {
    await set("reset");
    const given = fleet.aborted();
    expect(await ask(upstream)).toBe("ECONNRESET");
    expect(fleet.inFlight()).toBe(0);
    expect(fleet.aborted()).toBe(given);
  });

  it("error-503", async () => {
    await set("error-503");
    expect(await ask(upstream)).toMatchObject({ status: 503 });
  });

  it("error-429: says when to come back", async () => {
    await set("error-429");
    const { statusCode, headers, body } = await request(target(upstream), { dispatcher: agent });
    await body.dump();
    expect([statusCode, headers["retry-after"]]).toEqual([429, "1"]);
  });

  it("wrong-type: a login page, and all is well", async () => {
    await set("wrong-type");
    const { statusCode, headers, body } = await request(target(upstream), { dispatcher: agent });
    expect([statusCode, headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
    expect(await body.text()).toContain("Log in");
  });

  it("huge: 100 MB, of which it holds little", async () => {
    await set("huge");
    const { headers, body } = await request(target(upstream), { dispatcher: agent });
    expect(headers).not.toHaveProperty("content-length");
    const before = process.memoryUsage().arrayBuffers;
    const chunks = (body as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
    let bytes = 0;
    // For a client that has read the first of it and no more yet, it holds no more than sockets do.
    for (let chunk = await chunks.next(); !chunk.done; chunk = await chunks.next()) {
      if (bytes === 0) expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000);
      bytes += chunk.value.length;
    }
    expect(bytes).toBeGreaterThan(100_000_000);
  });

  it("partial: Prometheus answers with a warning, and the others have no such thing", async () => {
    await set("partial");
    const answer = await ask(upstream);
    const { warnings, data } = JSON.parse(typeof answer === "string" ? "{}" : answer.body) as Record<string, unknown>;
    if (upstream === "prometheus")
      expect([warnings, data]).toEqual([[expect.stringContaining("store")], expect.anything()]);
    else expect(warnings).toBeUndefined();
  });

  it("bad-json: ends in the middle", async () => {
    await set("bad-json");
    const answer = await ask(upstream);
    expect(answer).toMatchObject({ status: 200 });
    expect(() => JSON.parse(typeof answer === "string" ? "{}" : answer.body) as unknown).toThrow(SyntaxError);
  });

  it("slow: answers after the delay", async () => {
    await set("slow", 150);
    const start = performance.now();
    expect(await ask(upstream)).toMatchObject({ status: 200 });
    expect(performance.now() - start).toBeGreaterThan(145);
  });
});

describe("a fleet", () => {
  it("keeps a log of what it was asked", async () => {
    await request(`${cluster.prometheusUrl}/api/v1/query?time=5`, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded", "x-request-id": "r1" },
      body: "query=sum(up)",
    }).then(({ body }) => body.dump());
    expect(fleet.requests()).toEqual([
      {
        cluster: cluster.name,
        upstream: "prometheus",
        method: "POST",
        path: "/api/v1/query",
        params: { query: "sum(up)", time: "5" },
        headers: expect.objectContaining({ "x-request-id": "r1" }) as unknown,
        at: Date.UTC(2026, 5, 1),
      },
    ]);
    fleet.resetRequests();
    expect(fleet.requests()).toEqual([]);
  });

  it("has a kubeconfig that leads to the cluster", async () => {
    const config = JSON.parse(cluster.kubeconfig) as {
      clusters: [{ cluster: { server: string; "certificate-authority-data": string } }];
      users: [{ user: { token: string } }];
    };
    const { server, "certificate-authority-data": ca } = config.clusters[0].cluster;
    const trusting = new Agent({ connect: { ca: Buffer.from(ca, "base64").toString() } });
    const { statusCode } = await request(`${server}/api/v1/nodes`, {
      dispatcher: trusting,
      headers: { authorization: `Bearer ${config.users[0].user.token}` },
    });
    expect(statusCode).toBe(200);
    await trusting.destroy();
  });

  it("is not reached over TLS by a client that does not trust it", async () => {
    const answer = await request(cluster.apiServerUrl).catch((error: Error) => error);
    expect(answer).toMatchObject({ code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" });
  });

  it("does not take one cluster's token for another's", async () => {
    const other = fleet.clusters[1] as DemoCluster;
    const { statusCode } = await request(`${other.apiServerUrl}/api/v1/nodes`, {
      dispatcher: agent,
      headers: { authorization: `Bearer ${cluster.token}` },
    });
    expect(statusCode).toBe(401);
  });

  it("refuses to break what it does not have", async () => {
    await expect(fleet.setFault("nobody", "prometheus", "hang")).rejects.toThrow('no prometheus of a cluster "nobody"');
  });

  it("listens where it is told, under the name it is told", async () => {
    const [spare] = fleet.clusters;
    const taken = Number(new URL(spare?.prometheusUrl ?? "").port);
    await expect(startDemoFleet({ clusters: 1, basePort: taken })).rejects.toMatchObject({ code: "EADDRINUSE" });
    // Below the ports that systems give to outgoing connections.
    const base = 21_000 + (process.pid % 1000) * 10;
    const other = await startDemoFleet({ clusters: 2, basePort: base, advertiseHost: "localhost", latencyMs: 30 });
    try {
      expect(other.clusters.map(({ prometheusUrl }) => prometheusUrl)).toEqual([
        `http://localhost:${base + 1}`,
        `http://localhost:${base + 11}`,
      ]);
      expect(other.clusters[1]?.apiServerUrl).toBe(`https://localhost:${base + 10}`);
      const start = performance.now();
      const { statusCode } = await request(`http://127.0.0.1:${base + 1}/-/ready`);
      expect(statusCode).toBe(200);
      expect(performance.now() - start).toBeGreaterThan(28);
    } finally {
      await other.close();
    }
    const socket = connect(base + 1, "127.0.0.1");
    const [error] = (await once(socket, "error")) as [NodeJS.ErrnoException];
    expect(error.code).toBe("ECONNREFUSED");
  });

  it("carries a thousand clusters", async () => {
    const big = await startDemoFleet({ clusters: 1000 });
    try {
      expect(big.clusters).toHaveLength(1000);
      const last = big.clusters.at(-1) as DemoCluster;
      const { statusCode } = await request(`${last.prometheusUrl}/api/v1/query?query=sum(up)`);
      expect(statusCode).toBe(200);
    } finally {
      await big.close();
    }
  });
});
