import { describe, expect, it } from "vitest";
import { filesUnder, isTest, read, sourceFiles } from "./source-files.ts";

/** Programs whose output people read; everything else logs. */
const COMMAND_LINES = [
  "bench/main.ts",
  "demo/main.ts",
  "gateway/demo.ts",
  "gateway/run-all-in-one.ts",
  "scripts/schema.ts",
  "subgraphs/run-subgraph.ts",
  "subgraphs/shared/kernel/node-version.ts",
  "subgraphs/shared/kernel/operator-error.ts",
];
const THIS = "test/structure/no-forbidden-text.test.ts";
const BINARY = /\.(png|jpg|gz|ico|woff2?)$/;

const everywhere = filesUnder(".").filter((path) => path !== THIS && path !== "LICENSE" && !BINARY.test(path));

/** "path:line: text" of each line that matches. */
function linesWith(paths: readonly string[], pattern: RegExp): string[] {
  return paths.flatMap((path) =>
    read(path)
      .split("\n")
      .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim().slice(0, 120)}`] : [])),
  );
}

describe("nothing in the repository", () => {
  it("names a place of one machine", () => {
    const found = linesWith(everywhere, /(?<![\w.~:/-])\/(work|root|home|Users)\/\w/);
    expect(found, "Paths are relative to the repository, or come from configuration.").toEqual([]);
  });

  it("names a package registry", () => {
    const found = linesWith(
      everywhere,
      /registry\.(npmjs|yarnpkg)\.|npm\.pkg\.github\.com|^\s*(@[\w-]+:)?registry\s*=|"resolved":/,
    );
    expect(found, "Where packages come from is each user's own configuration.").toEqual([]);
  });

  it("pulls an image from a registry by its host", () => {
    const found = linesWith(["Dockerfile", "docker-compose.yml"], /(^FROM|^\s*image:)\s+\S*\.\S*\//);
    expect(found, "Images are named plainly: where they come from is each user's own configuration.").toEqual([]);
  });

  it("is left for later", () => {
    const found = linesWith(everywhere, /\b(TODO|FIXME|XXX)\b/);
    expect(found, "Do it, or write an issue.").toEqual([]);
  });
});

describe("the product", () => {
  const product = sourceFiles.filter((path) => !isTest(path));

  it("writes to the console only where a person reads it", () => {
    const found = linesWith(
      product.filter((path) => !COMMAND_LINES.includes(path)),
      /\bconsole\.\w+\(/,
    );
    expect(found, "Log with the process's logger. A new command line is named in this test.").toEqual([]);
  });

  it("has every command line that this test names", () => {
    expect(COMMAND_LINES.filter((path) => !product.includes(path))).toEqual([]);
  });
});
