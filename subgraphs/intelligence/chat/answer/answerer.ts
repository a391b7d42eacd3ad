import { CodedError } from "../../../shared/kernel/errors.ts";
import type { LanguageModels } from "../../../shared/upstreams/llm/language-models.ts";
import type { Answered, Answerer, AnswerRequest, AnswerSink, EndedCall } from "./answer.ts";
import type { RulesAnswerer } from "./rules/rules.answerer.ts";

export interface ChosenAnswererOptions {
  models: Pick<LanguageModels, "isConfigured">;
  byModel: Answerer;
  byRules: RulesAnswerer;
}

/** A model where one is configured and answers; rules otherwise, which say so. */
export class ChosenAnswerer implements Answerer {
  readonly #options: ChosenAnswererOptions;

  constructor(options: ChosenAnswererOptions) {
    this.#options = options;
  }

  async answer(request: AnswerRequest, sink: AnswerSink): Promise<Answered> {
    const { models, byModel, byRules } = this.#options;
    if (!models.isConfigured) return await byRules.answer(request, sink);
    const heard = new Heard(request, sink);
    try {
      return await byModel.answer(request, heard);
    } catch (error) {
      if (!(error instanceof CodedError) || error.code !== "MODEL_UNAVAILABLE") throw error;
      return await byRules.answer({ ...request, soFar: heard.soFar }, sink, error.message);
    }
  }
}

/** What a model had said and found when it was there no more: nobody asks the clusters for it again. */
class Heard implements AnswerSink {
  readonly #sink: AnswerSink;
  readonly #calls: EndedCall[];
  #content: string;

  constructor({ soFar }: AnswerRequest, sink: AnswerSink) {
    this.#sink = sink;
    this.#calls = [...(soFar?.calls ?? [])];
    this.#content = soFar?.content ?? "";
  }

  get soFar(): AnswerRequest["soFar"] {
    return this.#content === "" && this.#calls.length === 0 ? null : { content: this.#content, calls: this.#calls };
  }

  text(delta: string): void {
    this.#content += delta;
    this.#sink.text(delta);
  }

  readonly called: AnswerSink["called"] = async (call, needsApproval) => await this.#sink.called(call, needsApproval);

  readonly ended: AnswerSink["ended"] = async (call, outcome) => {
    this.#calls.push({ ...call, outcome });
    await this.#sink.ended(call, outcome);
  };
}
