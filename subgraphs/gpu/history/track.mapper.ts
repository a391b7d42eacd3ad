import type { Window } from "../../shared/kernel/time-range.ts";
import type { Series } from "../../shared/upstreams/prometheus/schema.ts";
import {
  nodeOf,
  type PodName,
  plausible,
  podOf,
  type Source,
  samePod,
  type ValueName,
} from "../readings/device.mapper.ts";
import type { Exporter, Meaning } from "../readings/exporter.mapper.ts";
import { EXPORTERS, PREFIX } from "../readings/exporters.plan.ts";
import { pointsOf } from "./range.window.ts";

/** Where a function took a metric's name, the query keeps it in this label. */
export const NAME_LABEL = "aiops_metric";

/** One device over the columns of a window. What nobody told is null. */
export interface Track {
  uuid: string;
  node: string;
  index: number | null;
  model: string | null;
  source: Source;
  values: Partial<Record<ValueName, (number | null)[]>>;
  /** Who had it, or a part of it. The same pods are the same list, in however many columns. */
  pods: Pods[];
  /** Of one that only resource claims tell of: from which column on it is known, and whether it is allocated then; null where that is not known. */
  claim?: { from: number; allocated: boolean | null };
}

export type Pods = readonly PodName[];

type Field = Extract<Meaning, { field: ValueName }>;
type Columns = (number | null)[];

const METRICS = new Map<string, { exporter: Exporter; meaning: Field }>(
  EXPORTERS.flatMap((exporter) =>
    Object.entries(exporter.metrics).flatMap(([name, meaning]) =>
      "field" in meaning ? [[name, { exporter, meaning }] as const] : [],
    ),
  ),
);

interface Part {
  outright: Columns;
  instead: Columns;
}

/** What one device's series were, before they are one: by field, then by part, told outright and told instead. */
interface Draft {
  track: Omit<Track, "values">;
  fields: Map<ValueName, Map<number | null, Part>>;
  /** The same pods are the same list, in however many columns. */
  together: Map<string, Pods>;
}

/** By node, index and UUID. Series that repeat a device for each pod that shares it are one, and not a sum. */
export function tracksOf(series: readonly Series[], window: Window): Track[] {
  const length = pointsOf(window);
  const drafts = new Map<string, Draft>();
  for (const { metric, values: samples } of series) {
    const name = metric[NAME_LABEL] ?? metric["__name__"] ?? "";
    const known = METRICS.get(name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name);
    const identity = known?.exporter.identify(metric);
    if (!known || !identity) continue;
    const { field, scale = 1, instead } = known.meaning;
    const node = nodeOf(metric);
    const key = `${node}/${identity.key}`;
    const draft = drafts.get(key) ?? empty(key, node, known.exporter.source, length);
    drafts.set(key, draft);
    const { track } = draft;
    track.uuid = identity.uuid ?? track.uuid;
    track.index ??= identity.index;
    track.model ??= identity.name;
    const own = identity.tellsInstance || known.meaning.ofInstance;
    const columns = partOf(draft, field, own ? (identity.instance?.id ?? null) : null, length)[
      instead ? "instead" : "outright"
    ];
    const pod = podOf(metric);
    for (const [time, text] of samples) {
      const column = Math.round((time - window.start) / window.step);
      const value = Number(text) * scale;
      if (!(column >= 0 && column < length) || !plausible(field, value)) continue;
      columns[column] ??= value;
      if (pod) track.pods[column] = withPod(draft, track.pods[column] ?? NONE, pod);
    }
  }
  return [...drafts.values()].map(({ track, fields }) => ({ ...track, values: valuesOf(fields) })).sort(byPlace);
}

const empty = (uuid: string, node: string, source: Source, length: number): Draft => ({
  track: { uuid, node, index: null, model: null, source, pods: Array.from({ length }, () => NONE) },
  fields: new Map(),
  together: new Map(),
});

const NONE: Pods = [];

function withPod({ together }: Draft, pods: Pods, pod: PodName): Pods {
  if (pods.some((each) => samePod(each, pod))) return pods;
  const all = [...pods, pod];
  const key = all.map(({ namespace, name }) => `${namespace}/${name}`).join(" ");
  const known = together.get(key) ?? all;
  together.set(key, known);
  return known;
}

function partOf({ fields }: Draft, field: ValueName, part: number | null, length: number): Part {
  const parts = fields.get(field) ?? new Map<number | null, Part>();
  fields.set(field, parts);
  const made = parts.get(part) ?? { outright: blank(length), instead: blank(length) };
  parts.set(part, made);
  return made;
}

const blank = (length: number): Columns => Array.from({ length }, () => null);

/** A device that is divided is as busy as its busiest part, and uses the memory that they use together. */
function valuesOf(fields: Draft["fields"]): Track["values"] {
  return Object.fromEntries(
    [...fields].map(([field, parts]) => {
      const all = [...parts].map(([part, { outright, instead }]) => ({
        part,
        columns: outright.map((value, column) => value ?? instead[column] ?? null),
      }));
      const whole = all.find(({ part }) => part === null)?.columns;
      const divided = all.filter(({ part }) => part !== null).map(({ columns }) => columns);
      if (divided.length === 0) return [field, whole];
      const joined = (divided[0] ?? []).map((_, column) => {
        const known = divided.flatMap((columns) => columns[column] ?? []);
        if (known.length === 0) return whole?.[column] ?? null;
        return (
          whole?.[column] ??
          (field.startsWith("memory") ? known.reduce((sum, value) => sum + value, 0) : Math.max(...known))
        );
      });
      return [field, joined];
    }),
  );
}

function byPlace(a: Track, b: Track): number {
  if (a.node !== b.node) return a.node < b.node ? -1 : 1;
  return (a.index ?? Infinity) - (b.index ?? Infinity) || (a.uuid < b.uuid ? -1 : 1);
}
