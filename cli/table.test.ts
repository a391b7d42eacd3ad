import { expect, it } from "vitest";
import { table } from "./table.ts";

it("makes columns as wide as they need, and lets nothing of a cell reach the terminal as a command", () => {
  expect(
    table(
      ["NAME", "SCORE", "ERROR"],
      [
        ["a", 100, null],
        ["longer-name", 0, "two\nlines \u001b[31mred"],
      ],
    ),
  ).toBe(`NAME         SCORE  ERROR\na            100    -\nlonger-name  0      two lines [31mred\n`);
});
