export type Resource = "CPU" | "CPU_REQUESTS" | "MEMORY" | "MEMORY_REQUESTS" | "FILESYSTEM" | "VOLUME" | "GPU_MEMORY";

/** When something that fills up is full. */
export interface Forecast {
  readonly cluster: string;
  readonly resource: Resource;
  readonly status: "FULL" | "FILLING" | "NOT_FILLING" | "UNKNOWN";
  /** Why it is unknown. */
  readonly reason: string | null;
  /** Share in use at the end of the range, at the day's peak; 0 to 1. */
  readonly level: number | null;
  /** Share that is added in a day, and what it lies between. */
  readonly perDay: Interval | null;
  /** Days from the end of the range. Of a status other than FILLING and FULL, null. */
  readonly daysToFull: DaysToFull | null;
  readonly points: number;
}

export interface Interval {
  readonly low: number;
  readonly value: number;
  readonly high: number;
}

export interface DaysToFull {
  readonly soonest: number;
  readonly expected: number;
  /** Null where it may be later than can be said. */
  readonly latest: number | null;
}
