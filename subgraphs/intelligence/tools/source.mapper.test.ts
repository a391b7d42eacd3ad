import { expect, it } from "vitest";
import { coverageOf, type Outcome, requireAnswer, sourcesOf } from "./source.mapper.ts";

const outcome = (clusterName: string, status: string, rest: Partial<Outcome> = {}): Outcome => ({
  clusterId: `id-${clusterName}`,
  clusterName,
  status,
  ...rest,
});
const timeout = outcome("b", "TIMEOUT", { error: { code: "UPSTREAM_TIMEOUT", message: "late" } });
const without = outcome("d", "SKIPPED", { skipReason: "NO_CAPABILITY" });

it("says who is missing from an answer, and who has nothing to be asked for", () => {
  const { answered, sentence, facts } = coverageOf([
    outcome("a", "SUCCESS"),
    timeout,
    outcome("c", "PARTIAL", { warnings: ["cut"] }),
    without,
  ]);
  expect(answered).toBe(2);
  expect(sentence).toBe(
    " 1 of 4 clusters did not answer: b (UPSTREAM_TIMEOUT). Answered in part only: c. 1 of 4 clusters have nothing of it to ask.",
  );
  expect(facts).toEqual({
    notAnswered: [{ cluster: "b", status: "TIMEOUT", reason: "UPSTREAM_TIMEOUT", message: "late" }],
    inPart: [{ cluster: "c", warnings: ["cut"] }],
    nothingToAsk: ["d"],
  });
  expect(coverageOf([outcome("a", "SUCCESS")])).toEqual({ answered: 1, sentence: "", facts: {} });
});

it("takes nobody's answer for none", () => {
  expect(() => requireAnswer([timeout, without])).toThrow("1 of 2 clusters did not answer: b");
  expect(() => requireAnswer([without])).not.toThrow();
  expect(() => requireAnswer([])).not.toThrow();
});

it("makes a source of each cluster", () => {
  const asked = { language: "PROMQL", query: "up", at: "2026-01-01T00:00:00Z" } as const;
  expect(sourcesOf([outcome("a", "SUCCESS"), timeout], asked)).toEqual([
    { id: "s1", clusterId: "id-a", clusterName: "a", ...asked, outcome: "SUCCESS" },
    { id: "s2", clusterId: "id-b", clusterName: "b", ...asked, outcome: "TIMEOUT" },
  ]);
});
