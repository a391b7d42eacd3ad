import type { WorldSpan, WorldTrace } from "../world/traces/trace.ts";
import type { World } from "../world/world.ts";
import { BadRequest, type Limits, parsedQuery, windowParam } from "./params.ts";
import type { Field } from "./traceql/ast.ts";
import { matchTrace } from "./traceql/evaluate.ts";
import { eventAttributes, fieldValues, INTRINSICS, resourceAttributes } from "./traceql/fields.ts";
import { newestFirst } from "./window.ts";

/** Names and values are those of the newest traces. */
const LOOKED_AT = 500;
const SCOPES = ["resource", "span", "event", "intrinsic"] as const;
const KEYWORDS: Readonly<Record<string, readonly string[]>> = {
  status: ["ok", "error", "unset"],
  kind: ["unspecified", "internal", "server", "client", "producer", "consumer"],
};

interface Asked {
  readonly world: World;
  readonly params: URLSearchParams;
  readonly now: number;
  readonly limits: Limits;
}

function* recent({ world, params, now, limits }: Asked): Generator<WorldTrace, void, void> {
  let looked = 0;
  for (const trace of newestFirst(world, windowParam(params, now, limits), now)) {
    if (looked++ === LOOKED_AT) return;
    yield trace;
  }
}

const attributesOf: Readonly<Record<string, (span: WorldSpan) => object>> = {
  resource: resourceAttributes,
  span: ({ attributes }) => attributes,
  event: eventAttributes,
};

/** The names of attributes, by their scopes. */
export function tagScopes(asked: Asked): { name: string; tags: string[] }[] {
  const scope = asked.params.get("scope") ?? "";
  if (!["", "none", ...SCOPES].includes(scope)) throw new BadRequest(`invalid scope: ${scope}`);
  const wanted = scope === "" || scope === "none" ? SCOPES : SCOPES.filter((name) => name === scope);
  const found = new Map(
    wanted.map((name) => [name, new Set<string>(name === "intrinsic" ? Object.keys(INTRINSICS) : [])]),
  );
  for (const { spans } of recent(asked)) {
    for (const span of spans) {
      for (const [name, tags] of found) for (const key of Object.keys(attributesOf[name]?.(span) ?? {})) tags.add(key);
    }
  }
  return [...found].flatMap(([name, tags]) => (tags.size === 0 ? [] : [{ name, tags: [...tags].sort() }]));
}

export interface TagValue {
  readonly type: string;
  readonly value: string;
}

/** The values of a field, in those traces' spans that `q` finds. */
export function tagValues(field: Field, asked: Asked): TagValue[] {
  const keywords = field.scope === "intrinsic" ? KEYWORDS[field.name] : undefined;
  if (keywords !== undefined) return keywords.map((value) => ({ type: "keyword", value }));
  const q = asked.params.get("q") ?? "";
  const query = q === "" ? undefined : parsedQuery(q);
  const found = new Map<string, TagValue>();
  for (const trace of recent(asked)) {
    const spans = query === undefined ? trace.spans : (matchTrace(query, trace)?.spans ?? []);
    for (const value of spans.flatMap((span) => fieldValues(field, span, trace))) {
      const type = typeof value === "number" ? "int" : typeof value === "boolean" ? "bool" : "string";
      found.set(String(value), { type, value: String(value) });
    }
  }
  return [...found.values()];
}

/** A tag's name with its scope, as the second version of the API wants it. */
export function scopedField(name: string): Field {
  if (Object.hasOwn(INTRINSICS, name)) return { scope: "intrinsic", name };
  const [, scope = "", rest = ""] = /^(resource|span|event|link|)\.(.+)$/.exec(name) ?? [];
  if (rest !== "") return { scope: scope === "" ? "any" : scope, name: rest };
  const what = `parse error at line 1, col 2: unknown identifier: ${name.split(".")[0]}`;
  throw new BadRequest(`please provide a valid tagName: failed to parse identifier ${name}: ${what}`);
}
