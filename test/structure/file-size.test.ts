import { expect, it } from "vitest";
import { isTest, read, sourceFiles } from "./source-files.ts";

const MOST_LINES = 250;

it(`no source file is longer than ${MOST_LINES} lines`, () => {
  const long = sourceFiles
    .filter((path) => !isTest(path))
    .map((path) => ({ path, lines: read(path).trimEnd().split("\n").length }))
    .filter(({ lines }) => lines > MOST_LINES)
    .map(({ path, lines }) => `${path} has ${lines} lines. Split it by what its parts know.`);
  expect(long).toEqual([]);
});
