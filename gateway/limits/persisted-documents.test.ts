import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { readConfig } from "../../subgraphs/shared/kernel/config.ts";
import { post, socketClient } from "../../test/support/gateway/clients.ts";
import { startSmallGateway } from "../../test/support/gateway/small-gateway.ts";
import { hashOf, PersistedDocuments, readTrustedDocuments } from "./persisted-documents.ts";

const QUERY = "{ cluster(id: 1) { name } }";
const STREAM = "subscription { changed { cursor } }";
const named = (text: string) => ({ persistedQuery: { version: 1, sha256Hash: hashOf(text) } });
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** Whatever of a request there is, by the ways that carry one. */
const WAYS = {
  async POST(url: string, body: object, headers: Record<string, string> = {}) {
    const response = await fetch(`${url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
    return { status: response.status, ...((await response.json()) as Answer) };
  },
  async GET(url: string, body: object, headers: Record<string, string> = {}) {
    const search = new URLSearchParams(
      Object.entries(body).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]),
    );
    const response = await fetch(`${url}/graphql?${search}`, {
      headers: { "apollo-require-preflight": "1", ...headers },
    });
    return { status: response.status, ...((await response.json()) as Answer) };
  },
  async SSE(url: string, body: object, headers: Record<string, string> = {}) {
    const response = await fetch(`${url}/graphql/stream`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
    const [, first = "null"] = /^data: (.+)$/m.exec(await response.text()) ?? [];
    return { status: response.status, ...(JSON.parse(first) as Answer) };
  },
};
type Answer = { data?: unknown; errors?: { message: string; extensions: { code: string } }[] };

describe.each(Object.entries(WAYS))("automatic persisted queries, by %s", (_, ask) => {
  test("a hash nobody sent a document for is told so as clients know it; sent once, the hash is enough", async () => {
    const { gateway, fleet } = await startSmallGateway();
    const extensions = named(QUERY);
    const unknown = await ask(gateway.url, { extensions });
    expect(unknown).toMatchObject({
      status: 200,
      errors: [{ message: "PersistedQueryNotFound", extensions: { code: "PERSISTED_QUERY_NOT_FOUND" } }],
    });
    expect(fleet.seen.hops).toHaveLength(0);
    const data = { cluster: { name: "alpha" } };
    expect(await ask(gateway.url, { query: QUERY, extensions })).toMatchObject({ data });
    expect(await ask(gateway.url, { extensions })).toMatchObject({ data });
  });

  test("a hash of something else is refused, and nothing is kept of it", async () => {
    const { gateway } = await startSmallGateway();
    const refused = await ask(gateway.url, { query: "{ operation }", extensions: named(QUERY) });
    expect(refused.errors?.[0]?.extensions.code).toBe("BAD_USER_INPUT");
    const unknown = await ask(gateway.url, { extensions: named(QUERY) });
    expect(unknown.errors?.[0]?.extensions.code).toBe("PERSISTED_QUERY_NOT_FOUND");
  });
});

test("what one transport was sent, the others know; a socket sends an empty query beside the hash", async () => {
  const { gateway, fleet } = await startSmallGateway();
  await WAYS.POST(gateway.url, { query: QUERY, extensions: named(QUERY) });
  expect(await WAYS.SSE(gateway.url, { extensions: named(QUERY) })).toMatchObject({
    data: { cluster: { name: "alpha" } },
  });
  const client = socketClient(gateway.url);
  expect(await client.follow("", undefined, named(QUERY)).until(1)).toMatchObject({
    data: { cluster: { name: "alpha" } },
  });

  const first = client.follow(STREAM, undefined, named(STREAM));
  const again = client.follow("", undefined, named(STREAM));
  await expect.poll(() => fleet.seen.opened).toBe(1);
  fleet.emit({ cursor: "1-1", cluster: { id: "1" } });
  expect(await first.until(1)).toMatchObject({ data: { changed: { cursor: "1-1" } } });
  first.leave();
  again.leave();
  expect(await client.follow("", undefined, named("{ never }")).ended).toMatchObject([
    { extensions: { code: "PERSISTED_QUERY_NOT_FOUND" } },
  ]);
});

describe("with trusted documents", () => {
  const TOKENS = JSON.stringify([
    { token: "token-of-a-viewer-1", user: "ann", roles: ["viewer"] },
    { token: "token-of-an-admin-1", user: "bob", roles: ["admin"] },
  ]);
  const VIEWER = bearer("token-of-a-viewer-1");
  const ADMIN = bearer("token-of-an-admin-1");

  async function fileOf(documents: Record<string, string>): Promise<string> {
    const directory = await mkdtemp(join(tmpdir(), "aiops-documents-"));
    onTestFinished(() => rm(directory, { recursive: true }));
    const file = join(directory, "documents.json");
    await writeFile(file, JSON.stringify(documents));
    return file;
  }

  async function start() {
    const AIOPS_TRUSTED_DOCUMENTS = await fileOf({ [hashOf(QUERY)]: QUERY, [hashOf(STREAM)]: STREAM });
    const { AIOPS_API_TOKENS } = readConfig({ AIOPS_API_TOKENS: TOKENS });
    return await startSmallGateway({ config: { AIOPS_API_TOKENS, AIOPS_TRUSTED_DOCUMENTS } });
  }

  test.each(Object.entries(WAYS))("by %s, they are asked by text or by hash, and nothing else is", async (_, ask) => {
    const { gateway, fleet } = await start();
    const data = { cluster: { name: "alpha" } };
    expect(await ask(gateway.url, { query: QUERY }, VIEWER)).toMatchObject({ data });
    expect(await ask(gateway.url, { extensions: named(QUERY) }, VIEWER)).toMatchObject({ data });
    fleet.seen.hops.length = 0;
    const other = "{ cluster(id: 2) { name } }";
    for (const request of [{ query: other }, { query: other, extensions: named(other) }]) {
      const refused = await ask(gateway.url, request, VIEWER);
      expect(refused.errors?.[0]?.extensions.code).toBe("OPERATION_NOT_TRUSTED");
    }
    expect(fleet.seen.hops).toHaveLength(0);
    // Who may ask anything may; what they send is still trusted for nobody else.
    expect(await ask(gateway.url, { query: other, extensions: named(other) }, ADMIN)).toMatchObject({
      data: { cluster: { name: "beta" } },
    });
    const borrowed = await ask(gateway.url, { extensions: named(other) }, VIEWER);
    expect(borrowed.errors?.[0]?.extensions.code).toBe("OPERATION_NOT_TRUSTED");
  });

  test("by a socket too, streams included; and our own parts ask what they need", async () => {
    const { gateway, fleet } = await start();
    const client = socketClient(gateway.url, { connectionParams: VIEWER });
    const refused = [{ extensions: { code: "OPERATION_NOT_TRUSTED" } }];
    expect(await client.follow("{ operation }").ended).toMatchObject(refused);
    expect(await client.follow("subscription { changed { kind } }").ended).toMatchObject(refused);
    expect(fleet.seen.opened).toBe(0);
    const trusted = client.follow("", undefined, named(STREAM));
    await expect.poll(() => fleet.seen.opened).toBe(1);
    trusted.leave();
    const identity = { user: "ann", groups: [], roles: ["viewer" as const], tenant: "default", scope: null };
    expect((await gateway.execute("{ operation }", {}, identity)).errors).toBeUndefined();
    expect((await post(gateway.url, "{ operation }", { headers: VIEWER })).status).toBe(403);
  });

  test("a file that is not one of documents by their hashes stops the start", async () => {
    const stray = await fileOf({ [hashOf("{ a }")]: "{ b }" });
    await expect(readTrustedDocuments(stray)).rejects.toThrow("which is not the hash of its document");
    await expect(readTrustedDocuments(`${stray}.none`)).rejects.toThrow("AIOPS_TRUSTED_DOCUMENTS");
  });
});

test("what clients send is kept within bounds", () => {
  const documents = new PersistedDocuments(null);
  const large = (index: number): string => `{ a${index} } #${"x".repeat(1024 * 1024)}`;
  for (let index = 0; index < 20; index += 1) {
    documents.remember({ query: large(index), extensions: named(large(index)) });
  }
  expect(() => documents.textOf({ extensions: named(large(0)) })).toThrow("PersistedQueryNotFound");
  expect(documents.textOf({ extensions: named(large(19)) })).toBe(large(19));
});
