import type { LogLine } from "../world/logs/line.ts";
import type { Condition, Stage } from "./ast.ts";
import { parseJson, parseLogfmt } from "./parsers.ts";

type Labels = Readonly<Record<string, string>>;

/** A line on its way through a query. */
export interface Entry {
  readonly ns: bigint;
  readonly line: string;
  /** Of the stream; what is known beside the line; what the query got out of it. */
  readonly stream: Labels;
  readonly metadata: Labels;
  readonly parsed: Labels;
}

export const allLabels = ({ stream, metadata, parsed }: Entry): Record<string, string> => ({
  ...stream,
  ...metadata,
  ...parsed,
});

const labelOf = ({ stream, metadata, parsed }: Entry, name: string): string | undefined =>
  parsed[name] ?? metadata[name] ?? stream[name];

const UNITS: Readonly<Record<string, number>> = { ns: 1e-9, us: 1e-6, µs: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 };

/** Seconds of a duration as Go writes it; NaN for what is none. */
export function seconds(text: string): number {
  const parts = [...text.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join("") !== text) return Number.NaN;
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (UNITS[unit ?? ""] ?? 0), 0);
}

const ORDER: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  "=": (a, b) => a === b,
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
};

function holds(condition: Condition, entry: Entry): boolean {
  switch (condition.is) {
    case "either":
      return holds(condition.left, entry) || holds(condition.right, entry);
    case "both":
      return holds(condition.left, entry) && holds(condition.right, entry);
    case "text":
      return condition.matcher.matches(labelOf(entry, condition.matcher.name) ?? "");
    case "number": {
      const text = labelOf(entry, condition.name);
      if (text === undefined) return false;
      const value = condition.duration ? seconds(text) : Number(text);
      return ORDER[condition.operator]?.(value, condition.value) === true;
    }
  }
}

/** Labels with names of their own: one that the line has already gets another name. */
function renamed(found: Labels, { stream, metadata }: Entry): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [name, value] of Object.entries(found)) {
    labels[Object.hasOwn(stream, name) || Object.hasOwn(metadata, name) ? `${name}_extracted` : name] = value;
  }
  return labels;
}

function picked(labels: Labels, keep: (name: string) => boolean): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => keep(name)));
}

/** What one stage makes of a line; undefined where it drops it. */
function through(stage: Stage, entry: Entry): Entry | undefined {
  switch (stage.is) {
    case "line":
      return stage.tests.some((test) => test(entry.line)) === stage.negated ? undefined : entry;
    case "condition":
      return holds(stage.condition, entry) ? entry : undefined;
    case "json":
    case "logfmt": {
      const { values, error = {} } = stage.is === "json" ? parseJson(entry.line) : parseLogfmt(entry.line);
      const wanted = stage.only === undefined ? values : pickedOnly(values, stage.only);
      return { ...entry, parsed: { ...entry.parsed, ...renamed(wanted, entry), ...error } };
    }
    case "line_format": {
      const line = stage.template.replace(/\{\{\s*\.(\w+)\s*\}\}/g, (_, name: string) => labelOf(entry, name) ?? "");
      return { ...entry, line };
    }
    case "keep":
    case "drop": {
      const keep = (name: string) => stage.names.includes(name) === (stage.is === "keep");
      const { stream, metadata, parsed } = entry;
      return { ...entry, stream: picked(stream, keep), metadata: picked(metadata, keep), parsed: picked(parsed, keep) };
    }
  }
}

function pickedOnly(values: Labels, only: Readonly<Record<string, string>>): Labels {
  return Object.fromEntries(
    Object.entries(only).flatMap(([name, path]) => {
      const value = values[path.replaceAll(".", "_")];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** What a query's stages make of a line of a stream; undefined where they drop it. */
export function runStages(stages: readonly Stage[], entry: Entry): Entry | undefined {
  let now: Entry | undefined = entry;
  for (const stage of stages) {
    if (now === undefined) return undefined;
    now = through(stage, now);
  }
  return now;
}

export const entryOf = (of: LogLine, stream: Labels): Entry => ({
  ns: of.ns,
  get line() {
    return of.text;
  },
  stream,
  metadata: of.metadata,
  parsed: {},
});
