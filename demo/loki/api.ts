import { type Answer, type Handler, json, text, type UpstreamCall } from "../server/answer.ts";
import type { LogSource } from "../world/logs/logs.ts";
import type { World } from "../world/world.ts";
import { type LogExpr, LokiError, type MetricExpr } from "./ast.ts";
import { labelNames, labelValues, seriesList } from "./catalogue.ts";
import { evaluateMetric, type Steps, scalarOf } from "./metric.ts";
import { directionParam, limitParam, rangeParam, stepParam, timeParam } from "./params.ts";
import { parseLogql } from "./parse.ts";
import type { Entry } from "./pipeline.ts";
import { entries, type Source, sourceOf } from "./read.ts";
import { stats } from "./stats.ts";
import { CATEGORIZE, categorizes, streamsOf } from "./streams.ts";
import { tail } from "./tail.ts";

const PLAIN = { "x-content-type-options": "nosniff" };
const BUILD = {
  version: "3.7.6",
  revision: "demo",
  branch: "release-3.7.x",
  buildUser: "",
  buildDate: "",
  goVersion: "",
};

const success = (data: object): Answer => ({
  ...json(200, { status: "success", ...data }),
  contentType: "application/json; charset=UTF-8",
});

function logRange(expr: LogExpr, source: Source, { params, headers }: UpstreamCall): Answer {
  const range = rangeParam(params, source.now);
  const limit = limitParam(params);
  const found: Entry[] = [];
  for (const chunk of entries(source, expr, range, directionParam(params))) {
    found.push(...chunk.slice(0, limit - found.length));
    if (found.length === limit) break;
  }
  const categorized = categorizes(headers);
  return success({
    data: {
      resultType: "streams",
      ...(categorized ? { encodingFlags: [CATEGORIZE] } : {}),
      result: streamsOf(found, categorized),
      stats: stats(source, found.length),
    },
  });
}

function metricRange(expr: MetricExpr, source: Source, { params }: UpstreamCall): Answer {
  const range = rangeParam(params, source.now);
  limitParam(params);
  const step = stepParam(params, range);
  // Steps lie on multiples of their width, so that a query asked again a little later finds the same ones.
  const start = Math.floor(Number(range.start / 1_000_000n) / step) * step;
  const end = Math.ceil(Number(range.end / 1_000_000n) / step) * step;
  const steps: Steps = { start, step, count: Math.round((end - start) / step) + 1 };
  const result = evaluateMetric(expr, source, steps);
  return success({ data: { resultType: "matrix", result, stats: stats(source, result.length) } });
}

function queryRange(logs: LogSource, call: UpstreamCall): Answer {
  const expr = parseLogql(call.params.get("query") ?? "");
  const source = sourceOf(logs, call.now);
  return expr.type === "log" ? logRange(expr, source, call) : metricRange(expr, source, call);
}

function queryInstant(logs: LogSource, { params, now }: UpstreamCall): Answer {
  const expr = parseLogql(params.get("query") ?? "");
  const source = sourceOf(logs, now);
  const time = Number(timeParam(params, "time", source.now) / 1_000_000n);
  if (expr.type === "log") {
    throw new LokiError(
      "log queries are not supported as an instant query type, please change your query to a range query type",
    );
  }
  const scalar = scalarOf(expr);
  if (scalar !== undefined) {
    const result = [time / 1000, String(scalar)];
    return success({ data: { resultType: "scalar", result, stats: stats(source, 1, false) } });
  }
  const rows = evaluateMetric(expr, source, { start: time, step: 1, count: 1 });
  const result = rows.map(({ metric, values: [value] }) => ({ metric, value }));
  return success({ data: { resultType: "vector", result, stats: stats(source, result.length) } });
}

const notFound = () => text(404, "404 page not found\n", PLAIN);

/** What another tenant has there. */
const NOTHING: LogSource = { streams: [], lines: () => [] };

/** A label without values: no data at all. */
const listed = (values: readonly unknown[]) => success(values.length === 0 ? {} : { data: values });

function api(logs: LogSource, call: UpstreamCall): Answer {
  const name = call.path.slice("/loki/api/v1/".length);
  const label = /^label\/([^/]+)\/values$/.exec(name)?.[1];
  const answers: Readonly<Record<string, () => Answer>> = {
    query: () => queryInstant(logs, call),
    query_range: () => queryRange(logs, call),
    labels: () => listed(labelNames(logs, call.params)),
    series: () => success({ data: seriesList(logs, call.params) }),
    "status/buildinfo": () => json(200, BUILD),
    tail: () => tail(logs, call),
  };
  const values =
    label === undefined ? undefined : () => listed(labelValues(logs, decodeURIComponent(label), call.params));
  const answer = values ?? (Object.hasOwn(answers, name) ? answers[name] : undefined);
  if (answer === undefined || !["GET", "POST"].includes(call.method)) return notFound();
  try {
    return answer();
  } catch (error) {
    if (error instanceof LokiError) return text(400, error.message, PLAIN);
    throw error;
  }
}

/** The Loki of a cluster. One with a tenant wants to be told whose logs are meant, and has none of another tenant. */
export function lokiHandler(world: World, tenant?: string): Handler {
  return (call) => {
    if (call.path === "/ready") return text(200, "ready\n", PLAIN);
    if (!call.path.startsWith("/loki/api/v1/")) return notFound();
    const asked = call.headers["x-scope-orgid"] ?? "";
    if (tenant !== undefined && asked === "") return text(401, "no org id\n", PLAIN);
    if (asked.includes("|")) return text(500, "multiple org IDs present", PLAIN);
    return api(tenant === undefined || tenant === asked ? world.logs : NOTHING, call);
  };
}
