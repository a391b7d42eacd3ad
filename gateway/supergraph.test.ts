import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "graphql";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { packageRoot } from "../subgraphs/shared/kernel/package-root.ts";
import { log, smallFleet } from "../test/support/gateway/small-fleet.ts";
import { composeSupergraph } from "./composition.ts";
import { preflight, supergraphOf } from "./supergraph.ts";
import { watchedSupergraph } from "./supergraph-file.ts";

const WAIT = { timeout: 10_000, interval: 10 };
const LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])';
const subgraph = (name: string, sdl: string) => ({
  name,
  url: `http://${name}/graphql`,
  typeDefs: parse(`${LINK} ${sdl}`),
});

describe("composition", () => {
  test("gives an SDL that can serve, and the hints", () => {
    const { sdl, hints } = composeSupergraph([
      subgraph(
        "a",
        'type Query { t: T } type T @key(fields: "id") { id: ID! } "Here so." enum E { X } type U { e: E }',
      ),
      subgraph("b", 'type T @key(fields: "id") { id: ID! n: Int } "There so." enum E { X } type V { e: E }'),
    ]);
    expect(() => preflight(sdl)).not.toThrow();
    expect(hints).toEqual([expect.stringMatching(/^INCONSISTENT_DESCRIPTION: .*"E"/)]);
  });

  test("lists every reason why subgraphs do not fit", () => {
    const compose = () =>
      composeSupergraph([
        subgraph("a", "type Query { t: T u: Int } type T { id: ID! }"),
        subgraph("b", "type Query { u: Int } type T { id: ID! }"),
      ]);
    expect(compose).toThrow(
      /^The subgraphs do not compose:\n {2}INVALID_FIELD_SHARING: .*\n {2}INVALID_FIELD_SHARING: /,
    );
  });

  test("is that of the release where the schemas are, and else made anew", async () => {
    const folder = join(packageRoot(), "schema");
    const released = await Promise.all(
      ["clusters", "observability", "gpu", "intelligence", "events"].map(async (name) => {
        const typeDefs = parse(await readFile(join(folder, `${name}.graphql`), "utf8"));
        return { name, url: `http://${name}/graphql`, typeDefs };
      }),
    );
    expect(await supergraphOf(released)).toBe(await readFile(join(folder, "supergraph.graphql"), "utf8"));
    const others = [subgraph("events", "type Query { t: Int }"), subgraph("gpu", "type Query { u: Int }")];
    expect(await supergraphOf(others)).toBe(composeSupergraph(others).sdl);
  });

  test("an SDL with a broken join is found out before it serves", () => {
    const sdl = smallFleet().supergraph();
    expect(() => preflight(sdl)).not.toThrow();
    expect(() => preflight(sdl.replace('requires: "name"', 'requires: "nothing"'))).toThrow(/nothing/);
    expect(() => preflight("type Query { a: Int }")).toThrow(/supergraph/);
  });
});

describe("a supergraph file", () => {
  async function directory(): Promise<string> {
    const path = await mkdtemp(join(tmpdir(), "supergraph-"));
    onTestFinished(() => rm(path, { recursive: true }));
    return path;
  }

  async function watched(path: string, pollMs: number) {
    const changes: string[] = [];
    const { sdl, close } = await watchedSupergraph(path, { log, pollMs }).load((next) => changes.push(next));
    onTestFinished(close);
    return { sdl, changes, close };
  }

  test("that is written anew is read again, once", async () => {
    const path = join(await directory(), "supergraph.graphql");
    await writeFile(path, "first");
    const { sdl, changes } = await watched(path, 60_000);
    expect(sdl).toBe("first");
    await writeFile(path, "second");
    await vi.waitFor(() => expect(changes).toEqual(["second"]), WAIT);
    await writeFile(path, "second");
    await writeFile(path, "third");
    await vi.waitFor(() => expect(changes).toEqual(["second", "third"]), WAIT);
  });

  test("that Kubernetes swaps by a symbolic link is read again", async () => {
    const mount = await directory();
    for (const [version, sdl] of [
      ["..v1", "first"],
      ["..v2", "second"],
    ] as const) {
      await mkdir(join(mount, version));
      await writeFile(join(mount, version, "supergraph.graphql"), sdl);
    }
    await symlink("..v1", join(mount, "..data"));
    await symlink(join("..data", "supergraph.graphql"), join(mount, "supergraph.graphql"));
    const { changes } = await watched(join(mount, "supergraph.graphql"), 60_000);
    await symlink("..v2", join(mount, "..data_tmp"));
    await rename(join(mount, "..data_tmp"), join(mount, "..data"));
    await vi.waitFor(() => expect(changes).toEqual(["second"]), WAIT);
  });

  test("that is gone for a while keeps the last, and is polled", async () => {
    const place = await directory();
    await mkdir(join(place, "real"));
    const path = join(place, "real", "supergraph.graphql");
    await writeFile(path, "first");
    // Watching goes by the link's directory, which never changes: only polling sees through it.
    await mkdir(join(place, "link"));
    await symlink(path, join(place, "link", "supergraph.graphql"));
    const { changes } = await watched(join(place, "link", "supergraph.graphql"), 20);
    await rm(path);
    await writeFile(path, "second");
    await vi.waitFor(() => expect(changes).toEqual(["second"]), WAIT);
  });

  test("that is not there stops the start, and says what to set", async () => {
    const path = join(await directory(), "none.graphql");
    await expect(watchedSupergraph(path, { log }).load(() => {})).rejects.toThrow(
      /cannot be read \(ENOENT\).*AIOPS_SUPERGRAPH/,
    );
  });
});
