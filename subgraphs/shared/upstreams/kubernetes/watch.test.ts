import { afterEach, describe, expect, it } from "vitest";
import { type Served, servingApi } from "../../../../test/support/api-server.ts";
import type { SeenRequest } from "../../../../test/support/http-server.ts";
import { recording } from "../../../../test/support/recordings.ts";
import { isGone } from "./list.ts";
import type { KubernetesObject } from "./objects/metadata.ts";
import { NamespaceObject } from "./objects/namespace.ts";
import { EVENTS, PODS, type Resource } from "./resource.ts";
import { type Frame, watch } from "./watch.ts";

/** Decoded by their metadata alone, as all kinds are alike in it. */
const CONFIG_MAPS: Resource<NamespaceObject> = { plural: "configmaps", schema: NamespaceObject };

let open: Served<AsyncDisposable> | undefined;
afterEach(async () => {
  await open?.[Symbol.asyncDispose]();
  open = undefined;
});

/** Watches a server that sends these bytes, in chunks of a size. */
async function watching<T extends KubernetesObject>(
  resource: Resource<T>,
  body: string,
  { status = 200, chunk = 1000, from = "1152" } = {},
) {
  let seen: SeenRequest | undefined;
  const served = await servingApi((request, response) => {
    seen = request;
    response.writeHead(status, { "content-type": "application/json" });
    const bytes = Buffer.from(body);
    for (let at = 0; at < bytes.length; at += chunk) response.write(bytes.subarray(at, at + chunk));
    response.end();
  });
  open = served;
  const frames: Frame<T>[] = [];
  let opened = false;
  const error: unknown = await watch(served.client, resource, {
    resourceVersion: from,
    signal: new AbortController().signal,
    onOpen: () => {
      opened = true;
    },
    onFrame: (frame) => frames.push(frame),
  }).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  return { frames, error, opened, seen };
}

const recorded = (name: string): string =>
  (recording("kubernetes-1.36", name).answer as object[]).map((frame) => `${JSON.stringify(frame)}\n`).join("");

describe("watch on recorded streams of kube-apiserver 1.36", () => {
  it.each([1, 7, 1000])("tells what changes, in chunks of %i bytes", async (chunk) => {
    const { frames, error, seen } = await watching(CONFIG_MAPS, recorded("watch-added-modified-deleted-bookmark"), {
      chunk,
    });
    expect(error).toBeNull();
    expect(frames.map(({ type, resourceVersion }) => `${type} ${resourceVersion}`)).toEqual([
      "ADDED 1153",
      "MODIFIED 1154",
      "DELETED 1155",
      "BOOKMARK 1155",
      expect.stringMatching(/^BOOKMARK \d+$/),
    ]);
    expect(frames[0]).toMatchObject({ object: { namespace: "upf-core", name: "watched", resourceVersion: "1153" } });
    expect(frames[3]).toEqual({ type: "BOOKMARK", resourceVersion: "1155" });
    expect(seen?.path).toMatch(
      /^\/api\/v1\/configmaps\?watch=true&resourceVersion=1152&allowWatchBookmarks=true&timeoutSeconds=(2[4-9]\d|300)$/,
    );
  });

  it("decodes events", async () => {
    const { frames, error } = await watching(EVENTS, recorded("watch-events-core"));
    expect(error).toBeNull();
    expect(frames).toHaveLength(12);
    expect(frames[0]).toMatchObject({ type: "ADDED", object: { reason: "Scheduled" } });
  });

  it("takes a forgotten resource version, which comes as a frame of a good answer, for what it is", async () => {
    const { error, opened, frames } = await watching(PODS, recorded("watch-error-410-old-rv"), { from: "1" });
    expect(error).toMatchObject({ code: "UPSTREAM_ERROR", details: { status: 410 } });
    expect(isGone(error)).toBe(true);
    expect({ opened, frames }).toEqual({ opened: true, frames: [] });
  });

  it("is refused where the credentials may not watch", async () => {
    const { error, opened } = await watching(PODS, recorded("watch-forbidden"), { status: 403 });
    expect(error).toMatchObject({ code: "UPSTREAM_REFUSED", details: { status: 403 } });
    expect(isGone(error)).toBe(false);
    expect(opened).toBe(false);
  });
});

describe("watch", () => {
  const frame = (type: string, object: object) => `${JSON.stringify({ type, object })}\n`;
  const metadata = { name: "a", resourceVersion: "7" };

  it.each([
    ["text", "secret\n"],
    ["a frame of an unknown type", frame("SECRET", { metadata })],
    ["an object without a name", frame("ADDED", { metadata: { resourceVersion: "7" } })],
    ["an object without a version", frame("ADDED", { metadata: { name: "a" } })],
    ["a bookmark without a version", frame("BOOKMARK", { metadata: {} })],
  ])("ends at %s, after what came before", async (_, body) => {
    const { frames, error } = await watching(PODS, frame("ADDED", { metadata }) + body);
    expect(frames).toHaveLength(1);
    expect(error).toMatchObject({ code: "UPSTREAM_INVALID_ANSWER" });
    expect((error as Error).message).not.toMatch(/secret/i);
  });

  it("tells of other failures by their status", async () => {
    const busy = await watching(PODS, frame("ERROR", { kind: "Status", code: 429 }));
    expect(busy.error).toMatchObject({ code: "UPSTREAM_ERROR", details: { status: 429 } });
  });

  it("takes an unfinished frame for none", async () => {
    const { frames, error } = await watching(PODS, `${frame("ADDED", { metadata })}{"type":"ADDED","obj`);
    expect({ frames: frames.length, error }).toEqual({ frames: 1, error: null });
  });
});
