import { CodedError } from "../../../shared/kernel/errors.ts";
import type { ModelAnswer, ModelTool } from "../../../shared/upstreams/llm/language-model.ts";
import type { LanguageModels } from "../../../shared/upstreams/llm/language-models.ts";
import type { Toolbox } from "../../tools/toolbox.service.ts";
import type { Answered, Answerer, AnswerRequest, AnswerSink } from "./answer.ts";
import { CallsRunner } from "./calls.runner.ts";
import { verified } from "./citation.filter.ts";
import { Conversation, promptBudget } from "./conversation.ts";
import { moreRowsTool } from "./more-rows.tool.ts";

export interface AnswerLimits {
  /** Times that the model is asked for one answer. */
  steps: number;
  calls: number;
  /** Of all that it reads and writes for one answer. */
  tokens: number;
  ms: number;
}

export const ANSWER_LIMITS: AnswerLimits = { steps: 12, calls: 30, tokens: 400_000, ms: 600_000 };

/** How often the conversation is made smaller because the model found it larger than we did, and by how much. */
const REFITS = 3;
const REFIT = 0.7;

/** Lets a model answer: ask, run its tools, show it what they found, until it has an answer or a limit is reached. */
export class ModelAnswerer implements Answerer {
  readonly #models: LanguageModels;
  readonly #toolbox: Toolbox;
  readonly #limits: AnswerLimits;

  constructor(models: LanguageModels, toolbox: Toolbox, limits: AnswerLimits = ANSWER_LIMITS) {
    this.#models = models;
    this.#toolbox = toolbox;
    this.#limits = limits;
  }

  async answer(request: AnswerRequest, sink: AnswerSink): Promise<Answered> {
    const late = AbortSignal.timeout(this.#limits.ms);
    const signal = AbortSignal.any([request.signal, late]);
    const making = new AnswerInSteps({
      request: { ...request, signal },
      sink,
      models: this.#models,
      toolbox: this.#toolbox,
      limits: this.#limits,
    });
    try {
      return await making.run();
    } catch (error) {
      if (!late.aborted || request.signal.aborted) throw error;
      return making.partial("UPSTREAM_TIMEOUT", `The answer took longer than ${this.#limits.ms / 1000} s.`);
    }
  }
}

interface Making {
  request: AnswerRequest;
  sink: AnswerSink;
  models: LanguageModels;
  toolbox: Toolbox;
  limits: AnswerLimits;
}

class AnswerInSteps {
  readonly #making: Making;
  readonly #conversation: Conversation;
  readonly #runner: CallsRunner;
  readonly #tools: readonly ModelTool[];
  #content: string;
  #model: string | null = null;
  #tokens = 0;
  #calls: number;
  #budgetShare = 1;

  constructor(making: Making) {
    const { request, sink, toolbox } = making;
    this.#making = making;
    this.#conversation = new Conversation(request);
    this.#content = request.soFar?.content ?? "";
    this.#calls = request.soFar?.calls.length ?? 0;
    const allowed = new Set(request.persona.capabilities);
    this.#tools = [
      ...toolbox.tools
        .filter(({ name }) => allowed.has(name))
        .map(({ name, description, inputSchema }) => ({ name, description, inputSchema })),
      moreRowsTool,
    ];
    const { identity, requestId, clusters, signal, now } = request;
    this.#runner = new CallsRunner({
      toolbox,
      allowed,
      sink,
      caller: { identity, requestId, clusters, signal, now },
      soFar: request.soFar?.calls ?? [],
      known: () => this.#conversation.calls,
    });
  }

  async run(): Promise<Answered> {
    const { limits } = this.#making;
    for (let step = 1; ; step++) {
      const isLast = step >= limits.steps || this.#calls >= limits.calls || this.#tokens >= limits.tokens;
      const answer = await this.#ask(isLast ? [] : this.#tools);
      if (answer.end === "INTERRUPTED")
        return this.partial("STREAM_INTERRUPTED", `The model broke off. ${answer.problem ?? ""}`.trim());
      if (isLast) return this.partial("LIMIT_EXCEEDED", "A limit of one answer was reached; ask on for more.");
      if (answer.end === "LENGTH")
        return this.partial("LIMIT_EXCEEDED", "The model's longest answer was reached; ask on for more.");
      if (answer.end === "STOP") return this.#told("COMPLETE", null);
      const { ended, waits } = await this.#runner.run(answer.calls, limits.calls - this.#calls);
      this.#calls += answer.calls.length;
      this.#conversation.add(answer.text, ended);
      if (waits) return this.#told("WAITING_FOR_APPROVAL", null);
    }
  }

  partial(code: string, message: string): Answered {
    return this.#told("PARTIAL", { code, message });
  }

  /** The model, with as much of the conversation as it takes. */
  async #ask(tools: readonly ModelTool[]): Promise<ModelAnswer> {
    const { models, request } = this.#making;
    const { signal, model } = request;
    for (let refit = 0; ; refit++) {
      const { contextTokens, maxOutputTokens } = models.spec(model);
      const budget = promptBudget(contextTokens, maxOutputTokens, JSON.stringify(tools)) * this.#budgetShare;
      try {
        const messages = this.#conversation.messages(budget);
        const answer = await models.ask({ messages, tools, signal, onText: (text) => this.#say(text) }, model);
        this.#model = answer.model;
        this.#tokens += answer.tokens.input + answer.tokens.output;
        if (answer.calls.length > 0 && answer.text !== "") this.#say("\n\n");
        return answer;
      } catch (error) {
        if (!(error instanceof CodedError) || error.code !== "CONTEXT_TOO_LARGE" || refit >= REFITS) throw error;
        this.#budgetShare *= REFIT;
      }
    }
  }

  #say(text: string): void {
    this.#content += text;
    this.#making.sink.text(text);
  }

  #told(status: Answered["status"], problem: Answered["problem"]): Answered {
    const said = this.#making.request.turns.map(({ content }) => content).join(" ");
    const { content, citations } = verified(this.#content, this.#conversation.calls, said);
    return {
      // An answer that goes on is checked when it is whole.
      content: status === "WAITING_FOR_APPROVAL" ? this.#content : content,
      status,
      problem,
      citations,
      model: this.#model,
      tokensUsed: this.#tokens,
    };
  }
}
