import { describe } from "vitest";
import { postgresqlProblem } from "./database.ts";
import type { Mode } from "./graph.ts";
import { redisProblem } from "./redis.ts";

/** The same tests in one process and over HTTP. The latter needs PostgreSQL and Redis: without, it is skipped by name, or fails with REQUIRE_SERVICES=1. */
export async function describeModes(title: string, body: (mode: Mode) => void): Promise<void> {
  describe(`${title}, in one process`, () => body("in one process"));
  const problem = process.env["REQUIRE_SERVICES"] === "1" ? undefined : await servicesProblem();
  const suffix = problem === undefined ? "" : ` (skipped: ${problem})`;
  describe.skipIf(problem !== undefined)(`${title}, over HTTP${suffix}`, () => body("over HTTP"));
}

/** Why what processes share cannot be used here, or undefined. */
export const servicesProblem = async (): Promise<string | undefined> =>
  (await redisProblem()) ?? (await postgresqlProblem());
