import { describe, expect, it } from "vitest";
import { clusterSpec } from "../catalogue.ts";
import type { Answer } from "../server/answer.ts";
import { call } from "../testing/call.ts";
import { lacking, recording } from "../testing/recordings.ts";
import { buildWorld } from "../world/world.ts";
import { kubernetesHandler } from "./api.ts";
import { Ledger } from "./ledger.ts";

const TOKEN = "the-token";
const NOW = Date.UTC(2026, 5, 1);

interface Frame {
  type: string;
  object: { metadata: { name: string; resourceVersion: string; uid?: string }; [field: string]: unknown };
}

function cluster(index = 1) {
  const world = buildWorld(clusterSpec(1, index));
  const ledger = new Ledger(world);
  const handler = kubernetesHandler(world, new Set([TOKEN]), ledger);
  const ask = (path: string, now = NOW) => call(handler, path, { token: TOKEN, now });
  const list = (path: string, now = NOW) =>
    ask(path, now).data as { metadata: { resourceVersion: string }; items: Frame["object"][] };
  return { ledger, ask, list };
}

const frames = (text: string): Frame[] =>
  text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Frame]));

/** Follows an answer that goes on. */
function follow({ body, stream }: Answer) {
  let text = body;
  let ended = false;
  const stop = stream?.({
    write: (chunk) => {
      text += chunk;
    },
    end: () => {
      ended = true;
    },
  });
  return {
    told: () => frames(text).map(({ type, object }) => `${type} ${object.metadata.name}`),
    frames: () => frames(text),
    ended: () => ended,
    stop: () => stop?.(),
  };
}

describe("a watch", () => {
  it("without a version begins with what there is", () => {
    const { ask, list } = cluster();
    for (const from of ["", "&resourceVersion=0"]) {
      const watch = follow(ask(`/api/v1/namespaces?watch=true${from}`));
      expect(watch.told()).toEqual(list("/api/v1/namespaces").items.map(({ metadata: { name } }) => `ADDED ${name}`));
      watch.stop();
    }
  });

  it("has frames of the recorded shape", () => {
    const { ask } = cluster();
    const watch = follow(ask("/api/v1/pods?watch=true"));
    const real = recording("kubernetes-1.36", "watch-no-resource-version").answer as Frame[];
    const varies = /ownerReferences|hostIP|state|lastState|reason|message|managedFields|generation/;
    const fixed = (keys: string[]) => keys.filter((key) => !varies.test(key));
    expect(fixed(lacking(real, watch.frames()))).toEqual([]);
    expect(fixed(lacking(watch.frames(), real))).toEqual([]);
    watch.stop();
  });

  it("goes on from a list: what comes, changes and goes, each under a version of its own", () => {
    const { ledger, ask, list } = cluster();
    const { metadata } = list("/api/v1/pods");
    ledger.pods.put("extra", "a", "steady");
    ledger.pods.put("extra", "b", "steady");
    const watch = follow(ask(`/api/v1/pods?watch=true&resourceVersion=${metadata.resourceVersion}`));
    expect(watch.told()).toEqual(["ADDED a", "ADDED b"]);
    ledger.pods.put("extra", "a", "crashing");
    ledger.pods.delete("extra", "b");
    expect(watch.told().slice(2)).toEqual(["MODIFIED a", "DELETED b"]);
    const versions = watch.frames().map(({ object }) => Number(object.metadata.resourceVersion));
    expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
    watch.stop();
    ledger.pods.delete("extra", "a");
    expect(watch.told()).toHaveLength(4);

    const again = follow(ask(`/api/v1/pods?watch=true&resourceVersion=${versions[1]}`));
    expect(again.told()).toEqual(["MODIFIED a", "DELETED b", "DELETED a"]);
    again.stop();
  });

  it("shows what time changes: a container that was started again", () => {
    const { ask, list } = cluster(3);
    const { metadata } = list("/api/v1/namespaces/upf-core/pods");
    const watch = follow(
      ask(`/api/v1/namespaces/upf-core/pods?watch=true&resourceVersion=${metadata.resourceVersion}`, NOW + 301_000),
    );
    expect(watch.told()).toEqual(["MODIFIED smf-0"]);
    watch.stop();
  });

  it("with a selector tells of what enters and leaves the selection", () => {
    const { ledger, ask, list } = cluster();
    const { metadata } = list("/api/v1/pods");
    const selector = encodeURIComponent("status.phase=Failed");
    const watch = follow(
      ask(`/api/v1/pods?watch=true&resourceVersion=${metadata.resourceVersion}&fieldSelector=${selector}`),
    );
    ledger.pods.put("extra", "a", "steady");
    ledger.pods.put("extra", "a", "failed");
    ledger.pods.put("extra", "a", "succeeded");
    expect(watch.told()).toEqual(["ADDED a", "DELETED a"]);
    watch.stop();
  });

  it("of a forgotten version is told so, in a frame of a good answer", () => {
    const { ledger, ask, list } = cluster();
    const { metadata } = list("/api/v1/pods");
    const path = `/api/v1/pods?watch=true&resourceVersion=${metadata.resourceVersion}`;
    ledger.pods.put("extra", "a", "steady");
    ledger.compact();
    const answer = ask(path);
    const watch = follow(answer);
    const [real] = recording("kubernetes-1.36", "watch-error-410-old-rv").answer as Frame[];
    expect([answer.status, watch.ended()]).toEqual([200, true]);
    expect(watch.frames()).toHaveLength(1);
    expect(watch.frames()[0]).toMatchObject({ type: "ERROR", object: { code: 410, reason: "Expired" } });
    expect(lacking(real, watch.frames()[0])).toEqual([]);
    const fresh = list("/api/v1/pods").metadata.resourceVersion;
    const after = follow(ask(`/api/v1/pods?watch=true&resourceVersion=${fresh}`));
    expect([after.told(), after.ended()]).toEqual([[], false]);
    after.stop();
  });

  it("forgets the oldest changes by itself", () => {
    const { ledger, ask, list } = cluster();
    const { metadata } = list("/api/v1/pods");
    const names = Array.from({ length: 501 }, (_, index) => `p-${index}`);
    for (const name of names) ledger.pods.put("extra", name, "steady");
    list("/api/v1/pods");
    for (const name of names) ledger.pods.delete("extra", name);
    const watch = follow(ask(`/api/v1/pods?watch=true&resourceVersion=${metadata.resourceVersion}`));
    expect(watch.frames()[0]).toMatchObject({ type: "ERROR", object: { code: 410 } });
  });

  it("ends when it was asked to, with a bookmark", async () => {
    const { ask, list } = cluster();
    const { resourceVersion } = list("/api/v1/namespaces").metadata;
    const answer = ask(
      `/api/v1/namespaces?watch=true&resourceVersion=${resourceVersion}&allowWatchBookmarks=true&timeoutSeconds=1`,
    );
    const told = await new Promise<string>((resolve) => {
      let text = "";
      answer.stream?.({
        write: (chunk) => {
          text += chunk;
        },
        end: () => resolve(text),
      });
    });
    expect(frames(told)).toEqual([
      {
        type: "BOOKMARK",
        object: { kind: "Namespace", apiVersion: "v1", metadata: { resourceVersion: expect.any(String) } },
      },
    ]);
  });
});

describe("pods changed by hand", () => {
  it("are listed, and found by their names", () => {
    const { ledger, ask, list } = cluster();
    const before = list("/api/v1/pods").items.length;
    ledger.pods.put("extra", "a", "pending");
    expect(list("/api/v1/pods").items).toHaveLength(before + 1);
    const first = ask("/api/v1/namespaces/extra/pods/a").data as Frame["object"];
    expect(first).toMatchObject({ kind: "Pod", metadata: { namespace: "extra", name: "a" } });
    ledger.pods.delete("extra", "a");
    expect(ask("/api/v1/namespaces/extra/pods/a").status).toBe(404);
    ledger.pods.put("extra", "a", "steady");
    const second = ask("/api/v1/namespaces/extra/pods/a").data as Frame["object"];
    expect(second.metadata.uid).not.toBe(first.metadata.uid);
    expect(() => ledger.pods.delete("extra", "b")).toThrow("there is no pod extra/b");
  });
});

describe("events", () => {
  it("are of the recorded shape, sorted, and of the last hour", () => {
    const { ask } = cluster(3);
    const ours = ask("/api/v1/events");
    const real = recording("kubernetes-1.36", "events-core-list");
    // Which subjects have a uid or a part of them varies.
    const fixed = (keys: string[]) => keys.filter((key) => !/managedFields|involvedObject|eventTime|related/.test(key));
    expect(fixed(lacking(real.answer, ours.data))).toEqual([]);
    expect(fixed(lacking(ours.data, real.answer))).toEqual([]);
    const { items } = ours.data as { items: { lastTimestamp: string; reason: string; involvedObject: object }[] };
    for (const { lastTimestamp } of items) {
      expect(Date.parse(lastTimestamp)).toBeGreaterThan(NOW - 3600_000);
      expect(Date.parse(lastTimestamp)).toBeLessThanOrEqual(NOW);
    }
    expect(items).toContainEqual(
      expect.objectContaining({
        reason: "BackOff",
        type: "Warning",
        involvedObject: expect.objectContaining({ kind: "Pod", name: "smf-0" }),
      }),
    );
    const selector = encodeURIComponent("involvedObject.name=smf-0,reason=BackOff");
    expect(
      (ask(`/api/v1/namespaces/upf-core/events?fieldSelector=${selector}`).data as typeof ours & { items: [] }).items,
    ).toHaveLength(1);
  });
});
