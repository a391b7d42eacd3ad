import { expect, it } from "vitest";
import { levelOf } from "./log-level.ts";

it.each([
  ["warning", "all is well", "WARN"],
  ["Error", "all is well", "ERROR"],
  ["info", "error: none", "OTHER"],
  [null, "2026-01-29 12:00:00 ERROR could not connect", "ERROR"],
  [null, "INFO: no error found", "OTHER"],
  [null, '{"ts":1,"caller":"a very long caller","level":"error","msg":"x"}', "ERROR"],
  [null, 'time="x" level=warning msg="y"', "WARN"],
  [null, "E0129 12:00:00.000000 1 reflector.go:1] failed", "ERROR"],
  [null, "I0129 12:00:00.000000 1 main.go:1] error budget fine", "OTHER"],
  [null, "GET /errors/17 200", "OTHER"],
  [null, "", "OTHER"],
] as const)("%s, %j is %s", (level, message, expected) => {
  expect(levelOf({ level, message })).toBe(expected);
});
