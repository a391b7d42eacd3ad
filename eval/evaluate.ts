import { ConfigError } from "../subgraphs/shared/kernel/config.ts";
import { answerTo } from "./asker.ts";
import type { EvalQuestion, SceneName } from "./question.ts";
import { QUESTIONS } from "./questions/index.ts";
import { openScene, type Scene } from "./scene.ts";
import { type EvalAnswer, type Score, scoreOf, totalOf } from "./score.ts";

export interface EvaluateOptions {
  /** The model to score; each configured one unless given. */
  model: string | null;
  /** Only questions with this text. */
  only: string | null;
  json: boolean;
  /** Print the answers, too. */
  show: boolean;
}

const NO_MODEL = "no model";
const SCENES: readonly SceneName[] = ["first", "second"];

interface Evaluated extends Score {
  by: string;
  answer: EvalAnswer;
}

/** Asks every question, scores the answers, and prints a line for each and the totals. */
export async function evaluate({ model, only, json, show }: EvaluateOptions): Promise<void> {
  const evaluated: Evaluated[] = [];
  for (const name of SCENES) {
    const questions = QUESTIONS.filter(
      ({ scene, ask }) => scene === name && (only === null || ask.join(" ").includes(only)),
    );
    if (questions.length === 0) continue;
    await using scene = await openScene(name);
    for (const by of await modelsOf(scene, model)) {
      for (const question of questions) evaluated.push(await evaluatedBy(by, scene, question));
    }
  }
  if (show) for (const { question, answer } of evaluated) console.log(`\n===== ${question}\n\n${answer.content}`);
  const totals = [...Map.groupBy(evaluated, ({ by }) => by)].map(([by, scores]) => ({ by, ...totalOf(scores) }));
  if (json) {
    console.log(JSON.stringify({ totals, questions: evaluated }));
    return;
  }
  console.table(evaluated.map(toRow));
  console.table(totals.map((total) => ({ ...total, ...percentages(total) })));
}

async function evaluatedBy(by: string, scene: Scene, question: EvalQuestion): Promise<Evaluated> {
  const answer = await answerTo(scene, question, by === NO_MODEL ? null : by);
  const score = scoreOf(question, answer, scene.truth);
  // Rules stand in for a model that does not answer, and are not to its credit.
  const isAway = by !== NO_MODEL && answer.model === null;
  const nothing = { precision: 0, recall: 0, facts: 0, passed: false, remarks: "no model answered" };
  return { ...score, ...(isAway ? nothing : {}), by, answer };
}

/** @throws ConfigError where the named one is not configured */
async function modelsOf(scene: Scene, named: string | null): Promise<string[]> {
  const { availableModels } = await scene.ask<{ availableModels: { id: string }[] }>("{ availableModels { id } }");
  const ids = availableModels.map(({ id }) => id);
  if (named === null) return ids.length === 0 ? [NO_MODEL] : ids;
  if (ids.includes(named)) return [named];
  throw new ConfigError(`There is no model ${JSON.stringify(named)} in AIOPS_LLM_MODELS.`);
}

const QUESTION_LENGTH = 60;
const percent = (share: number): string => `${Math.round(share * 100)} %`;
const percentages = ({ precision, recall, facts }: Pick<Score, "precision" | "recall" | "facts">) => ({
  precision: percent(precision),
  recall: percent(recall),
  facts: percent(facts),
});

const toRow = ({ by, question, passed, milliseconds, remarks, ...shares }: Evaluated) => ({
  by,
  question: question.slice(0, QUESTION_LENGTH),
  passed,
  ...percentages(shares),
  ms: milliseconds,
  remarks,
});
