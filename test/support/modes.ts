import { describe } from "vitest";
import { postgresqlProblem } from "./database.ts";
import type { Mode } from "./graph.ts";
import { HIVE_PLANNER } from "./hive.ts";
import { redisProblem } from "./redis.ts";

const OVER_HTTP = HIVE_PLANNER ? `through Hive Gateway (${HIVE_PLANNER})` : "over HTTP";

/**
 * The same tests in one process and over HTTP; with TEST_GATEWAY=hive or hive-rust only the latter, through that gateway. It needs PostgreSQL and Redis: without, it is skipped by name, or fails with REQUIRE_SERVICES=1.
 */
export async function describeModes(title: string, body: (mode: Mode) => void): Promise<void> {
  if (!HIVE_PLANNER) describe(`${title}, in one process`, () => body("in one process"));
  const problem = process.env["REQUIRE_SERVICES"] === "1" ? undefined : await servicesProblem();
  const suffix = problem === undefined ? "" : ` (skipped: ${problem})`;
  describe.skipIf(problem !== undefined)(`${title}, ${OVER_HTTP}${suffix}`, () => body("over HTTP"));
}

/** Why what processes share cannot be used here, or undefined. */
export const servicesProblem = async (): Promise<string | undefined> =>
  (await redisProblem()) ?? (await postgresqlProblem());
