import type { ErrorCode } from "../../shared/kernel/errors.ts";
import type { UpstreamAnswer } from "../../shared/upstreams/http.ts";
import type { DetectorOptions } from "./detector/index.ts";
import type { Samples } from "./samples.mapper.ts";

/** Read what a Prometheus answered. */
export interface ReadTask {
  kind: "read";
  answer: UpstreamAnswer;
  /** Series; the rest is left out. */
  most: number;
}

/** Look for anomalies in a few series. */
export interface JudgeTask {
  kind: "judge";
  series: readonly (Pick<Samples, "times" | "values"> & { counter: boolean })[];
  options: DetectorOptions;
  /** Of each finding, so many of the values that led to it. */
  contextPoints: number;
}

export type Task = ReadTask | JudgeTask;

/** Why a task failed; without a code it is ours to fix. */
export interface Problem {
  code: ErrorCode | null;
  message: string;
}

/** What a worker answers to one task. */
export type Reply<T> = { ok: true; value: T } | { ok: false; problem: Problem };
