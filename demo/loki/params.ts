import { parseDuration } from "../../promql/literals.ts";
import { LokiError } from "./ast.ts";

const HOUR = 3_600_000_000_000n;
const MAX_RANGE = 721n * HOUR; // 30d1h
const MAX_LIMIT = 5000;
const DEFAULT_LIMIT = 100;

/** Nanoseconds of a time parameter: unix seconds or nanoseconds, or RFC 3339. */
export function timeParam(params: URLSearchParams, name: string, otherwise: bigint): bigint {
  const text = params.get(name) ?? "";
  if (text === "") return otherwise;
  if (/^\d+\.\d+$/.test(text)) return BigInt(Math.round(Number(text) * 1e6)) * 1000n;
  if (/^-?\d+$/.test(text)) return text.length <= 10 ? BigInt(text) * 1_000_000_000n : BigInt(text);
  const [, stamp = "", fraction = "", zone = ""] =
    /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(text) ?? [];
  const milliseconds = Date.parse(stamp + zone);
  if (!Number.isNaN(milliseconds)) return BigInt(milliseconds) * 1_000_000n + BigInt(fraction.padEnd(9, "0"));
  const why = `strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`;
  throw new LokiError(`could not parse '${name}' parameter: ${why}`);
}

export interface Range {
  readonly start: bigint;
  readonly end: bigint;
}

/** `start` or `since`, and `end`, an hour by default; checked as queries want them. */
export function rangeParam(params: URLSearchParams, now: bigint): Range {
  const end = timeParam(params, "end", now);
  const since = params.get("since") ?? "";
  const length = since === "" ? undefined : parseDuration(since);
  if (since !== "" && length === undefined) {
    throw new LokiError(`could not parse 'since' parameter: not a valid duration string: ${JSON.stringify(since)}`);
  }
  const start = timeParam(params, "start", end - (length === undefined ? HOUR : BigInt(length) * 1_000_000n));
  if (end <= start) throw new LokiError("end timestamp must not be before or equal to start time");
  if (end - start > MAX_RANGE) {
    const seconds = (end - start) / 1_000_000_000n;
    const asked = `${seconds / 3600n}h${(seconds / 60n) % 60n}m${seconds % 60n}s`;
    throw new LokiError(`the query time range exceeds the limit (query length: ${asked}, limit: 30d1h)`);
  }
  return { start, end };
}

/** How many lines are wanted at most. */
export function limitParam(params: URLSearchParams): number {
  const text = params.get("limit") ?? "";
  if (text === "") return DEFAULT_LIMIT;
  if (!/^-?\d+$/.test(text)) throw new LokiError(`strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
  const limit = Number(text);
  if (limit <= 0) throw new LokiError("limit must be a positive value");
  if (limit > MAX_LIMIT) {
    throw new LokiError(
      `max entries limit per query exceeded, limit > max_entries_limit_per_query (${limit} > ${MAX_LIMIT})`,
    );
  }
  return limit;
}

export function directionParam(params: URLSearchParams): "forward" | "backward" {
  const text = params.get("direction") ?? "";
  const direction = text === "" ? "backward" : text.toLowerCase();
  if (direction === "forward" || direction === "backward") return direction;
  throw new LokiError(`invalid direction '${text}'`);
}

/** Milliseconds between two steps of a query over a range. */
export function stepParam(params: URLSearchParams, { start, end }: Range): number {
  const text = params.get("step") ?? "";
  const whole = Number((end - start) / 1_000_000n);
  if (text === "") return Math.max(1, Math.floor(whole / 250_000)) * 1000;
  const step = /^\d*\.?\d+$/.test(text) ? Number(text) * 1000 : parseDuration(text);
  if (step === undefined) throw new LokiError(`cannot parse ${JSON.stringify(text)} to a valid duration`);
  if (step <= 0) {
    throw new LokiError("zero or negative query resolution step widths are not accepted. Try a positive integer");
  }
  if (whole / step > 11_000) {
    throw new LokiError(
      "exceeded maximum resolution of 11,000 points per time series. Try increasing the value of the step parameter",
    );
  }
  return step;
}
