import { type Answer, type Handler, json, text, type UpstreamCall } from "../server/answer.ts";
import type { WorldTrace } from "../world/traces/trace.ts";
import type { World } from "../world/world.ts";
import { resourceSpans } from "./otlp.ts";
import { BadRequest, LIMITS, type Limits } from "./params.ts";
import { search } from "./search.ts";
import { scopedField, tagScopes, tagValues } from "./tags.ts";

const MAX_ID = 32;
const BUILDS: Readonly<Record<Limits["version"], object>> = {
  "2.10": { version: "v2.10.8", revision: "f0f3ed5919", branch: "release-v2.10" },
  "3.0": { version: "v3.0.3", revision: "1900ed7bb5", branch: "release-v3.0" },
};

function traceIdParam(text: string): string {
  const bad = /[^0-9a-f]/i.exec(text);
  if (bad !== null) {
    const where = `invalid character '${bad[0]}' at position ${bad.index + 1}`;
    throw new BadRequest(`trace IDs can only contain hex characters: ${where}`);
  }
  if (text.length > MAX_ID) throw new BadRequest("trace IDs can't be larger than 128 bits");
  return text.toLowerCase().padStart(MAX_ID, "0");
}

function found(world: World, id: string, now: number): WorldTrace | undefined {
  const trace = world.traces.find(traceIdParam(id));
  return trace === undefined || trace.start > now * 1000 ? undefined : trace;
}

const bytes = (value: unknown) => ({ inspectedBytes: String(JSON.stringify(value).length) });

function traceAnswer(world: World, id: string, now: number): Answer {
  const trace = found(world, id, now);
  return trace === undefined
    ? { status: 404, contentType: "", body: "" }
    : json(200, { batches: resourceSpans(trace) });
}

function traceAnswerV2(world: World, id: string, now: number): Answer {
  const trace = found(world, id, now);
  if (trace === undefined) return json(200, { trace: {}, metrics: {} });
  const spans = resourceSpans(trace);
  return json(200, { trace: { resourceSpans: spans }, metrics: bytes(spans) });
}

type Act = (asked: Parameters<typeof tagScopes>[0], name: string) => Answer;

/** In order; a path's first group is the name in it. Any method will do. */
const ROUTES: readonly (readonly [path: RegExp, act: Act])[] = [
  [/^\/api\/search$/, ({ world, params, now, limits }) => search(world, params, now, limits)],
  [/^\/api\/traces\/([^/]+)$/, ({ world, now }, id) => traceAnswer(world, id, now)],
  [/^\/api\/v2\/traces\/([^/]+)$/, ({ world, now }, id) => traceAnswerV2(world, id, now)],
  [
    /^\/api\/search\/tags$/,
    (asked) => {
      const names = tagScopes(asked).flatMap(({ name, tags }) => (name === "intrinsic" ? [] : tags));
      return json(200, { tagNames: [...new Set(names)].sort(), metrics: bytes(names) });
    },
  ],
  [
    /^\/api\/search\/tag\/([^/]+)\/values$/,
    (asked, name) => {
      const values = tagValues({ scope: "any", name }, asked).map(({ value }) => value);
      return json(200, { tagValues: values.sort(), metrics: bytes(values) });
    },
  ],
  [
    /^\/api\/v2\/search\/tags$/,
    (asked) => {
      const scopes = tagScopes(asked);
      return json(200, { scopes, metrics: bytes(scopes) });
    },
  ],
  [
    /^\/api\/v2\/search\/tag\/([^/]+)\/values$/,
    (asked, name) => {
      const values = tagValues(scopedField(name), asked);
      return json(200, { tagValues: values, metrics: values[0]?.type === "keyword" ? {} : bytes(values) });
    },
  ],
];

const VARY = { vary: "Accept-Encoding" };

function api(world: World, { path, params, now }: UpstreamCall, limits: Limits): Answer | undefined {
  for (const [pattern, act] of ROUTES) {
    const match = pattern.exec(path);
    if (match === null) continue;
    try {
      const answer = act({ world, params, now, limits }, decodeURIComponent(match[1] ?? ""));
      return { ...answer, headers: VARY };
    } catch (error) {
      if (error instanceof BadRequest) return text(400, error.message, VARY);
      throw error;
    }
  }
  return undefined;
}

/** The Tempo of a cluster, in the version that its specification says. */
export function tempoHandler(world: World): Handler {
  const limits = LIMITS[world.spec.tempo ?? "2.10"];
  const build = { ...BUILDS[limits.version], buildUser: "", buildDate: "", goVersion: "go1.26.11" };
  return (call) => {
    if (call.path === "/ready") return text(200, "ready\n");
    if (call.path === "/api/echo") return text(200, "echo\n");
    if (call.path === "/api/status/buildinfo") return json(200, build);
    return api(world, call, limits) ?? text(404, "404 page not found\n", { "x-content-type-options": "nosniff" });
  };
}
