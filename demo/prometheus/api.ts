import { badData, QueryError } from "../../promql/errors.ts";
import { type QueryAnswer, type QueryData, queryInstant, queryRange } from "../../promql/query.ts";
import { type Answer, type Handler, json, text, type UpstreamCall } from "../server/answer.ts";
import { sampleSource } from "../world/samples.ts";
import type { World } from "../world/world.ts";
import { labelNames, labelValues, metadata, seriesList } from "./catalogue.ts";
import { durationParam, limitParam, timeParam } from "./params.ts";
import { alertList, ruleGroups } from "./rules.ts";
import { targets } from "./targets.ts";

const MAX_POINTS = 11_000;
const DEFAULT_TIMEOUT = 120_000;
const STATUS = { bad_data: 400, execution: 422, timeout: 503 };
const THANOS_BUILD = "0.39.2";
const BOOLEANS = new Set(["", "1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False"]);
const BUILD = { version: "3.5.3", revision: "demo", branch: "HEAD", buildUser: "demo", buildDate: "20260929-11:59:39" };

interface Success {
  readonly data: unknown;
  readonly warnings?: readonly string[];
  readonly infos?: readonly string[];
}

function success({ data, warnings = [], infos = [] }: Success): Answer {
  const remarks = { ...(warnings.length === 0 ? {} : { warnings }), ...(infos.length === 0 ? {} : { infos }) };
  return json(200, { status: "success", data, ...remarks });
}

const TRUNCATED = "results truncated due to limit";

function limitedList(rows: readonly unknown[], limit: number): Success {
  return limit > 0 && rows.length > limit ? { data: rows.slice(0, limit), warnings: [TRUNCATED] } : { data: rows };
}

function limitedQuery({ data, infos }: QueryAnswer, limit: number): Success {
  const many = data.resultType === "vector" || data.resultType === "matrix";
  if (!many || limit === 0 || data.result.length <= limit) return { data, infos };
  const shortened = { ...data, result: data.result.slice(0, limit) } as QueryData;
  return { data: shortened, infos, warnings: [TRUNCATED] };
}

function instant(world: World, { params, now }: UpstreamCall): Success {
  const limit = limitParam(params);
  const time = timeParam(params, "time", now);
  const limits = { timeout: durationParam(params, "timeout", DEFAULT_TIMEOUT) };
  // Only Thanos reads it, and refuses what Go does not take for a boolean.
  const dedup = params.get("dedup") ?? "";
  if (world.spec.thanos && !BOOLEANS.has(dedup)) {
    throw badData(`'dedup' parameter: strconv.ParseBool: parsing "${dedup}": invalid syntax`);
  }
  return limitedQuery(queryInstant(params.get("query") ?? "", time, sampleSource(world, now), limits), limit);
}

function range(world: World, { params, now }: UpstreamCall): Success {
  const limit = limitParam(params);
  const start = timeParam(params, "start", undefined);
  const end = timeParam(params, "end", undefined);
  if (end < start) throw badData('invalid parameter "end": end timestamp must not be before start time');
  const step = durationParam(params, "step", undefined);
  if (step <= 0) {
    throw badData(
      'invalid parameter "step": zero or negative query resolution step widths are not accepted. Try a positive integer',
    );
  }
  if ((end - start) / step > MAX_POINTS) {
    throw badData(
      "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)",
    );
  }
  const limits = { timeout: durationParam(params, "timeout", DEFAULT_TIMEOUT) };
  const source = sampleSource(world, now);
  return limitedQuery(queryRange(params.get("query") ?? "", { start, end, step }, source, limits), limit);
}

const NOT_FOUND = text(404, "404 page not found\n", { "x-content-type-options": "nosniff" });

function api(world: World, call: UpstreamCall): Answer {
  const { params, now } = call;
  const name = call.path.slice("/api/v1/".length);
  const source = sampleSource(world, now);
  const label = /^label\/([^/]+)\/values$/.exec(name)?.[1];
  const list = label === undefined ? undefined : () => labelValues(decodeURIComponent(label), source, params);
  const answers: Readonly<Record<string, () => Success>> = {
    query: () => instant(world, call),
    query_range: () => range(world, call),
    labels: () => limitedList(labelNames(source, params), limitParam(params)),
    series: () => limitedList(seriesList(source, params), limitParam(params)),
    metadata: () => ({ data: metadata(world, params.get("metric"), limitParam(params)) }),
    targets: () => ({ data: targets(source, params.get("state") ?? "") }),
    alerts: () => ({ data: alertList(world, now) }),
    rules: () => ({ data: ruleGroups(world, params, now) }),
    "status/buildinfo": () => ({
      data: { ...BUILD, ...(world.spec.thanos ? { version: THANOS_BUILD } : {}), goVersion: "go1.24.6" },
    }),
  };
  const answer = list === undefined ? answers[name] : () => limitedList(list(), limitParam(params));
  if (answer === undefined) return NOT_FOUND;
  const form = ["query", "query_range", "labels", "series"].includes(name);
  if (call.method !== "GET" && !(form && call.method === "POST")) {
    return text(405, "Method Not Allowed\n", { allow: form ? "GET, OPTIONS, POST" : "GET, OPTIONS" });
  }
  try {
    return success(answer());
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    return json(STATUS[error.errorType], { status: "error", errorType: error.errorType, error: error.message });
  }
}

/** The Prometheus of a cluster. */
export function prometheusHandler(world: World): Handler {
  return (call) => {
    if (call.path.startsWith("/api/v1/")) return api(world, call);
    const state = { "/-/ready": "Ready", "/-/healthy": "Healthy" }[call.path];
    if (state === undefined) return NOT_FOUND;
    if (call.method !== "GET" && call.method !== "HEAD")
      return text(405, "Method Not Allowed\n", { allow: "GET, HEAD" });
    return text(200, `Prometheus Server is ${state}.\n`);
  };
}
