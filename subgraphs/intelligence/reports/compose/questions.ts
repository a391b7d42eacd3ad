import type { z } from "zod";
import { CodedError } from "../../../shared/kernel/errors.ts";
import { firstProblem, type GraphAnswer } from "../../../shared/kernel/graph.ts";
import type { Gap, QueryRecord } from "../model/report.ts";
import { type Missing, problemsOf } from "./outcome.ts";
import type { ComposeDeps } from "./request.ts";

export interface Question<T> {
  /** What for, in a few words. Operations with the same words are one query of the report. */
  readonly what: string;
  readonly document: string;
  readonly variables: Record<string, unknown>;
  readonly promql?: string;
  readonly answer: z.ZodType<T>;
}

/** Asks the graph, and keeps what was asked when, and what could not be had. */
export class Questions {
  readonly #deps: ComposeDeps;
  readonly #queries = new Map<string, QueryRecord>();
  readonly #gaps = new Map<string, { what: string; reason: string; code: string | null; clusters: Set<string> }>();
  #done = 0;
  #total: number;

  /** @param expected how many operations there will be, for the progress; `expect` adds to them. */
  constructor(deps: ComposeDeps, expected: number) {
    this.#deps = deps;
    this.#total = expected;
  }

  expect(more: number): void {
    this.#total += more;
  }

  /**
   * Null where there is no answer, whose reason is then a gap.
   * @throws the signal's reason
   */
  async ask<T>(question: Question<T>): Promise<T | null> {
    const { what } = question;
    const answer = await this.#answered(question);
    for (const missing of problemsOf(answer)) this.missing(what, missing);
    const { data, error } = question.answer.safeParse(answer.data ?? undefined);
    if (error && answer.errors.length === 0) {
      this.missing(what, { cluster: null, reason: "The answer is not what this report reads.", code: null });
    }
    return data ?? null;
  }

  /** Of what there is no report without. @throws what it failed with */
  async require<T>(question: Question<T>): Promise<T> {
    const answer = await this.#answered(question);
    const { data } = question.answer.safeParse(answer.data ?? undefined);
    if (data !== undefined) return data;
    throw firstProblem(answer) ?? new CodedError("INTERNAL_SERVER_ERROR", `${question.what}: an unreadable answer.`);
  }

  async #answered({ what, document, variables, promql }: Question<unknown>): Promise<GraphAnswer> {
    const { ask, clock, progress, signal } = this.#deps;
    signal.throwIfAborted();
    progress({ step: what, done: this.#done, total: Math.max(this.#total, this.#done + 1) });
    this.#record({ what, graphql: document, variables, promql: promql ?? null }, clock.now());
    try {
      return await ask(document, variables);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof CodedError)) throw error;
      return { data: null, errors: [{ message: error.message, extensions: { code: error.code } }] };
    } finally {
      this.#done += 1;
    }
  }

  #record(asked: Pick<QueryRecord, "what" | "graphql" | "variables" | "promql">, at: Date): void {
    const known = this.#queries.get(asked.what);
    const id = `Q${this.#queries.size + 1}`;
    const record = known ?? { id, askedAt: at.toISOString(), operations: 0, ...asked };
    this.#queries.set(asked.what, { ...record, operations: record.operations + 1 });
  }

  missing(what: string, { cluster, reason, code }: Missing): void {
    const key = JSON.stringify([what, reason, code]);
    const gap = this.#gaps.get(key) ?? { what, reason, code, clusters: new Set() };
    if (cluster !== null) gap.clusters.add(cluster);
    this.#gaps.set(key, gap);
  }

  /** The id that tables name a query by; empty where it was not asked. */
  idOf(what: string): string {
    return this.#queries.get(what)?.id ?? "";
  }

  get queries(): QueryRecord[] {
    return [...this.#queries.values()];
  }

  get gaps(): Gap[] {
    return [...this.#gaps.values()].map((gap) => ({ ...gap, clusters: [...gap.clusters].sort() }));
  }
}
