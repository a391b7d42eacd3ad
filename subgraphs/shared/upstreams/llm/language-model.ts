import type { LanguageModelV4, LanguageModelV4StreamPart } from "@ai-sdk/provider";
import type { ModelSpec } from "../../kernel/config.ts";
import { CodedError } from "../../kernel/errors.ts";
import { modelFailure } from "./failure.ts";
import { Patience, type PatienceMs } from "./patience.ts";
import { estimatePrompt, estimateTokens, type PromptMessage, promptOf, type RequestedCall } from "./prompt.ts";

export interface ModelTool {
  name: string;
  description: string;
  /** JSON Schema of its arguments. */
  inputSchema: Record<string, unknown>;
}

export interface ModelQuestion {
  messages: readonly PromptMessage[];
  tools?: readonly ModelTool[];
  maxOutputTokens?: number;
  /** Its abortion ends the model's work, too. */
  signal: AbortSignal;
  /** Each piece of text as it comes. */
  onText?: (text: string) => void;
}

export interface ModelAnswer {
  /** The configured model's id. */
  model: string;
  text: string;
  calls: readonly RequestedCall[];
  /** INTERRUPTED: the stream broke off, and what came before is all there is. */
  end: "STOP" | "LENGTH" | "CALLS" | "INTERRUPTED";
  /** Why it was interrupted. */
  problem: string | null;
  tokens: { input: number; output: number; estimated: boolean };
  latencyMs: number;
}

/** More than this of one answer is not read: a model that goes round in circles has no end of its own. */
const MOST_CHARACTERS = 400_000;
const MOST_CALLS = 64;

/** One model behind an endpoint that speaks OpenAI's chat API (vLLM, Ollama, llama.cpp, a cloud's). */
export class LanguageModel {
  readonly spec: ModelSpec;
  readonly #patience: PatienceMs;
  #model: Promise<LanguageModelV4> | undefined;

  constructor(spec: ModelSpec) {
    this.spec = spec;
    this.#patience = {
      first: spec.firstTokenSeconds * 1000,
      idle: spec.idleSeconds * 1000,
      total: spec.timeoutSeconds * 1000,
    };
  }

  /** @throws UPSTREAM_*, CANCELLED, CONTEXT_TOO_LARGE as long as nothing has come; later it is an interrupted answer */
  async ask(question: ModelQuestion): Promise<ModelAnswer> {
    const started = performance.now();
    const answer = new AnswerInTheMaking(this.spec.id, question);
    this.#model ??= openModel(this.spec);
    const model = await this.#model;
    using patience = new Patience(this.#patience, question.signal);
    try {
      const { stream } = await model.doStream({
        prompt: promptOf(question.messages),
        maxOutputTokens: question.maxOutputTokens ?? this.spec.maxOutputTokens,
        temperature: this.spec.temperature,
        abortSignal: patience.signal,
        tools: (question.tools ?? []).map((tool) => ({ type: "function", ...tool })),
      });
      for await (const part of stream) {
        patience.heard();
        answer.take(part);
      }
      if (patience.signal.aborted) throw patience.signal.reason;
    } catch (error) {
      const failure = modelFailure(patience.signal.aborted ? patience.signal.reason : error, question.signal);
      if (failure.code === "CANCELLED" || answer.isEmpty) throw failure;
      answer.interrupt(failure.message);
    }
    return answer.finished(performance.now() - started);
  }
}

async function openModel({ id, url, apiKey, model }: ModelSpec): Promise<LanguageModelV4> {
  // Loaded where it is used: without a model, nobody has a use for it.
  const { createOpenAICompatible } = await import("@ai-sdk/openai-compatible");
  const key = apiKey === undefined ? {} : { apiKey };
  return createOpenAICompatible({ name: id, baseURL: url, includeUsage: true, ...key }).chatModel(model);
}

class AnswerInTheMaking {
  readonly #model: string;
  readonly #question: ModelQuestion;
  readonly #calls: RequestedCall[] = [];
  #text = "";
  #end: ModelAnswer["end"] = "INTERRUPTED";
  #problem: string | null = "The stream ended early.";
  #usage: { input: number | undefined; output: number | undefined } = { input: undefined, output: undefined };

  constructor(model: string, question: ModelQuestion) {
    this.#model = model;
    this.#question = question;
  }

  get isEmpty(): boolean {
    return this.#text === "" && this.#calls.length === 0;
  }

  take(part: LanguageModelV4StreamPart): void {
    if (part.type === "text-delta") this.#say(part.delta);
    else if (part.type === "tool-call") this.#call(part.toolCallId, part.toolName, part.input);
    else if (part.type === "error") throw part.error;
    else if (part.type === "finish") {
      this.#usage = { input: part.usage.inputTokens.total, output: part.usage.outputTokens.total };
      this.#finish(part.finishReason.unified);
    }
  }

  interrupt(problem: string): void {
    this.#end = "INTERRUPTED";
    this.#problem = problem;
  }

  finished(latencyMs: number): ModelAnswer {
    const { input, output } = this.#usage;
    const called = this.#calls.map((call) => call.name + call.arguments).join("");
    return {
      model: this.#model,
      text: this.#text,
      calls: this.#calls,
      end: this.#end,
      problem: this.#problem,
      latencyMs: Math.round(latencyMs),
      tokens: {
        input: input ?? estimatePrompt(this.#question.messages),
        output: output ?? estimateTokens(this.#text + called),
        estimated: input === undefined || output === undefined,
      },
    };
  }

  #say(text: string): void {
    this.#text += text;
    if (this.#text.length > MOST_CHARACTERS) throw new CodedError("LIMIT_EXCEEDED", "The answer has no end.");
    if (text !== "") this.#question.onText?.(text);
  }

  #call(id: string, name: string, given: string): void {
    if (this.#calls.length >= MOST_CALLS) throw new CodedError("LIMIT_EXCEEDED", "It asks for too many tools at once.");
    this.#calls.push({ id, name, arguments: given });
  }

  #finish(reason: string): void {
    if (reason === "interrupted" || reason === "error") return;
    this.#end = reason === "length" ? "LENGTH" : this.#calls.length > 0 ? "CALLS" : "STOP";
    this.#problem = null;
  }
}
