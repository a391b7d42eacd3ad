import type { Evidence, Signal } from "./model.ts";

/** From here on something stands out. */
export const STANDS_OUT = 3;

/** Something unusual about an entity. */
export interface Finding {
  /** Its key. */
  readonly entity: string;
  readonly signal: Signal;
  /** Where it was seen. Two findings are independent if they come from different sources. */
  readonly source: "METRICS" | "TRACES" | "LOGS" | "EVENTS" | "CHANGES" | "ALERTS";
  readonly z: number;
  /** The metric that it is of, if it is of one. */
  readonly metric?: string;
  /** In words, which are only made of those that are shown. */
  readonly evidence: () => Omit<Evidence, "signal" | "entity" | "z">;
}

export const percent = (share: number): string => {
  const value = share * 100;
  return `${value > 0 && value < 1 ? "under 1" : Math.round(value)} %`;
};

export const figure = (value: number): string => String(Number(value.toPrecision(3)));
