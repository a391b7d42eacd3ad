import { type TraceQuery, TraceqlError } from "./traceql/ast.ts";
import { parseTraceql } from "./traceql/parse.ts";
import type { Window } from "./window.ts";

const DEFAULT_WINDOW = 3600;

/** What differs between versions. */
export interface Limits {
  readonly version: "2.10" | "3.0";
  /** Seconds. */
  readonly maxWindow: number;
}

export const LIMITS: Readonly<Record<Limits["version"], Limits>> = {
  "2.10": { version: "2.10", maxWindow: Infinity },
  "3.0": { version: "3.0", maxWindow: 168 * 3600 },
};

/** A request that Tempo would refuse with 400, in its words. */
export class BadRequest extends Error {
  override readonly name = "BadRequest";
}

/** A whole number above zero. */
export function positiveParam(params: URLSearchParams, name: string, otherwise: number, { version }: Limits): number {
  const text = params.get(name) ?? "";
  if (text === "") return otherwise;
  const parser = version === "2.10" ? "Atoi" : "ParseUint";
  if (!/^\d+$/.test(text)) {
    throw new BadRequest(`invalid ${name}: strconv.${parser}: parsing ${JSON.stringify(text)}: invalid syntax`);
  }
  if (Number(text) === 0) throw new BadRequest(`invalid ${name}: must be a positive number`);
  return Number(text);
}

function secondsParam(params: URLSearchParams, name: string): number {
  const text = params.get(name) ?? "";
  if (/^\d*$/.test(text)) return Number(text);
  throw new BadRequest(`invalid ${name}: strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
}

/** `start` and `end`; without them what is recent. */
export function windowParam(params: URLSearchParams, now: number, { version, maxWindow }: Limits): Window {
  const [start, wanted] = [secondsParam(params, "start"), secondsParam(params, "end")];
  // The newer version does not look into the future.
  const end = version === "3.0" ? Math.min(wanted, Math.floor(now / 1000)) : wanted;
  if (start === 0 && end === 0) return { start: now / 1000 - DEFAULT_WINDOW, end: now / 1000 };
  if (start === 0 || end === 0)
    throw new BadRequest("please provide non-zero values for http parameters start and end");
  if (end <= start) {
    throw new BadRequest(`http parameter start must be before end. received start=${start} end=${end}`);
  }
  if (end - start > maxWindow) {
    throw new BadRequest(
      `range specified by start and end exceeds ${maxWindow / 3600}h0m0s. received start=${start} end=${end}`,
    );
  }
  return { start, end };
}

export function parsedQuery(text: string): TraceQuery {
  try {
    return parseTraceql(text);
  } catch (error) {
    if (error instanceof TraceqlError) throw new BadRequest(`invalid TraceQL query: ${error.message}`);
    throw error;
  }
}
