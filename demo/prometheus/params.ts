import { badData } from "../../promql/errors.ts";
import { parseDuration } from "../../promql/literals.ts";

/** Milliseconds of a time parameter: unix seconds, fractions allowed, or RFC 3339. Throws bad_data. */
export function timeParam(params: URLSearchParams, name: string, otherwise: number | undefined): number {
  const text = params.get(name) ?? "";
  if (text === "" && otherwise !== undefined) return otherwise;
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text)) return Math.round(Number(text) * 1000);
  const parsed = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/i.test(text)
    ? Date.parse(text)
    : Number.NaN;
  if (!Number.isNaN(parsed)) return parsed;
  throw badData(
    `invalid parameter "${name}": invalid time value for '${name}': cannot parse "${text}" to a valid timestamp`,
  );
}

/** Milliseconds of a duration parameter: seconds, fractions allowed, or "1h30m". Throws bad_data. */
export function durationParam(params: URLSearchParams, name: string, otherwise: number | undefined): number {
  const text = params.get(name) ?? "";
  if (text === "" && otherwise !== undefined) return otherwise;
  const milliseconds = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text)
    ? Number(text) * 1000
    : parseDuration(text);
  if (milliseconds !== undefined) return milliseconds;
  throw badData(`invalid parameter "${name}": cannot parse "${text}" to a valid duration`);
}

/** The `limit` parameter; 0 means none. Throws bad_data. */
export function limitParam(params: URLSearchParams): number {
  const text = params.get("limit") ?? "0";
  if (/^\d+$/.test(text)) return Number(text);
  throw badData(`invalid parameter "limit": cannot parse "${text}" to a valid limit`);
}
