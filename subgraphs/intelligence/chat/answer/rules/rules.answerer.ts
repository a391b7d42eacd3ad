import { CodedError } from "../../../../shared/kernel/errors.ts";
import type { Graph } from "../../../../shared/kernel/graph.ts";
import type { ToolFinding } from "../../../tools/tool.contract.ts";
import { callHash, type Toolbox } from "../../../tools/toolbox.service.ts";
import type { Answered, Answerer, AnswerRequest, AnswerSink, EndedCall } from "../answer.ts";
import { CallsRunner } from "../calls.runner.ts";
import { verified } from "../citation.filter.ts";
import { Conversation } from "../conversation.ts";
import { escapeMarkdown } from "../markdown.ts";
import { type Asking, askingOf } from "./asking.ts";
import { compose } from "./compose.ts";
import { bySureness, findingOf } from "./findings.ts";
import { CLOSING, closingInstead, examples, help, thereAre, UNKNOWN_TEXT } from "./help.ts";
import { fleetStatus } from "./intent.fleet.ts";
import type { Inquiry, PlannedCall } from "./intent.ts";
import { type KnownCluster, loadClusters, loadNames } from "./known-names.loader.ts";
import { moreOf, PAGE } from "./more.ts";

export interface RulesLimits {
  calls: number;
  ms: number;
}

export const RULES_LIMITS: RulesLimits = { calls: 8, ms: 60_000 };

export interface RulesAnswererOptions {
  graph: Graph;
  toolbox: Toolbox;
  limits?: RulesLimits;
}

/** Answers without a language model: recognises common questions, runs the tools for them, and tells what they found. */
export class RulesAnswerer implements Answerer {
  readonly #options: Required<RulesAnswererOptions>;

  constructor({ limits = RULES_LIMITS, ...options }: RulesAnswererOptions) {
    this.#options = { ...options, limits };
  }

  /** @param problem why no model answers although one is configured */
  async answer(request: AnswerRequest, sink: AnswerSink, problem: string | null = null): Promise<Answered> {
    return await new AnswerByRules(request, sink, { ...this.#options, problem }).run();
  }
}

type Options = Required<RulesAnswererOptions> & { problem: string | null };

class AnswerByRules {
  readonly #request: AnswerRequest;
  readonly #sink: AnswerSink;
  readonly #options: Options;
  readonly #late: AbortSignal;
  readonly #conversation: Conversation;
  readonly #runner: CallsRunner;
  readonly #allowed: ReadonlySet<string>;
  readonly #titles: ReadonlyMap<string, string>;
  readonly #ended: EndedCall[] = [];
  readonly #notes: string[] = [];
  readonly #missing = new Set<string>();
  #waits = false;
  #known: readonly KnownCluster[] = [];

  constructor(request: AnswerRequest, sink: AnswerSink, options: Options) {
    const { toolbox, limits } = options;
    this.#request = request;
    this.#sink = sink;
    this.#options = options;
    this.#late = AbortSignal.timeout(limits.ms);
    this.#conversation = new Conversation(request);
    this.#allowed = new Set(request.persona.capabilities);
    this.#titles = new Map(toolbox.tools.map(({ name, title }) => [name, title]));
    const { identity, requestId, clusters, signal, now } = request;
    this.#runner = new CallsRunner({
      // A call that is late ends as one that failed: the others stand.
      toolbox: {
        call: (name, given, caller) =>
          toolbox.call(name, given, { ...caller, signal: AbortSignal.any([caller.signal, this.#late]) }),
        isReadOnly: (name) => toolbox.isReadOnly(name),
      },
      allowed: this.#allowed,
      sink,
      caller: { identity, requestId, clusters, signal, now },
      soFar: [],
      known: () => new Map(),
    });
  }

  async run(): Promise<Answered> {
    const { soFar } = this.#request;
    const decided = soFar?.calls.filter(({ name }) => !this.#options.toolbox.isReadOnly(name)) ?? [];
    if (decided.length > 0) return this.#told(this.#ofDecisions(decided));
    const asking = await this.#asking().catch((error: unknown) => {
      this.#request.signal.throwIfAborted();
      throw this.#late.aborted ? new CodedError("UPSTREAM_TIMEOUT", this.#lateness) : error;
    });
    const { kind, intent, page } = asking;
    if (kind === "HELP") return this.#told([help(this.#known), this.#closing].join("\n\n"));
    if (kind === "MORE") return this.#told(this.#more(page));
    if (!this.#clustersAreThere(asking)) return this.#told(this.#composed([]));
    const inquiry = this.#inquiry(asking);
    if (intent) await intent.plan(inquiry);
    else {
      this.#notes.push(
        `${UNKNOWN_TEXT} Here is the state of the fleet; and this is what I can answer:\n\n${examples(this.#known)}`,
      );
      await fleetStatus.plan(inquiry);
    }
    if (this.#waits) return this.#told(this.#notes.join("\n\n"));
    const { lead, next } = intent ?? fleetStatus;
    const first = this.#ended.filter(({ name }) => name === lead).sort(bySureness);
    const calls = [...first, ...this.#ended.filter(({ name }) => name !== lead)];
    return this.#told(this.#composed(next(asking), calls));
  }

  async #asking(): Promise<Asking> {
    const { turns, now } = this.#request;
    const { graph } = this.#options;
    const signal = AbortSignal.any([this.#request.signal, this.#late]);
    const clusters = await loadClusters(graph, this.#request, signal);
    const first = askingOf(turns, { clusters, namespaces: null, running: new Map() }, now);
    const asked = first.entities.clusters.length > 0 ? first.entities.clusters : clusters;
    const names = await loadNames(graph, this.#request, { clusters: asked, words: first.candidates }, signal);
    this.#known = clusters;
    const asking = askingOf(turns, { clusters, ...names }, now);
    const { subject } = asking.entities;
    if (subject !== null && names.running.get(subject) === false && asking.intent?.aboutWorkloads)
      this.#notes.push(`No pod there is called “${escapeMarkdown(subject)}”.`);
    return asking;
  }

  /** What was said of clusters that are not there is not answered with others. */
  #clustersAreThere({ reading, entities }: Asking): boolean {
    for (const { said, meant } of reading.guesses) {
      this.#notes.push(`I took “${escapeMarkdown(said)}” for ${escapeMarkdown(meant)}.`);
    }
    for (const { said, like } of reading.unknown) {
      const others = like.length > 0 ? ` Did you mean ${escapeMarkdown(like.join(" or "))}?` : thereAre(this.#known);
      this.#notes.push(`There is no cluster “${escapeMarkdown(said)}” in this conversation's reach.${others}`);
    }
    if (entities.environment !== null && entities.clusters.length === 0) {
      this.#notes.push(`No cluster in this conversation's reach is of the environment ${entities.environment}.`);
      return false;
    }
    return reading.unknown.length === 0 || reading.entities.clusters.length > 0;
  }

  #inquiry({ entities, reading }: Asking): Inquiry {
    const names = entities.clusters.map(({ name }) => name);
    return {
      entities,
      text: reading.text,
      question: this.#request.turns.at(-1)?.content ?? "",
      clusters: names.length > 0 ? names : undefined,
      now: this.#request.now,
      may: (tool) => this.#allowed.has(tool),
      ask: (...calls) => this.#ask(calls),
      say: (markdown) => void this.#notes.push(markdown),
    };
  }

  async #ask(planned: readonly PlannedCall[]): Promise<(ToolFinding | null)[]> {
    const { soFar, signal } = this.#request;
    const hashes = planned.map(({ name, arguments: given }) => callHash(name, given));
    const kept = (soFar?.calls ?? []).filter(({ outcome }) => outcome !== "REJECTED" && outcome.status === "SUCCESS");
    const known = [...kept, ...this.#ended].filter(({ argsHash }) => hashes.includes(argsHash));
    const fresh = planned.filter(({ name }, index) => {
      if (known.some(({ argsHash }) => argsHash === hashes[index])) return false;
      if (!this.#allowed.has(name)) this.#missing.add(name);
      return this.#allowed.has(name);
    });
    const left = Math.max(0, this.#options.limits.calls - this.#ended.length);
    const { ended, waits } = await this.#runner.run(
      fresh.slice(0, left).map(({ name, arguments: given }) => ({ id: "", name, arguments: JSON.stringify(given) })),
      left,
    );
    signal.throwIfAborted();
    this.#waits ||= waits;
    this.#conversation.add("", ended);
    const byHash = new Map([...known, ...ended].map((each) => [each.argsHash, each]));
    const inOrder = hashes.map((hash) => byHash.get(hash));
    this.#ended.push(...inOrder.flatMap((each) => (each && !this.#ended.includes(each) ? [each] : [])));
    return inOrder.map(findingOf);
  }

  #more(page: number): string {
    const more = moreOf(this.#request.turns, page);
    if (!more) return ["There are no more rows of what was found before.", this.#closing].join("\n\n");
    return this.#composed([], [more], PAGE);
  }

  #ofDecisions(decided: readonly EndedCall[]): string {
    const refused = decided.filter(({ outcome }) => outcome === "REJECTED");
    for (const { name } of refused) this.#notes.push(`You refused “${this.#title(name)}”: nothing was changed.`);
    return this.#composed(["Which alerts are firing?"], decided);
  }

  #composed(next: readonly string[], calls: readonly EndedCall[] = this.#ended, rows?: number): string {
    return compose({
      notes: this.#notes,
      calls,
      nameOf: this.#nameOf(),
      titleOf: (name) => this.#title(name),
      missing: [...this.#missing],
      next,
      closing: this.#closing,
      ...(rows === undefined ? {} : { rows }),
    });
  }

  #nameOf(): (call: EndedCall) => string {
    const names = new Map([...this.#conversation.calls].map(([name, { id }]) => [id, name]));
    return ({ id }) => names.get(id) ?? "c0";
  }

  get #lateness(): string {
    return `The answer took longer than ${this.#options.limits.ms / 1000} s.`;
  }

  get #closing(): string {
    const { problem } = this.#options;
    return problem === null ? CLOSING : closingInstead(problem);
  }

  #title = (name: string): string => this.#titles.get(name) ?? name;

  #told(text: string): Answered {
    const { soFar, signal } = this.#request;
    signal.throwIfAborted();
    const before = soFar?.content ? `${soFar.content}\n\n` : "";
    this.#sink.text(before === "" ? text : `\n\n${text}`);
    // Whatever stands here was copied from what a tool found: marks are what is left to check.
    const { content, citations } = verified(before + text, this.#conversation.calls, before + text);
    const isLate = this.#late.aborted;
    return {
      status: this.#waits ? "WAITING_FOR_APPROVAL" : isLate ? "PARTIAL" : "COMPLETE",
      content,
      model: null,
      tokensUsed: null,
      citations,
      problem: isLate ? { code: "UPSTREAM_TIMEOUT", message: this.#lateness } : null,
    };
  }
}
