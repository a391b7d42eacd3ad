import type { FleetClients } from "../../shared/fleet/clients.ts";
import type { Target } from "../../shared/fleet/directory.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import { fanOut } from "../../shared/kernel/fan-out.ts";
import type { Outcome } from "../../shared/kernel/outcome.ts";
import type { Window } from "../../shared/kernel/time-range.ts";
import type { ReadTask } from "./detection-task.plan.ts";
import type { SamplesAnswer } from "./samples.mapper.ts";

/** What one scan may look at, of all clusters together. */
export interface ScanLimits {
  series: number;
  samples: number;
}

export interface SeriesQuestion {
  targets: readonly Target[];
  query: string;
  window: Window;
  timeoutSeconds: number;
  requestId: string;
  signal: AbortSignal;
}

export interface ClusterSeries extends SamplesAnswer {
  bytes: number;
  truncated: boolean;
}

/** Reads answers elsewhere than on the event loop. */
export interface AnswerReader {
  read(task: Omit<ReadTask, "kind">, signal: AbortSignal): Promise<SamplesAnswer>;
}

/** Answers under way and being read at once: each may be 64 MiB of text. */
const AT_ONCE = 8;
/** Of the time that a question may take, what is kept for reading the answers. */
const READING = { share: 0.05, mostMs: 500 };

/** The series of a fleet over a window, as numbers: one request per cluster. */
export class FleetSeries {
  readonly #clients: Pick<FleetClients, "prometheus">;
  readonly #reader: AnswerReader;
  readonly #limits: ScanLimits;
  readonly #onInternalError: (error: unknown) => void;

  constructor(options: {
    clients: Pick<FleetClients, "prometheus">;
    reader: AnswerReader;
    limits: ScanLimits;
    onInternalError: (error: unknown) => void;
  }) {
    this.#clients = options.clients;
    this.#reader = options.reader;
    this.#limits = options.limits;
    this.#onInternalError = options.onInternalError;
  }

  async read({ targets, query, window, ...asked }: SeriesQuestion): Promise<Outcome<ClusterSeries>[]> {
    const { timeoutSeconds, requestId, signal } = asked;
    const most = this.#limits.series;
    const held = { series: 0, samples: 0 };
    const whole = timeoutSeconds * 1000;
    return await fanOut(
      targets,
      async (target, own) => {
        const client = await this.#clients.prometheus(target);
        // One more than is let through, to know that there are more.
        const options = { signal: own, requestId, limit: most + 1 };
        const answer = await client.queryAnswer(query, window, timeoutSeconds, options);
        const read = await this.#reader.read({ answer, most }, own);
        held.series += read.series.length;
        held.samples += read.samples;
        if (held.series > most || held.samples > this.#limits.samples) throw tooMuch(this.#limits);
        return { ...read, bytes: answer.bytes, truncated: read.total > read.series.length };
      },
      {
        signal,
        patienceMs: () => Math.max(1, whole - Math.min(whole * READING.share, READING.mostMs)),
        concurrency: AT_ONCE,
        onInternalError: this.#onInternalError,
      },
    );
  }
}

export const sizeOf = ({ total, bytes, warnings, truncated }: ClusterSeries) => ({
  rows: total,
  bytes,
  warnings,
  truncated,
});

const tooMuch = ({ series, samples }: ScanLimits): CodedError =>
  new CodedError(
    "LIMIT_EXCEEDED",
    `A scan looks at ${series} series and ${samples} samples at most. Ask for fewer clusters, a shorter range or a larger step.`,
    { field: "query", rule: `at most ${series} series and ${samples} samples` },
  );
