import type { EvalQuestion, Truth } from "./question.ts";

/** What came of asking. */
export interface EvalAnswer {
  status: string;
  content: string;
  model: string | null;
  tools: readonly string[];
  citations: number;
  milliseconds: number;
}

export interface Score {
  question: string;
  /** Of the tools that were called, those that have to do with the question; 0 where one was wrong. */
  precision: number;
  /** Of the tools that it takes, those that were called. */
  recall: number;
  /** Of the facts, those that the answer has; 0 where it says something that is wrong. */
  facts: number;
  /** All tools, all facts, nothing wrong, and the right end. */
  passed: boolean;
  milliseconds: number;
  /** What is missing or wrong. */
  remarks: string;
}

/** Characters in which the finding has to come. */
const BEGINNING = 600;

const share = (part: number, whole: number): number => (whole === 0 ? 1 : part / whole);

/** @param truth what went wrong in the scene */
export function scoreOf(question: EvalQuestion, answer: EvalAnswer, truth: Truth): Score {
  const { all = [], any = [], fine = [], never = [] } = question.tools;
  const called = [...new Set(answer.tools)];
  const known: readonly string[] = [...all, ...any, ...fine];
  const wrong = called.filter((name) => (never as readonly string[]).includes(name));
  const missing = all.filter((name) => !called.includes(name));
  const isAnyMissing = any.length > 0 && !any.some((name) => called.includes(name));
  const needed = all.length + (any.length > 0 ? 1 : 0);
  // A name with an underscore is the same name when it is escaped.
  const text = answer.content.replace(/\\([\\`*_{}[\]()#+!|~])/g, "$1");
  const facts = question.facts(truth);
  const { verdict } = question;
  const asked = verdict ? facts.length + 1 : facts.length;
  const unsaid = [
    ...facts.filter((fact) => !fact.test(text)),
    ...(verdict && !verdict.test(text.slice(0, BEGINNING)) ? [verdict] : []),
  ];
  const said = (question.forbidden?.(truth) ?? []).filter((each) => each.test(text));
  const status = question.status ?? "COMPLETE";
  const recall = share(needed - missing.length - (isAnyMissing ? 1 : 0), needed);
  const precision = wrong.length > 0 ? 0 : share(called.filter((name) => known.includes(name)).length, called.length);
  const factual = said.length > 0 ? 0 : share(asked - unsaid.length, asked);
  return {
    question: question.ask.join(" / "),
    precision,
    recall,
    facts: factual,
    passed: recall === 1 && factual === 1 && wrong.length === 0 && answer.status === status,
    milliseconds: answer.milliseconds,
    remarks: [
      ...(answer.status === status ? [] : [`ended ${answer.status}`]),
      ...missing.map((name) => `no ${name}`),
      ...(isAnyMissing ? [`none of ${any.join(", ")}`] : []),
      ...wrong.map((name) => `wrongly ${name}`),
      ...unsaid.map((fact) => `unsaid ${fact.source}`),
      ...said.map((fact) => `wrongly said ${fact.source}`),
    ].join("; "),
  };
}

export interface Total {
  questions: number;
  passed: number;
  precision: number;
  recall: number;
  facts: number;
  /** The mean of the three. */
  score: number;
  medianMs: number;
}

export function totalOf(scores: readonly Score[]): Total {
  const mean = (of: (score: Score) => number): number =>
    share(
      scores.reduce((sum, each) => sum + of(each), 0),
      scores.length,
    );
  const [precision, recall, facts] = [
    mean((each) => each.precision),
    mean((each) => each.recall),
    mean((each) => each.facts),
  ];
  const times = scores.map(({ milliseconds }) => milliseconds).sort((one, other) => one - other);
  return {
    questions: scores.length,
    passed: scores.filter(({ passed }) => passed).length,
    precision,
    recall,
    facts,
    score: (precision + recall + facts) / 3,
    medianMs: times[Math.floor(times.length / 2)] ?? 0,
  };
}
