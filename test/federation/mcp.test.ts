import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { DemoFleet } from "../../demo/fleet.ts";
import { enrolledFleet } from "../support/demo.ts";
import { startGraph, type TestGraph } from "../support/graph.ts";
import { describeModes } from "../support/modes.ts";
import { until } from "../support/until.ts";

const ANN = "ann-token-of-sixteen";
const BOB = "bob-token-of-sixteen";
const TOKENS = [
  { token: ANN, user: "ann", roles: ["operator"] },
  { token: BOB, user: "bob", roles: ["viewer"], scope: { labelSelector: "tier=hub" } },
];
const [HUB, EAST] = ["hub-eu-1", "prod-east-1"];

/** What this server's results have beside their text. */
interface Found {
  summary: string;
  result: Record<string, unknown>;
  sources: { clusterName: string; language: string; query: string; at: string; outcome: string }[];
  operation: { document: string; variables: Record<string, unknown> };
  more: { handle: string; rows: number; total: number } | null;
  error?: { code: string; message: string };
}

const clients: Client[] = [];
async function connect(graph: TestGraph, token: string): Promise<Client> {
  const transport = new StreamableHTTPClientTransport(new URL("/mcp", graph.url), {
    requestInit: { headers: { authorization: `Bearer ${token}` } },
  });
  const client = new Client({ name: "test", version: "1" });
  await client.connect(transport);
  clients.push(client);
  return client;
}
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
});

await describeModes("MCP", (mode) => {
  let graph: TestGraph;
  let fleet: DemoFleet;
  const connected = (token = ANN): Promise<Client> => connect(graph, token);
  async function call(client: Client, name: string, args: Record<string, unknown> = {}) {
    const { structuredContent, content, isError } = await client.callTool({ name, arguments: args });
    return { found: structuredContent as Found, content: content as { text: string }[], isError };
  }

  beforeAll(async () => {
    graph = await startGraph({
      mode,
      jobs: true,
      env: { AIOPS_API_TOKENS: JSON.stringify(TOKENS), AIOPS_ALERT_POLL_MS: "500" },
    });
    fleet = await enrolledFleet(graph, { clusters: 4 });
  });
  afterAll(async () => {
    await graph[Symbol.asyncDispose]();
    await fleet.close();
  });

  it("offers its tools with what a client has to know of them", async () => {
    const client = await connected();
    expect(client.getServerVersion()).toMatchObject({ name: "aiops" });
    expect(client.getInstructions()).toContain("not an instruction");
    const { tools } = await client.listTools();
    expect(tools).toHaveLength(19);
    for (const { name, description, inputSchema, annotations } of tools) {
      expect(description, name).toBeTruthy();
      expect(inputSchema.type, name).toBe("object");
      expect(annotations?.readOnlyHint, name).toBe(!["create_silence", "acknowledge_alert"].includes(name));
    }
    expect(tools.find(({ name }) => name === "create_silence")?.annotations?.destructiveHint).toBe(true);
    expect(JSON.stringify(tools).length).toBeLessThan(25_000);
  });

  it("answers a call with its figures, each with cluster, query and time, as structure and as text", async () => {
    const client = await connected();
    const { found, content, isError } = await call(client, "query_metrics", { query: "sum(up)", clusters: [HUB] });
    expect(isError).toBeFalsy();
    expect(JSON.parse(content[0]?.text ?? "")).toEqual(found);
    expect(found.result).toMatchObject({ seriesTotal: 1, series: [{ cluster: HUB, value: expect.any(Number) }] });
    expect(found.sources).toMatchObject([
      { clusterName: HUB, language: "PROMQL", query: "sum(up)", outcome: "SUCCESS" },
    ]);
    expect(Math.abs(Date.now() - Date.parse(found.sources[0]?.at ?? ""))).toBeLessThan(60_000);
    const { data, errors } = await graph.ask(found.operation.document, found.operation.variables, { token: ANN });
    expect(errors).toBeUndefined();
    expect(Number(data.metrics.results[0].data[0].values[0][1])).toBe(
      (found.result["series"] as { value: number }[])[0]?.value,
    );
  });

  it("reads on in what a result left out, by a handle that any process takes", async () => {
    const client = await connected();
    const { found } = await call(client, "query_metrics", { query: "kube_pod_info" });
    const { handle, rows, total } = found.more ?? { handle: "", rows: 0, total: 0 };
    expect(rows).toBeGreaterThan(30);
    expect(JSON.stringify(found.result).length).toBeLessThan(6000);
    const other = await connected();
    const read = async (offset: number) =>
      (await call(other, "more_rows", { handle, offset, limit: 20 })).found.result as { rows: object[]; total: number };
    const [first, second] = [await read(0), await read(20)];
    expect([first.rows.length, second.rows.length, first.total]).toEqual([20, 20, total]);
    expect(new Set([...first.rows, ...second.rows].map((row) => JSON.stringify(row))).size).toBe(40);
    expect((await call(client, "more_rows", { handle: "nonsense" })).isError).toBe(true);
    const silence = { name: "create_silence", arguments: {}, now: new Date().toISOString() };
    const forged = Buffer.from(JSON.stringify(silence)).toString("base64url");
    expect((await call(client, "more_rows", { handle: forged })).found.error?.code).toBe("BAD_USER_INPUT");
  });

  it("says what is wrong with arguments, queries and names, in codes", async () => {
    const client = await connected();
    const codeOf = async (name: string, args: Record<string, unknown>) => {
      const { found, isError, content } = await call(client, name, args);
      expect(isError).toBe(true);
      expect(content[0]?.text).toContain(found.error?.code);
      return found.error?.code;
    };
    expect(await codeOf("query_metrics", {})).toBe("BAD_USER_INPUT");
    expect(await codeOf("query_metrics", { query: "up", cluster: HUB })).toBe("BAD_USER_INPUT");
    expect(await codeOf("query_metrics", { query: "sum(" })).toBe("INVALID_PROMQL");
    expect(await codeOf("query_logs", { query: "{" })).toBe("INVALID_LOGQL");
    expect(await codeOf("query_logs", { range: "soon" })).toBe("INVALID_DURATION");
    expect(await codeOf("get_cluster_status", { clusters: ["none"] })).toBe("CLUSTER_NOT_FOUND");
    await expect(client.callTool({ name: "drop_table", arguments: {} })).rejects.toMatchObject({ code: -32602 });
  });

  it("has clusters, alerts and reports as resources", async () => {
    const client = await connected();
    const { resourceTemplates } = await client.listResourceTemplates();
    expect(resourceTemplates.map(({ uriTemplate }) => uriTemplate)).toEqual([
      "aiops://clusters/{name}",
      "aiops://alerts/{id}",
      "aiops://reports/{id}",
    ]);
    const every = async () => {
      const uris: string[] = [];
      for (let cursor: string | undefined = "clusters-1"; cursor; ) {
        const { resources, nextCursor } = await client.listResources({ cursor });
        uris.push(...resources.map(({ uri }) => uri));
        cursor = nextCursor;
      }
      return uris;
    };
    const uris = await until("alerts", async () => {
      const found = await every();
      return found.some((uri) => uri.startsWith("aiops://alerts/")) ? found : undefined;
    });
    expect(uris.filter((uri) => uri.startsWith("aiops://clusters/"))).toHaveLength(4);
    expect((await client.listResources()).resources.map(({ uri }) => uri)).toContain(`aiops://clusters/${HUB}`);
    const read = async (uri: string) => {
      const [content] = (await client.readResource({ uri })).contents;
      return JSON.parse(content && "text" in content ? content.text : "");
    };
    // Its first check may come after its first alert.
    const hub = await until("the hub is checked", async () => {
      const found = await read(`aiops://clusters/${HUB}`);
      return found.status.state === "ONLINE" ? found : undefined;
    });
    expect(hub).toMatchObject({ name: HUB });
    const alert = uris.find((uri) => uri.startsWith("aiops://alerts/")) ?? "";
    expect(await read(alert)).toMatchObject({ state: "FIRING", alertname: expect.any(String) });
    const made = await graph.ask(
      `mutation { generateReport(input: { reportType: EXECUTIVE_SUMMARY, format: JSON }) { id } }`,
      {},
      { token: ANN },
    );
    expect(await read(`aiops://reports/${made.data.generateReport.id}`)).toMatchObject({ owner: "ann" });
    const nobody = "00000000-0000-4000-8000-000000000000";
    for (const uri of [
      "aiops://clusters/none",
      `aiops://reports/${nobody}`,
      "aiops://alerts/1",
      "file:///etc/passwd",
    ]) {
      await expect(client.readResource({ uri }), uri).rejects.toMatchObject({ code: -32002 });
    }
    await expect(client.listResources({ cursor: "x" })).rejects.toMatchObject({ code: -32602 });
  });

  it("gives each caller what is theirs, and no more", async () => {
    const client = await connected(BOB);
    const { tools } = await client.listTools();
    expect(tools).toHaveLength(17);
    const forbidden = { cluster: HUB, matchers: [{ name: "alertname", value: "X" }], duration: "1h", comment: "x" };
    await expect(client.callTool({ name: "create_silence", arguments: forbidden })).rejects.toThrow("no tool");
    expect((await call(client, "list_clusters")).found.result).toMatchObject({ total: 1, clusters: [{ name: HUB }] });
    fleet.resetRequests();
    const { found, isError } = await call(client, "query_metrics", { query: "up", clusters: [HUB, EAST] });
    expect([isError, found.error?.code]).toEqual([true, "CLUSTER_NOT_FOUND"]);
    expect(fleet.requests().filter(({ params: { query } }) => query === "up")).toEqual([]);
    await expect(client.readResource({ uri: `aiops://clusters/${EAST}` })).rejects.toMatchObject({ code: -32002 });
    expect((await client.listResources()).resources.map(({ name }) => name)).toEqual([HUB]);
  });

  it("changes what its user approved, as that user", async () => {
    const client = await connected();
    const { found } = await call(client, "create_silence", {
      cluster: EAST,
      matchers: [{ name: "alertname", value: "NodeLongUptime" }],
      duration: "1h",
      comment: "planned work",
    });
    expect(found.summary).toContain(EAST);
    const { data } = await graph.ask(
      `{ silences { items { id clusterName createdBy comment matchers { text } } } }`,
      {},
      { token: ANN },
    );
    expect(data.silences.items).toMatchObject([
      { id: found.result["silenceId"], clusterName: EAST, createdBy: "ann", comment: "planned work" },
    ]);
  });

  it("refuses who has no token, and what is no message of the protocol", async () => {
    await expect(connected("wrong-token-of-sixteen")).rejects.toMatchObject({ code: 401 });
    const send = (init: RequestInit) =>
      fetch(new URL("/mcp", graph.url), {
        ...init,
        headers: { authorization: `Bearer ${ANN}`, "content-type": "application/json", ...init.headers },
      });
    const accept = "application/json, text/event-stream";
    expect((await send({ method: "POST", body: "{", headers: { accept } })).status).toBe(400);
    expect((await send({ method: "POST", body: "{}" })).status).toBe(406);
    const stream = await send({ method: "GET", headers: { accept: "text/event-stream" } });
    expect([stream.status, stream.headers.get("allow")]).toEqual([405, "POST, DELETE"]);
    const unknown = { jsonrpc: "2.0", id: 1, method: "prompts/list" };
    const answer = await send({ method: "POST", body: JSON.stringify(unknown), headers: { accept } });
    expect(await answer.text()).toContain("-32601");
  });
});

await describeModes("A call over MCP that nobody waits for any more", (mode) => {
  let graph: TestGraph;
  let fleet: DemoFleet;

  beforeAll(async () => {
    graph = await startGraph({ mode, env: { AIOPS_API_TOKENS: JSON.stringify(TOKENS) } });
    fleet = await enrolledFleet(graph, { clusters: 1 });
    await fleet.setFault(HUB, "prometheus", "hang");
  });
  afterAll(async () => {
    await graph[Symbol.asyncDispose]();
    await fleet.close();
  });

  const waiting = (): number => fleet.inFlight({ cluster: HUB, upstream: "prometheus" });
  async function asked(client: Client, signal?: AbortSignal, calls = 1): Promise<{ ended: Promise<string> }> {
    const call = client.callTool(
      { name: "query_metrics", arguments: { query: "up" } },
      undefined,
      signal ? { signal } : {},
    );
    const ended = call.then(
      () => "answered",
      () => "ended",
    );
    await until("the cluster is asked", async () => waiting() === calls);
    return { ended };
  }

  it("is let go in the cluster when the client cancels it", async () => {
    const unwanted = new AbortController();
    const { ended } = await asked(await connect(graph, ANN), unwanted.signal);
    unwanted.abort();
    expect(await ended).toBe("ended");
    await until("the cluster is left alone", async () => waiting() === 0);
  });

  it("is let go when the client leaves", async () => {
    const client = await connect(graph, ANN);
    const { ended } = await asked(client);
    await client.close();
    expect(await ended).toBe("ended");
    await until("the cluster is left alone", async () => waiting() === 0);
  });

  it("is let go with its session, by whose session it is", async () => {
    const client = await connect(graph, ANN);
    const { ended: first } = await asked(client);
    const { sessionId = "" } = client.transport ?? {};
    const end = async (token: string): Promise<number> => {
      const headers = { authorization: `Bearer ${token}`, "mcp-session-id": sessionId };
      return (await fetch(new URL("/mcp", graph.url), { method: "DELETE", headers })).status;
    };
    expect(await end(BOB)).toBe(200);
    const { ended: second } = await asked(client, undefined, 2);
    expect(await end(ANN)).toBe(200);
    await until("the cluster is left alone", async () => waiting() === 0);
    expect(await Promise.all([first, second])).toEqual(["answered", "answered"]);
  });
});
