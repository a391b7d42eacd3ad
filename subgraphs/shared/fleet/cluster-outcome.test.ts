import { describe, expect, it } from "vitest";
import type { OutcomeStatus, SkipReason } from "../kernel/outcome.ts";
import { clusterOutcome, isComplete, requireAnswers, requireInScope } from "./cluster-outcome.ts";

const target = { id: "a", name: "alpha" };
const row = (clusterId: string, status: OutcomeStatus) => ({
  clusterId,
  clusterName: clusterId,
  status,
  skipReason: null as SkipReason | null,
  error: status === "SUCCESS" ? null : { code: "UPSTREAM_TIMEOUT" as const, message: "Too slow.", retryable: true },
});
const ended = { status: "SUCCESS", startedAt: new Date(0), durationMs: 1, value: [1, 2] } as const;

describe("a cluster's outcome", () => {
  it("is what it was, with the answer's size", () => {
    expect(clusterOutcome(target, ended, ({ length }) => ({ rows: length, bytes: 9 }))).toMatchObject({
      clusterId: "a",
      status: "SUCCESS",
      rows: 2,
      bytes: 9,
      truncated: false,
      warnings: [],
      error: null,
    });
  });

  it("is PARTIAL where the backend warned, or rows were left out", () => {
    expect(clusterOutcome(target, ended, () => ({ rows: 2, warnings: ["store down"] })).status).toBe("PARTIAL");
    expect(clusterOutcome(target, ended, () => ({ rows: 2, truncated: true })).status).toBe("PARTIAL");
  });

  it("has no rows, and bytes that nobody counted, where there is no answer", () => {
    const failure = { code: "UPSTREAM_ERROR" as const, message: "No.", retryable: true };
    const outcome = { status: "ERROR", startedAt: new Date(0), durationMs: 1, failure } as const;
    expect(clusterOutcome(target, outcome, () => ({ rows: 5 }))).toMatchObject({
      rows: 0,
      bytes: null,
      error: failure,
    });
  });
});

describe("requireAnswers", () => {
  const mixed = [row("a", "SUCCESS"), row("b", "PARTIAL"), row("c", "TIMEOUT")];
  const code = (policy: Parameters<typeof requireAnswers>[1], rows = mixed): string | null => {
    try {
      requireAnswers(rows, policy);
      return null;
    } catch (error) {
      return (error as { code: string }).code;
    }
  };

  it("lets failures stand as rows, and no clusters be no error", () => {
    expect(code(null)).toBeNull();
    expect(code({ onPartial: "FAIL" }, [])).toBeNull();
    expect(isComplete(mixed)).toBe(false);
  });

  it("asks nothing of a cluster that has nothing of what was asked about", () => {
    const without = { ...row("d", "SKIPPED"), skipReason: "NO_CAPABILITY" as const };
    expect(isComplete([row("a", "SUCCESS"), without])).toBe(true);
    expect(code({ onPartial: "FAIL" }, [row("a", "SUCCESS"), without])).toBeNull();
    expect(code(null, [without])).toBeNull();
    expect(code(null, [row("a", "ERROR"), without])).toBe("NO_CLUSTER_SUCCEEDED");
  });

  it("fails where none answered", () => {
    expect(code(null, [row("a", "TIMEOUT"), row("b", "ERROR")])).toBe("NO_CLUSTER_SUCCEEDED");
  });

  it("holds the policy: all, these, or so many", () => {
    expect(code({ onPartial: "FAIL" })).toBe("INCOMPLETE");
    expect(code({ onPartial: "FAIL" }, [row("a", "SUCCESS")])).toBeNull();
    expect(code({ requiredClusterIds: ["a"] })).toBeNull();
    expect(code({ requiredClusterIds: ["b"] })).toBe("INCOMPLETE");
    expect(code({ requiredClusterIds: ["not in scope"] })).toBe("INCOMPLETE");
    expect(code({ minClusters: 2 })).toBeNull();
    expect(code({ minClusters: 3 })).toBe("INCOMPLETE");
  });
});

it("only who is asked can be required to answer", () => {
  const targets = [{ id: "a" }, { id: "b" }];
  for (const policy of [null, {}, { requiredClusterIds: ["b"] }])
    expect(() => requireInScope(targets, policy)).not.toThrow();
  expect(() => requireInScope(targets, { requiredClusterIds: ["a", "c"] })).toThrow(
    expect.objectContaining({
      code: "BAD_USER_INPUT",
      details: expect.objectContaining({ requiredClusterIds: ["c"] }),
    }),
  );
});
