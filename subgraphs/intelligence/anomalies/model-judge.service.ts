import { z } from "zod";
import { batches } from "../../shared/kernel/batches.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import { Fence } from "../../shared/upstreams/llm/fence.ts";
import type { LanguageModels } from "../../shared/upstreams/llm/language-models.ts";
import type { AnomalyJudge, Candidate, Judgement } from "./anomaly-judge.service.ts";

/** Judged in one question: more would not fit into a small model's window. */
const AT_ONCE = 10;
/** A model that answers nothing of use is asked once more. */
const TRIES = 2;
const MOST_TEXT = 600;

const Answer = z.array(
  z.object({
    index: z.number().int(),
    anomalous: z.boolean(),
    confidence: z.number().min(0).max(1).nullish(),
    explanation: z.string(),
  }),
);

const TASK =
  "You judge what a statistical detector found in metrics of Kubernetes clusters. Of each candidate, say whether somebody on call " +
  "should know of it: look at how far it is from what was expected, at what the metric is, at the values before, and at the alerts " +
  "around it. Answer with nothing but a JSON array that holds, for each candidate, " +
  '{"index": its number, "anomalous": true or false, "confidence": 0 to 1, "explanation": one or two sentences}.';

/** The configured language models as judges of what statistics found. */
export class ModelJudge implements AnomalyJudge {
  readonly #models: LanguageModels;

  constructor(models: LanguageModels) {
    this.#models = models;
  }

  /** @throws MODEL_UNAVAILABLE, CANCELLED; UPSTREAM_INVALID_ANSWER for a model that does not answer what was asked */
  async judge(
    candidates: readonly Candidate[],
    context: { query: string; stepSeconds: number },
    signal: AbortSignal,
  ): Promise<Judgement[]> {
    const judgements: Judgement[] = [];
    for (const some of batches(candidates, AT_ONCE)) judgements.push(...(await this.#some(some, context, signal)));
    return judgements;
  }

  async #some(
    candidates: readonly Candidate[],
    context: { query: string; stepSeconds: number },
    signal: AbortSignal,
  ): Promise<Judgement[]> {
    const fence = new Fence();
    const messages = [
      { role: "system" as const, content: `${TASK}\n${fence.rule}` },
      {
        role: "user" as const,
        content: fence.around(JSON.stringify({ ...context, candidates: candidates.map(told) })),
      },
    ];
    for (let attempt = 1; attempt <= TRIES; attempt += 1) {
      const { text, model } = await this.#models.ask({ messages, signal });
      const judged = judgementsOf(text, candidates.length, model);
      if (judged) return judged;
    }
    throw new CodedError("UPSTREAM_INVALID_ANSWER", "The model did not judge what it was shown; try another model.");
  }
}

const told = ({ detectedAt, ...candidate }: Candidate, index: number) => ({
  index,
  at: detectedAt.toISOString(),
  ...candidate,
});

/** Models like to write around what they were asked for. Null unless each candidate is judged once. */
function judgementsOf(text: string, count: number, model: string): Judgement[] | null {
  const [json] = /\[[\s\S]*\]/.exec(text) ?? [];
  if (json === undefined) return null;
  const answer = Answer.safeParse(parsed(json)).data;
  if (!answer) return null;
  const byIndex = new Map(answer.map((each) => [each.index, each]));
  const judgements = Array.from({ length: count }, (_, index) => byIndex.get(index)).flatMap((each) => each ?? []);
  if (judgements.length < count) return null;
  return judgements.map(({ anomalous, confidence, explanation }) => ({
    anomalous,
    explanation: explanation.slice(0, MOST_TEXT),
    confidence: confidence ?? null,
    model,
  }));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
