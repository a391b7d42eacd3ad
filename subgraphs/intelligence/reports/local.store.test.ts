import { randomUUID } from "node:crypto";
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LocalReportStore } from "./local.store.ts";
import { reportOf } from "./report.store.ts";

const signal = new AbortController().signal;
const bytes = new TextEncoder().encode("a report");
const nameOf = (id: string, turn = 1): string => `${id}-${turn}.json`;

describe("a directory of reports", () => {
  let root: string;
  let directory: string;
  let store: LocalReportStore;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "aiops-reports-"));
    directory = join(root, "made", "when", "needed");
    store = new LocalReportStore(directory);
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  const read = async (name: string): Promise<string | null> => {
    const stream = await store.get(name, signal);
    return stream && (await new Response(stream).text());
  };

  it("gives back what was put, and nothing after that was deleted", async () => {
    const name = nameOf(randomUUID());
    expect(await read(name)).toBeNull();
    await store.put(name, bytes);
    expect(await read(name)).toBe("a report");
    await store.put(name, new TextEncoder().encode("another"));
    expect(await read(name)).toBe("another");
    await store.delete(name);
    await store.delete(name);
    expect(await read(name)).toBeNull();
    expect(await readdir(directory)).toEqual([]);
  });

  it("is for this user's eyes only", async () => {
    const name = nameOf(randomUUID());
    await store.put(name, bytes);
    expect((await stat(join(directory, name))).mode & 0o077).toBe(0);
    expect((await stat(directory)).mode & 0o077).toBe(0);
  });

  it.each(["../outside.json", "/etc/passwd", "a/b.json", `${randomUUID()}-1.json/../x`, `${randomUUID()}-1.exe`, ""])(
    "makes no path of %j",
    async (name) => {
      await expect(store.put(name, bytes)).rejects.toThrow("no name of a stored report");
      await expect(store.get(name, signal)).rejects.toThrow("no name of a stored report");
      await expect(store.delete(name)).rejects.toThrow("no name of a stored report");
      expect(await readdir(root)).toEqual([]);
    },
  );

  it("lists all of it in parts, also what was never finished", async () => {
    expect(await store.list(null)).toEqual({ items: [], next: null });
    const names = Array.from({ length: 501 }, () => nameOf(randomUUID())).sort();
    await store.put(names[0] ?? "", bytes);
    for (const name of names.slice(1)) await writeFile(join(directory, name), "");
    const unfinished = nameOf(randomUUID(), 2);
    await writeFile(join(directory, `${unfinished}.part`), "half of");
    const first = await store.list(null);
    expect(first.items).toHaveLength(500);
    const second = await store.list(first.next);
    expect(second.next).toBeNull();
    const listed = [...first.items, ...second.items].map(({ name }) => name);
    expect(listed).toEqual([...names, unfinished].sort());
    await store.delete(unfinished);
    expect(await readdir(directory)).toHaveLength(501);
  });

  it("knows whose a name is", () => {
    const id = randomUUID();
    expect(reportOf(nameOf(id, 12))).toBe(id);
    expect(reportOf("notes.txt")).toBeNull();
  });
});
