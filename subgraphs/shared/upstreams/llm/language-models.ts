import { LRUCache } from "lru-cache";
import { Registry } from "prom-client";
import type { ModelSpec } from "../../kernel/config.ts";
import { CodedError } from "../../kernel/errors.ts";
import { counter, histogram } from "../../kernel/instruments.ts";
import { LanguageModel, type ModelAnswer, type ModelQuestion } from "./language-model.ts";

export interface ModelState {
  id: string;
  model: string;
  contextTokens: number;
  /** The first is asked first; another one only where it fails before its first word. */
  position: number;
  /** Why it cannot be asked now; null where it can. */
  problem: string | null;
}

const STATE_MS = 15_000;
const PROBE_MS = 3000;

/** The configured models, in the order they are asked. */
export class LanguageModels {
  readonly #models: readonly LanguageModel[];
  readonly #problems = new LRUCache<string, { problem: string | null }>({ max: 100, ttl: STATE_MS });

  readonly #seconds;
  readonly #tokens;

  constructor(specs: readonly ModelSpec[], registry: Registry = new Registry()) {
    this.#models = specs.map((spec) => new LanguageModel(spec));
    this.#seconds = histogram(
      registry,
      "aiops_model_request_duration_seconds",
      "Questions to language models until the last word, by configured model and outcome (how the answer ended, or an error code).",
      ["model", "outcome"],
    );
    this.#tokens = counter(
      registry,
      "aiops_model_tokens_total",
      "Tokens sent to (input) and got from (output) each language model; estimated where an endpoint does not count them. What a hosted model is paid by.",
      ["model", "direction"],
    );
  }

  /** Without any, nobody but our own rules answers. */
  get isConfigured(): boolean {
    return this.#models.length > 0;
  }

  /** Of the one asked first, unless another is named. @throws MODEL_NOT_CONFIGURED, MODEL_NOT_FOUND */
  spec(id: string | null): ModelSpec {
    return this.#inOrder(id)[0].spec;
  }

  /**
   * Ask the named model, or the first, and then the others where one fails before its first word.
   * @throws MODEL_NOT_CONFIGURED, MODEL_NOT_FOUND, MODEL_UNAVAILABLE with each one's reason, CONTEXT_TOO_LARGE, CANCELLED
   */
  async ask(question: ModelQuestion, id: string | null = null): Promise<ModelAnswer> {
    const reasons: { model: string; code: string; reason: string }[] = [];
    for (const model of this.#inOrder(id)) {
      try {
        const answer = await this.#counted(model, question);
        this.#problems.set(model.spec.id, { problem: null });
        return answer;
      } catch (error) {
        if (!(error instanceof CodedError) || error.code === "CANCELLED" || error.code === "CONTEXT_TOO_LARGE")
          throw error;
        this.#problems.set(model.spec.id, { problem: error.message });
        reasons.push({ model: model.spec.id, code: error.code, reason: error.message });
      }
    }
    throw new CodedError(
      "MODEL_UNAVAILABLE",
      `No model answers: ${reasons.map(({ model, reason }) => `${model}: ${reason}`).join(" ")} Try again later.`,
      { models: reasons },
    );
  }

  /** Each with whether it answers now, asked at most every 15 s. */
  async states(signal: AbortSignal): Promise<ModelState[]> {
    return await Promise.all(
      this.#models.map(async ({ spec }, index) => ({
        id: spec.id,
        model: spec.model,
        contextTokens: spec.contextTokens,
        position: index + 1,
        problem: await this.#problem(spec, signal),
      })),
    );
  }

  async #counted(model: LanguageModel, question: ModelQuestion): Promise<ModelAnswer> {
    const { id } = model.spec;
    const began = performance.now();
    let outcome = "FAILED";
    try {
      const answer = await model.ask(question);
      outcome = answer.end;
      this.#tokens.inc({ model: id, direction: "input" }, answer.tokens.input);
      this.#tokens.inc({ model: id, direction: "output" }, answer.tokens.output);
      return answer;
    } catch (error) {
      if (error instanceof CodedError) outcome = error.code;
      throw error;
    } finally {
      this.#seconds.observe({ model: id, outcome }, (performance.now() - began) / 1000);
    }
  }

  async #problem(spec: ModelSpec, signal: AbortSignal): Promise<string | null> {
    const known = this.#problems.get(spec.id);
    if (known) return known.problem;
    const problem = await probe(spec, signal);
    if (!signal.aborted) this.#problems.set(spec.id, { problem });
    return problem;
  }

  /** The preferred one first. */
  #inOrder(id: string | null): [LanguageModel, ...LanguageModel[]] {
    const preferred = id === null ? this.#models[0] : this.#models.find(({ spec }) => spec.id === id);
    if (preferred) return [preferred, ...this.#models.filter((each) => each !== preferred)];
    if (!this.isConfigured)
      throw new CodedError("MODEL_NOT_CONFIGURED", "No language model is configured; see AIOPS_LLM_MODELS.");
    throw new CodedError(
      "MODEL_NOT_FOUND",
      `No model ${JSON.stringify(id)}; "availableModels" lists those there are.`,
      { id },
    );
  }
}

async function probe({ url, apiKey }: ModelSpec, signal: AbortSignal): Promise<string | null> {
  try {
    const { ok, status, body } = await fetch(`${url.replace(/\/$/, "")}/models`, {
      headers: apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` },
      signal: AbortSignal.any([signal, AbortSignal.timeout(PROBE_MS)]),
      redirect: "error",
    });
    await body?.cancel();
    return ok ? null : `It answered with HTTP ${status}.`;
  } catch {
    return "It cannot be reached.";
  }
}
