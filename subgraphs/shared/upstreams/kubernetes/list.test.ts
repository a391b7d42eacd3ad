import { afterEach, describe, expect, it } from "vitest";
import { replayingApi, servingApi } from "../../../../test/support/api-server.ts";
import { type Replay, recording } from "../../../../test/support/recordings.ts";
import { listAll } from "./list.ts";
import { NODES, PODS } from "./resource.ts";

const recorded = (request: string, name: string): Replay => ({ request, answer: recording("kubernetes-1.36", name) });
const json = (request: string, answer: unknown): Replay => ({
  request,
  answer: { status: 200, contentType: "application/json", answer },
});
const continueOf = (name: string): string =>
  (recording("kubernetes-1.36", name).answer as { metadata: { continue: string } }).metadata.continue;

let open: AsyncDisposable | undefined;
afterEach(async () => {
  await open?.[Symbol.asyncDispose]();
  open = undefined;
});
const against = async (...replays: Replay[]) => {
  const served = await replayingApi(...replays);
  open = served;
  return served;
};
const signal = new AbortController().signal;
const page = (next?: string) => `GET /api/v1/pods?limit=500${next ? `&continue=${next}` : ""}`;
const PAGE_2 = continueOf("pods-list-page-1");
const PAGE_3 = continueOf("pods-list-page-2");
const end = { metadata: { resourceVersion: "1150" }, items: null };

describe("listAll on recorded answers of kube-apiserver 1.36", () => {
  it("reads page after page, and remembers where a watch goes on", async () => {
    const { client, server } = await against(
      recorded(page(), "pods-list-page-1"),
      recorded(page(PAGE_2), "pods-list-page-2"),
      json(page(PAGE_3), end),
    );
    const { objects, resourceVersion } = await listAll(client, PODS, {}, signal);
    expect(objects.map(({ namespace, name }) => `${namespace}/${name}`)).toEqual([
      "ai-serving/eval-done",
      "ai-serving/eval-failed",
      "ai-serving/llm-inference-0",
      "ai-serving/llm-inference-1",
      "ai-serving/train-job-7f9xk",
      "du-site1/cu-cp-0",
    ]);
    expect(resourceVersion).toBe("1150");
    server.verify();
  });

  it.each(["list-expired-continue-410", "list-continue-after-compaction"])(
    "reads all at once where the pages have expired half-way (%s)",
    async (name) => {
      const { client, server } = await against(
        recorded(page(), "pods-list-page-1"),
        recorded(page(PAGE_2), name),
        json("GET /api/v1/pods?limit=10000", end),
      );
      expect(await listAll(client, PODS, {}, signal)).toEqual({ objects: [], resourceVersion: "1150" });
      server.verify();
    },
  );

  it("reads one namespace or one node's pods", async () => {
    const { client, server } = await against(
      json("GET /api/v1/namespaces/shop/pods?limit=500", end),
      json("GET /api/v1/pods?limit=500&fieldSelector=spec.nodeName%3Dn-1", end),
    );
    await listAll(client, PODS, { namespace: "shop" }, signal);
    await listAll(client, PODS, { nodeName: "n-1" }, signal);
    server.verify();
  });

  it("tells that it is forbidden, without the server's words", async () => {
    const { client } = await against(recorded(page(), "forbidden-list"));
    await expect(listAll(client, PODS, {}, signal)).rejects.toMatchObject({
      code: "UPSTREAM_REFUSED",
      message: "The API server forbids this to the credentials (403).",
      details: { status: 403 },
    });
  });
});

describe("listAll", () => {
  it("gives up at the first page that tells of more than 10,000", async () => {
    const { client, server } = await against(
      json(page(), {
        metadata: { resourceVersion: "1", continue: "c", remainingItemCount: 10_000 },
        items: [{ metadata: { name: "a" } }],
      }),
    );
    await expect(listAll(client, PODS, {}, signal)).rejects.toMatchObject({
      code: "LIMIT_EXCEEDED",
      message: "The cluster has more than 10000 pods to list.",
    });
    server.verify();
  });

  it("gives up on a server that never ends", async () => {
    const items = Array.from({ length: 500 }, (_, index) => ({ metadata: { name: `n-${index}` } }));
    const endless = JSON.stringify({ metadata: { resourceVersion: "1", continue: "again" }, items });
    const served = await servingApi((_, response) =>
      response.setHeader("content-type", "application/json").end(endless),
    );
    open = served;
    await expect(listAll(served.client, NODES, {}, signal)).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" });
    expect(served.server.requests).toHaveLength(20);
  });

  it.each([
    ["no JSON", "<html>secret</html>"],
    ["half of it", '{"metadata":{"resourceVersion":"1"},"items":[{"secret'],
    ["something else", '{"secret":1}'],
    ["objects without names", '{"metadata":{"resourceVersion":"1"},"items":[{"metadata":{"secret":1}}]}'],
  ])("refuses %s", async (_, body) => {
    const served = await servingApi((_seen, response) => response.end(body));
    open = served;
    const error: unknown = await listAll(served.client, PODS, {}, signal).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "UPSTREAM_INVALID_ANSWER" });
    expect((error as Error).message).not.toContain("secret");
  });

  it("ends with its caller's reason", async () => {
    const served = await servingApi(() => {});
    open = served;
    const controller = new AbortController();
    const listing = listAll(served.client, PODS, {}, controller.signal);
    const reason = new Error("gone");
    setImmediate(() => controller.abort(reason));
    await expect(listing).rejects.toBe(reason);
  });
});
