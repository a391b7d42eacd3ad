import type { z } from "zod";
import type { Identity } from "../../shared/kernel/auth-context.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import type { Graph } from "../../shared/kernel/graph.ts";
import type { DataGap, Signal } from "./core/index.ts";

const PATIENCE_MS = 45_000;

/** Why a part of an answer is missing. */
export interface Problem {
  /** Where in the answer; empty where there is none at all. */
  path: readonly (string | number)[];
  code: string;
  message: string;
}

export interface Told<T> {
  data: T | null;
  problems: Problem[];
}

/** The graph, as whoever asked for a search may ask it: what it does not answer is a problem of that part, and no end of the search. */
export class Questions {
  readonly #graph: Graph;
  readonly #asker: { identity: Identity; requestId: string; signal: AbortSignal };

  constructor(graph: Graph, asker: { identity: Identity; requestId: string; signal: AbortSignal }) {
    this.#graph = graph;
    this.#asker = asker;
  }

  /** @throws the reason why the search ends, if it ends meanwhile. */
  async ask<T extends z.ZodType>(
    document: string,
    variables: Record<string, unknown>,
    answer: T,
  ): Promise<Told<z.output<T>>> {
    const { signal, identity, requestId } = this.#asker;
    signal.throwIfAborted();
    const patience = AbortSignal.timeout(PATIENCE_MS);
    try {
      const { data, errors } = await this.#graph.ask({
        document,
        variables,
        identity,
        requestId,
        signal: AbortSignal.any([signal, patience]),
      });
      const problems = errors.map(({ path = [], extensions, message }) => ({
        path,
        code: extensions?.code ?? "INTERNAL_SERVER_ERROR",
        message,
      }));
      return { data: data && answer.parse(data), problems };
    } catch (error) {
      signal.throwIfAborted();
      if (patience.aborted) return failed("UPSTREAM_TIMEOUT", `There was no answer within ${PATIENCE_MS / 1000} s.`);
      if (error instanceof CodedError) return failed(error.code, error.message);
      throw error;
    }
  }
}

const failed = (code: string, message: string): Told<never> => ({
  data: null,
  problems: [{ path: [], code, message }],
});

export const firstMessage = (problems: readonly Problem[]): string | null => problems[0]?.message ?? null;

/** What a search has to do without, each said once. */
export class Gaps {
  readonly all: DataGap[] = [];

  add(source: Signal, reason: string | null): void {
    if (reason === null || this.all.some((gap) => gap.source === source && gap.reason === reason)) return;
    this.all.push({ source, reason });
  }
}
