import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Deployment } from "../../bench/faults/deployment.ts";
import { type Figures, runFaults } from "../../bench/faults/run-faults.ts";
import { NO_ANSWER } from "../../bench/faults/tally.ts";
import { postgresqlProblem } from "../support/database.ts";
import { missingPrograms } from "../support/prometheus.ts";

const missing = missingPrograms("redis-server");
const problem = missing.length > 0 ? "no redis-server" : await postgresqlProblem();
if (problem && process.env["REQUIRE_SERVICES"] === "1") throw new Error(problem);

describe.skipIf(problem !== undefined)(`Load and faults at once${problem ? ` (skipped: ${problem})` : ""}`, () => {
  let deployment: Deployment;
  let figures: Figures;

  // Twelve processes begin on an empty database together.
  beforeAll(async () => {
    deployment = await Deployment.start({ demoClusters: 2 });
    figures = await runFaults(deployment, { minutes: 0, patienceMs: 120_000 });
  }, 900_000);
  afterAll(() => deployment?.[Symbol.asyncDispose](), 60_000);

  it("lose no write that was acknowledged", () => {
    expect(figures.acknowledged).toBeGreaterThan(50);
    expect(figures.lost).toEqual([]);
  });

  it("lose no event silently, and repeat none", () => {
    expect(figures.events).toBeGreaterThan(50);
    expect(figures.lostEvents).toEqual([]);
    expect(figures.repeatedEvents).toBe(0);
    // Redis came back empty once, and each follower was told so.
    expect(figures.gaps).toBeGreaterThanOrEqual(figures.followers);
  });

  it("answer with codes that say what to do", () => {
    expect(figures.uncoded).toEqual([]);
    for (const { fault, codes } of figures.faults) {
      const unanswered = codes[NO_ANSWER] ?? 0;
      // A request that sets out on an idle connection while this is being closed finds nobody there.
      if (/good order/.test(fault)) expect(unanswered, fault).toBeLessThanOrEqual(2);
      // Otherwise only a process that was asked and died says nothing.
      else if (!/gateway|observability/.test(fault)) expect(unanswered, fault).toBe(0);
    }
  });

  it("keep no more memory than before", () => {
    expect(figures.memory.length).toBeGreaterThan(4);
    for (const { part, keptBefore, keptAfter } of figures.memory)
      expect(keptAfter, `${part}: MiB`).toBeLessThan(keptBefore * 1.5 + 40);
  });
});
