import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Where package.json is: the sources and what is built from them lie at different depths. */
export function packageRoot(): string {
  let directory = import.meta.dirname;
  while (!existsSync(join(directory, "package.json"))) directory = dirname(directory);
  return directory;
}

let known: string | undefined;

/** This product's version. */
export function productVersion(): string {
  known ??= String(
    (JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as { version: string }).version,
  );
  return known;
}
