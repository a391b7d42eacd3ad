import { randomUUID } from "node:crypto";
import pLimit from "p-limit";
import type { RequestedCall } from "../../../shared/upstreams/llm/prompt.ts";
import type { ToolCaller, ToolOutcome } from "../../tools/tool.contract.ts";
import { callHash, type Toolbox } from "../../tools/toolbox.service.ts";
import type { AnswerCall, AnswerSink, EndedCall } from "./answer.ts";
import { MORE_ROWS, moreRows } from "./more-rows.tool.ts";

const AT_ONCE = 5;

export interface RunnerOptions {
  toolbox: Pick<Toolbox, "call" | "isReadOnly">;
  /** What the persona may use. */
  allowed: ReadonlySet<string>;
  caller: ToolCaller;
  sink: AnswerSink;
  /** Calls that this answer has made already, where it is gone on with. */
  soFar: readonly EndedCall[];
  /** Calls by the name that the model knows them by. */
  known: () => ReadonlyMap<string, EndedCall>;
}

export interface Ran {
  ended: EndedCall[];
  /** Whether something waits for the user. */
  waits: boolean;
}

/** Runs what a model asks for: side by side, nothing twice, and nothing that changes something. */
export class CallsRunner {
  readonly #options: RunnerOptions;
  readonly #atOnce = pLimit(AT_ONCE);
  /** In this answer: what was asked for an earlier one may be asked anew, since time has passed. */
  readonly #made: Set<string>;

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#made = new Set(options.soFar.map(({ argsHash }) => argsHash));
  }

  /** @param most calls that may still be made; the others are told so */
  async run(requested: readonly RequestedCall[], most: number): Promise<Ran> {
    const { toolbox, sink } = this.#options;
    const waiting: AnswerCall[] = [];
    const running: Promise<EndedCall>[] = [];
    for (const [index, request] of requested.entries()) {
      const { call, problem } = this.#parsed(request);
      const refusal = problem ?? this.#refusal(call, this.#made.has(call.argsHash), index >= most);
      this.#made.add(call.argsHash);
      if (refusal) running.push(this.#refused(call, refusal));
      else if (call.name !== MORE_ROWS && !toolbox.isReadOnly(call.name)) waiting.push(call);
      else running.push(this.#atOnce(() => this.#run(call)));
    }
    const ended = await Promise.all(running);
    for (const call of waiting) await sink.called(call, true);
    return { ended, waits: waiting.length > 0 };
  }

  async #run(call: AnswerCall): Promise<EndedCall> {
    const { toolbox, caller, sink, known } = this.#options;
    await sink.called(call, false);
    const outcome =
      call.name === MORE_ROWS
        ? moreRows(call.arguments, known())
        : await toolbox.call(call.name, call.arguments, caller);
    caller.signal.throwIfAborted();
    await sink.ended(call, outcome);
    return { ...call, outcome };
  }

  async #refused(call: AnswerCall, message: string): Promise<EndedCall> {
    const { sink } = this.#options;
    const outcome: ToolOutcome = {
      status: "ERROR",
      finding: null,
      error: { code: "BAD_USER_INPUT", message },
      durationMs: 0,
    };
    await sink.called(call, false);
    await sink.ended(call, outcome);
    return { ...call, outcome };
  }

  #refusal({ name }: AnswerCall, isRepeated: boolean, isTooMany: boolean): string | null {
    if (name !== MORE_ROWS && !this.#options.allowed.has(name))
      return `This persona has no tool ${JSON.stringify(name)}.`;
    if (isRepeated) return "The same call was made before; its result stands above. Ask something else, or answer.";
    return isTooMany ? "No more calls are left for this answer. Answer with what there is." : null;
  }

  /** Ids are made here: a model's own may repeat. */
  #parsed({ name, arguments: text }: RequestedCall): { call: AnswerCall; problem: string | null } {
    const id = randomUUID();
    const given = record(text.trim() === "" ? "{}" : text);
    const call = { id, name: name.slice(0, 64), arguments: given ?? {}, argsHash: callHash(name, given ?? text) };
    return { call, problem: given ? null : "The arguments are not a JSON object. Write them again." };
  }
}

function record(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}
