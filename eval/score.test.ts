import { describe, expect, it } from "vitest";
import type { EvalQuestion, Truth } from "./question.ts";
import { QUESTIONS } from "./questions/index.ts";
import { type EvalAnswer, scoreOf, totalOf } from "./score.ts";

const QUESTION: EvalQuestion = {
  scene: "first",
  ask: ["why?"],
  tools: {
    all: ["find_root_cause"],
    any: ["get_alerts", "query_logs"],
    fine: ["list_pods"],
    never: ["create_silence"],
  },
  verdict: /cart/,
  facts: () => [/nil_pointer/],
  forbidden: () => [/lab-gpu-1/],
};
const ANSWER: EvalAnswer = {
  status: "COMPLETE",
  content: "**shop/cart panics: nil\\_pointer**",
  model: null,
  tools: ["get_alerts", "find_root_cause", "find_root_cause"],
  citations: 1,
  milliseconds: 5,
};
const scored = (given: Partial<EvalAnswer>) => scoreOf(QUESTION, { ...ANSWER, ...given }, {} as Truth);

describe("a score", () => {
  it("is full for the tools and facts that are expected, escaped or not", () => {
    expect(scored({})).toMatchObject({ precision: 1, recall: 1, facts: 1, passed: true, remarks: "" });
  });

  it.each<[string, Partial<EvalAnswer>, object]>([
    ["a tool that is missing", { tools: ["get_alerts"] }, { recall: 0.5, remarks: "no find_root_cause" }],
    ["none of several", { tools: ["find_root_cause"] }, { recall: 0.5, remarks: "none of get_alerts, query_logs" }],
    [
      "a tool too many",
      { tools: ["get_alerts", "find_root_cause", "get_trace", "list_pods"] },
      { precision: 0.75, passed: true },
    ],
    [
      "a tool that is wrong",
      { tools: ["get_alerts", "find_root_cause", "create_silence"] },
      { precision: 0, passed: false },
    ],
    ["a fact that is missing", { content: "cart is broken" }, { facts: 0.5, passed: false }],
    ["a finding that comes late", { content: `${"x".repeat(700)} cart nil_pointer` }, { facts: 0.5, passed: false }],
    ["what must not be said", { content: `${ANSWER.content} lab-gpu-1` }, { facts: 0, passed: false }],
    ["another end", { status: "FAILED" }, { passed: false, remarks: "ended FAILED" }],
  ])("counts %s", (_, answer, expected) => {
    expect(scored(answer)).toMatchObject(expected);
  });

  it("adds up", () => {
    const total = totalOf([scored({}), scored({ tools: ["get_alerts"], milliseconds: 9 })]);
    expect(total).toMatchObject({ questions: 2, passed: 1, precision: 1, recall: 0.75, facts: 1, medianMs: 9 });
    expect(total.score).toBeCloseTo(0.9167, 4);
  });
});

describe("the questions", () => {
  it("are many, and no two are the same", () => {
    const asked = QUESTIONS.map(({ ask, clusters = [] }) => [...ask, ...clusters].join(" / "));
    expect(asked.length).toBeGreaterThanOrEqual(40);
    expect(new Set(asked).size).toBe(asked.length);
  });

  it("want no tool that they forbid", () => {
    for (const { ask, tools } of QUESTIONS) {
      const wanted: readonly string[] = [...(tools.all ?? []), ...(tools.any ?? []), ...(tools.fine ?? [])];
      expect(
        wanted.filter((name) => (tools.never as readonly string[] | undefined)?.includes(name)),
        ask[0],
      ).toEqual([]);
    }
  });
});
