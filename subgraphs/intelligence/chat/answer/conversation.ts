import { CodedError } from "../../../shared/kernel/errors.ts";
import { Fence } from "../../../shared/upstreams/llm/fence.ts";
import { estimatePrompt, estimateTokens, type PromptMessage } from "../../../shared/upstreams/llm/prompt.ts";
import type { Source } from "../../tools/tool.contract.ts";
import type { AnswerRequest, EndedCall, Turn } from "./answer.ts";
import { instructions } from "./instructions.ts";

/** Of one result, this part of the window at most. */
const RESULT_SHARE = 0.25;
const CHARACTERS_PER_TOKEN = 3;
const MOST_OF_A_BRIEF = 300;
const MOST_OF_A_SUMMARY = 120;
const MOST_SUMMARIES = 8;

/** Something said or done, and how it is told: whole, or as what it comes down to. */
interface Step {
  text: string;
  calls: readonly EndedCall[];
  brief: boolean;
}

interface Exchange {
  question: string;
  steps: Step[];
}

/** A conversation as a model is shown it, made smaller as it has to be. Calls are known as c1, c2, ... throughout. */
export class Conversation {
  readonly #request: AnswerRequest;
  readonly #fence = new Fence();
  readonly #exchanges: Exchange[];
  readonly #names = new Map<EndedCall, string>();
  /** What was forgotten, in short. */
  #summary: string | null = null;

  constructor(request: AnswerRequest) {
    this.#request = request;
    this.#exchanges = exchangesOf(request.turns);
    for (const { steps } of this.#exchanges) for (const { calls } of steps) this.#name(calls);
    const { soFar } = request;
    if (soFar) this.add(soFar.content, soFar.calls);
  }

  /** By the name that it is cited by. */
  get calls(): ReadonlyMap<string, EndedCall> {
    return new Map([...this.#names].map(([call, name]) => [name, call]));
  }

  /** What the model said and what came of the tools it asked for. */
  add(text: string, calls: readonly EndedCall[]): void {
    this.#name(calls);
    this.#exchanges.at(-1)?.steps.push({ text, calls, brief: false });
  }

  /**
   * What to ask the model with.
   * @param budget tokens that the messages may have
   * @throws CONTEXT_TOO_LARGE when even what cannot be left out does not fit
   */
  messages(budget: number): PromptMessage[] {
    for (;;) {
      const messages = this.#messages(budget);
      if (estimatePrompt(messages) <= budget) return messages;
      if (!this.#shrink()) {
        throw new CodedError(
          "CONTEXT_TOO_LARGE",
          "The question does not fit into the model's context; ask a shorter one, or choose a model with more.",
        );
      }
    }
  }

  #messages(budget: number): PromptMessage[] {
    const { persona, now, clusters } = this.#request;
    const system = instructions({
      persona,
      fence: this.#fence,
      now,
      clusters: clusters?.length ?? null,
      summary: this.#summary,
    });
    return [
      { role: "system", content: system },
      ...this.#exchanges.flatMap(({ question, steps }): PromptMessage[] => [
        { role: "user", content: question },
        ...steps.flatMap((step) => this.#told(step, budget)),
      ]),
    ];
  }

  #told({ text, calls, brief }: Step, budget: number): PromptMessage[] {
    const most = Math.floor(budget * RESULT_SHARE * CHARACTERS_PER_TOKEN);
    return [
      {
        role: "assistant",
        content: text,
        calls: calls.map(({ id, name, arguments: given }) => ({ id, name, arguments: JSON.stringify(given) })),
      },
      ...calls.map((call): PromptMessage => {
        const told = resultText(call, this.#names.get(call) ?? "", brief);
        return { role: "tool", call, content: this.#fence.around(cut(told, brief ? MOST_OF_A_BRIEF : most)) };
      }),
    ];
  }

  /** One thing less, the oldest first: results in short, then whole exchanges, then results of this very answer. */
  #shrink(): boolean {
    const [current, ...older] = this.#exchanges.toReversed();
    const whole = older.reverse().flatMap(({ steps }) => steps);
    const step = whole.find(({ brief, calls }) => !brief && calls.length > 0);
    if (step) {
      step.brief = true;
      return true;
    }
    if (this.#exchanges.length > 1) {
      const gone = this.#exchanges.shift();
      if (gone) this.#forget(gone);
      return true;
    }
    const own = current?.steps.find(({ brief, calls }) => !brief && calls.length > 0);
    if (!own) return false;
    own.brief = true;
    return true;
  }

  #forget({ question, steps }: Exchange): void {
    const said = steps.map(({ text }) => text).join(" ");
    const found = steps.flatMap(({ calls }) => calls.flatMap(({ outcome }) => findingOf(outcome)?.summary ?? []));
    const parts = [`Asked: ${question}`, `Answered: ${said}`, found.join(" ")].map((part) =>
      cut(part, MOST_OF_A_SUMMARY),
    );
    const lines = [...(this.#summary?.split("\n") ?? []), parts.join(" ").replaceAll("\n", " ")];
    // What was said last is worth most.
    this.#summary = lines.slice(-MOST_SUMMARIES).join("\n");
  }

  #name(calls: readonly EndedCall[]): void {
    for (const call of calls) if (!this.#names.has(call)) this.#names.set(call, `c${this.#names.size + 1}`);
  }
}

function exchangesOf(turns: readonly Turn[]): Exchange[] {
  const exchanges: Exchange[] = [];
  for (const { role, content, calls } of turns) {
    if (role === "USER") exchanges.push({ question: content, steps: [] });
    else exchanges.at(-1)?.steps.push(...stepsOf(content, calls));
  }
  return exchanges;
}

/** What was found, and then what was said of it. */
const stepsOf = (content: string, calls: readonly EndedCall[]): Step[] => [
  ...(calls.length > 0 ? [{ text: "", calls, brief: false }] : []),
  { text: content, calls: [], brief: false },
];

const findingOf = (outcome: EndedCall["outcome"]) => (outcome === "REJECTED" ? null : outcome.finding);

function resultText({ outcome }: EndedCall, name: string, brief: boolean): string {
  if (outcome === "REJECTED") return `${name}: The user refused this call. Do not ask for it again.`;
  const { finding, error, status } = outcome;
  if (!finding) return `${name}: ${status} ${error?.code ?? ""}: ${error?.message ?? "It failed."}`;
  if (brief) return `${name}: ${finding.summary}`;
  const { summary, result, sources, full } = finding;
  const more = full && full.total > full.rows.length ? ` of ${full.total}` : "";
  return [
    `${name}: ${summary}`,
    `Sources: ${JSON.stringify(toldSources(sources))}`,
    JSON.stringify(result),
    ...(full ? [`There are ${full.rows.length}${more} rows behind this: more_rows with call "${name}" reads on.`] : []),
  ].join("\n");
}

/** What many clusters were asked alike is said once: {"query", "at", "state", "clusters": {"s1": "prod-east-1", ...}}. */
function toldSources(sources: readonly Source[]): object[] {
  const alike = Map.groupBy(sources, ({ query, at, outcome }) => JSON.stringify([query, at, outcome]));
  return [...alike.values()].flatMap((group) => {
    const [first] = group;
    if (!first) return [];
    const clusters = Object.fromEntries(group.map(({ id, clusterName }) => [id, clusterName]));
    return [{ query: first.query, at: first.at, state: first.outcome, clusters }];
  });
}

/** Head and tail: an error's end often says most. */
function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const head = Math.floor(most * 0.75);
  return `${text.slice(0, head)} ... ${text.length - most} characters left out ... ${text.slice(text.length - (most - head))}`;
}

/** What a model's window leaves for the conversation. */
export const promptBudget = (contextTokens: number, maxOutputTokens: number, toolText: string): number =>
  Math.max(512, contextTokens - maxOutputTokens - estimateTokens(toolText) - 64);
