import { describe, expect, it } from "vitest";
import { ObjectCache } from "./snapshot.ts";

const object = (path: string, resourceVersion = "1", uid = path) => {
  const [namespace = null, name = ""] = path.includes("/") ? path.split("/") : [null, path];
  return { namespace, name, uid, resourceVersion };
};
const told = (changes: readonly { type: string; object: { namespace: string | null; name: string } }[]) =>
  changes.map(({ type, object: { namespace, name } }) => `${type} ${namespace ?? ""}/${name}`);
const AT = new Date("2026-01-01T00:00:00Z");

describe("ObjectCache", () => {
  it("tells how a listing differs from what was known: what vanished, what came, what changed", () => {
    const cache = new ObjectCache();
    expect(told(cache.replace([object("a/1"), object("a/2"), object("a/3")]))).toEqual([
      "ADDED a/1",
      "ADDED a/2",
      "ADDED a/3",
    ]);
    expect(told(cache.replace([object("a/2"), object("a/3", "2"), object("b/1")]))).toEqual([
      "DELETED a/1",
      "MODIFIED a/3",
      "ADDED b/1",
    ]);
    expect(cache.replace([object("a/2"), object("a/3", "2"), object("b/1")])).toEqual([]);
  });

  it("takes another object under the same name for another object", () => {
    const cache = new ObjectCache();
    cache.replace([object("a/1", "1", "first")]);
    const changes = cache.replace([object("a/1", "2", "second")]);
    expect(changes.map(({ type, object: { uid } }) => [type, uid])).toEqual([
      ["DELETED", "first"],
      ["ADDED", "second"],
    ]);
  });

  it("takes frames, and tells nothing twice", () => {
    const cache = new ObjectCache();
    cache.replace([object("a/1")]);
    expect(cache.apply("ADDED", object("a/1"))).toBeNull();
    expect(cache.apply("ADDED", object("a/1", "2"))?.type).toBe("MODIFIED");
    expect(cache.apply("MODIFIED", object("a/2"))?.type).toBe("ADDED");
    expect(cache.apply("DELETED", object("a/3"))).toBeNull();
    expect(cache.apply("DELETED", object("a/1", "3"))?.type).toBe("DELETED");
    expect(cache.snapshot(AT).objects).toEqual([object("a/2")]);
    expect(cache.size).toBe(1);
  });

  it("gives out snapshots that stay as they are, by namespace and then name", () => {
    const cache = new ObjectCache();
    cache.replace([object("ab/1"), object("a-b/1"), object("a/2"), object("z"), object("a/10"), object("a/1")]);
    const before = cache.snapshot(AT);
    cache.apply("DELETED", object("a/1"));
    cache.apply("ADDED", object("a/0"));
    const names = (snapshot: typeof before) => snapshot.objects.map(({ namespace, name }) => `${namespace}/${name}`);
    expect(names(before)).toEqual(["null/z", "a/1", "a/10", "a/2", "a-b/1", "ab/1"]);
    expect(names(cache.snapshot(AT))).toEqual(["null/z", "a/0", "a/10", "a/2", "a-b/1", "ab/1"]);
    for (const one of before.objects) expect(before.get(one.namespace, one.name)).toBe(one);
    for (const [namespace, name] of [
      ["a", "0"],
      ["a", "3"],
      [null, "a"],
      ["zz", "1"],
      ["", ""],
    ] as const)
      expect(before.get(namespace, name)).toBeUndefined();
    expect(new ObjectCache().snapshot(AT).get("a", "1")).toBeUndefined();
  });
});
