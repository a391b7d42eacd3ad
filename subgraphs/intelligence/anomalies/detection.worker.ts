// Reads answers and judges series on a thread of its own, so that neither holds up the event loop. From source, Node itself strips
// the types of this file and of all that it imports.
import { parentPort } from "node:worker_threads";
import { CodedError } from "../../shared/kernel/errors.ts";
import { decoded } from "../../shared/upstreams/prometheus/answer.ts";
import { QueryAnswer } from "../../shared/upstreams/prometheus/schema.ts";
import type { JudgeTask, Problem, ReadTask, Reply, Task } from "./detection-task.plan.ts";
import { detect } from "./detector/index.ts";
import { type JudgedFinding, type SamplesAnswer, toSamples } from "./samples.mapper.ts";

/** Findings of one series; with more, the rarest. */
const MOST_FINDINGS = 50;

const port = parentPort;
if (!port) throw new Error("anomalies/detection.worker runs as a worker thread only");

port.on("message", (task: Task) => {
  try {
    if (task.kind === "read") {
      const read = reading(task);
      // Handed over, and not copied.
      const buffers = read.series.flatMap(({ times, values }) => [times.buffer, values.buffer]);
      port.postMessage({ ok: true, value: read } satisfies Reply<SamplesAnswer>, buffers);
    } else {
      port.postMessage({ ok: true, value: judging(task) } satisfies Reply<JudgedFinding[][]>);
    }
  } catch (error) {
    port.postMessage({ ok: false, problem: problemOf(error) } satisfies Reply<never>);
  }
});

const reading = ({ answer, most }: ReadTask): SamplesAnswer => toSamples(decoded(QueryAnswer, answer), most);

function judging({ series, options, contextPoints }: JudgeTask): JudgedFinding[][] {
  return series.map(({ times, values, counter }) => {
    const { findings } = detect({ times, values }, { ...options, counter });
    const rarest =
      findings.length > MOST_FINDINGS
        ? findings.toSorted((a, b) => b.score - a.score).slice(0, MOST_FINDINGS)
        : findings;
    return rarest
      .toSorted((a, b) => a.index - b.index)
      .map((finding) => ({
        ...finding,
        before: [...values.subarray(Math.max(0, finding.index + 1 - contextPoints), finding.index + 1)],
      }));
  });
}

const problemOf = (error: unknown): Problem =>
  error instanceof CodedError
    ? { code: error.code, message: error.message }
    : { code: null, message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
