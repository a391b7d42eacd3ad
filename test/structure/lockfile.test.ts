import { expect, it } from "vitest";
import { z } from "zod";
import { read } from "./source-files.ts";

const Lockfile = z.object({
  packages: z.record(
    z.string(),
    z.object({ optionalDependencies: z.record(z.string(), z.string()).optional(), resolved: z.string().optional() }),
  ),
});
type Lockfile = z.infer<typeof Lockfile>;

/** Whether a package installed at `path` would find `name`: beside it, or beside one it lies in. */
function isLocked({ packages }: Lockfile, path: string, name: string): boolean {
  const inside = path === "" ? "" : `${path}/`;
  if (`${inside}node_modules/${name}` in packages) return true;
  if (path === "") return false;
  const end = path.lastIndexOf("/node_modules/");
  return isLocked({ packages }, end < 0 ? "" : path.slice(0, end), name);
}

const missingOptional = (lockfile: Lockfile): string[] =>
  Object.entries(lockfile.packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => !isLocked(lockfile, path, name))
      .map((name) => `${path || "package.json"} wants ${name}, which has no entry`),
  );

const LOCKFILES = ["package-lock.json", "bench/peers/package-lock.json"].map((path) => ({
  path,
  lockfile: Lockfile.parse(JSON.parse(read(path))),
}));

it.each(LOCKFILES)("$path has every optional package, of every platform", ({ lockfile }) => {
  // npm install drops one that it cannot have, without a word; then npm ci refuses the lockfile everywhere.
  const advice = "Pin a version whose every optional package can be had, then: rm -rf node_modules && npm ci";
  expect(missingOptional(lockfile), advice).toEqual([]);
});

it.each(LOCKFILES)("$path names no place to download from", ({ lockfile }) => {
  const placed = Object.entries(lockfile.packages).filter(([, { resolved }]) => resolved !== undefined);
  expect(placed.map(([path]) => path)).toEqual([]);
});

it("an optional package without an entry is found", () => {
  const packages = {
    "": {},
    "node_modules/a": { optionalDependencies: { b: "1", c: "1", d: "1" } },
    "node_modules/b": {},
    "node_modules/a/node_modules/c": { optionalDependencies: { b: "1" } },
  };
  expect(missingOptional({ packages })).toEqual(["node_modules/a wants d, which has no entry"]);
});
