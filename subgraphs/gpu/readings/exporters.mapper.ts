import type { Series } from "../../shared/upstreams/prometheus/schema.ts";
import type { ClaimedDevices } from "./claims.mapper.ts";
import {
  type DeviceReading,
  type InstanceReading,
  type Labels,
  nodeOf,
  plausible,
  podOf,
  type Source,
  samePod,
  type Values,
} from "./device.mapper.ts";
import type { Exporter, Meaning } from "./exporter.mapper.ts";
import { EXPORTERS, PREFIX } from "./exporters.plan.ts";
import { type NodeResources, readResource } from "./kube-state.mapper.ts";

/** What one cluster told of its GPUs, at one time. */
export interface ClusterReading {
  observedAt: Date;
  /** By node, index and UUID. */
  devices: DeviceReading[];
  nodes: ReadonlyMap<string, NodeResources>;
  /** Who tells whose pods have a device: then one without has none. */
  tellPods: ReadonlySet<Source>;
  /** What drivers of dynamic resource allocation have given out; absent where nobody was asked. */
  claims?: ClaimedDevices;
  /** What makes the answer incomplete. */
  warnings: string[];
}

const METRICS = new Map<string, { exporter: Exporter; meaning: Meaning }>(
  EXPORTERS.flatMap((exporter) =>
    Object.entries(exporter.metrics).map(([name, meaning]) => [name, { exporter, meaning }] as const),
  ),
);

/** What cannot be told before all is read. */
interface Rest {
  instead: { values: Values; field: keyof Values; value: number }[];
  reserved: Map<Values, number>;
}

/** From the series of the one query. Texts that many series repeat are kept once. */
export function readExporters(series: readonly Series[], observedAt: Date, warnings: string[]): ClusterReading {
  const devices = new Map<string, DeviceReading>();
  const nodes = new Map<string, NodeResources>();
  const rest: Rest = { instead: [], reserved: new Map() };
  const pool = new Map<string, string>();
  const once = <T extends string | null>(text: T): T => {
    if (text === null) return text;
    const known = pool.get(text);
    if (known === undefined) pool.set(text, text);
    return (known ?? text) as T;
  };
  for (const { metric, values: samples } of series) {
    const name = metric["__name__"] ?? "";
    const value = Number(samples[0]?.[1]);
    if (name.startsWith("kube_")) readResource(nodes, name, metric, value);
    const base = name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name;
    const known = METRICS.get(base);
    const identity = known?.exporter.identify(metric);
    if (!known || !identity) continue;
    const node = once(nodeOf(metric));
    const key = `${node}/${identity.key}`;
    let device = devices.get(key);
    if (!device) {
      const { source, vendor } = known.exporter;
      device = {
        uuid: key,
        node,
        index: null,
        name: null,
        vendor,
        driverVersion: null,
        source,
        values: {},
        instances: [],
        pods: [],
        signals: {},
      };
      devices.set(key, device);
    }
    device.uuid = identity.uuid ?? device.uuid;
    device.index ??= identity.index;
    device.name ??= once(identity.name);
    device.driverVersion ??= once(identity.driverVersion);
    if (identity.pciBusId) device.pciBusId ??= identity.pciBusId;
    const instance = identity.instance && instanceOf(device, identity.instance);
    const pod = podOf(metric);
    const { pods } = instance ?? device;
    if (pod && !pods.some((each) => samePod(each, pod)))
      pods.push({ namespace: once(pod.namespace), name: once(pod.name) });
    const { values } = instance && (identity.tellsInstance || isOfInstance(known.meaning)) ? instance : device;
    // What a partition tells of health is the whole device's, and told by the first.
    if ("signal" in known.meaning && identity.tellsInstance) continue;
    const part = partOf(known.meaning, metric);
    const signal = part ? `${base}/${part}` : base;
    take({ signals: device.signals, values, rest }, known.meaning, value, signal);
  }
  complete(devices.values(), rest);
  const sorted = [...devices.values()].sort(byPlace);
  rename(sorted, nodes);
  return {
    observedAt,
    devices: sorted,
    nodes,
    tellPods: new Set(sorted.filter(hasPods).map(({ source }) => source)),
    warnings,
  };
}

const isOfInstance = (meaning: Meaning): boolean =>
  "reserved" in meaning || ("field" in meaning && meaning.ofInstance === true);

/** Which of a device's several a signal is about: by the first of its labels that there is. */
const partOf = (meaning: Meaning, metric: Labels): string | undefined =>
  "signal" in meaning ? meaning.per?.map((label) => metric[label]).find(Boolean) : undefined;

function take(
  { signals, values, rest }: Pick<DeviceReading, "signals" | "values"> & { rest: Rest },
  meaning: Meaning,
  value: number,
  signal: string,
): void {
  if ("signal" in meaning) {
    if (Number.isFinite(value)) signals[signal] = value;
  } else if ("reserved" in meaning) {
    if (plausible("memoryTotalMb", value)) rest.reserved.set(values, value);
  } else {
    const { field, scale = 1, instead } = meaning;
    const scaled = scale === 1 ? value : Math.round(value * scale * 100) / 100;
    if (!plausible(field, scaled)) return;
    if (instead) rest.instead.push({ values, field, value: scaled });
    else values[field] = scaled;
  }
}

function instanceOf(
  { instances }: DeviceReading,
  { id, profile }: Pick<InstanceReading, "id" | "profile">,
): InstanceReading {
  const known = instances.find((each) => each.id === id);
  if (known) return known;
  const made: InstanceReading = { id, profile, values: {}, pods: [] };
  instances.push(made);
  return made;
}

function complete(devices: Iterable<DeviceReading>, { instead, reserved }: Rest): void {
  for (const { values, field, value } of instead) values[field] ??= value;
  for (const { values, instances } of devices) {
    for (const each of [values, ...instances.map((instance) => instance.values)]) {
      const { memoryUsedMb: used, memoryFreeMb: free } = each;
      if (used !== undefined && free !== undefined) each.memoryTotalMb ??= used + free + (reserved.get(each) ?? 0);
    }
    instances.sort((a, b) => a.id - b.id);
  }
}

const hasPods = ({ pods, instances }: DeviceReading): boolean =>
  pods.length > 0 || instances.some((instance) => instance.pods.length > 0);

/** Exporters may know a node by its host's name, where Kubernetes knows it by its full one, or the other way round. */
function rename(devices: readonly DeviceReading[], nodes: ReadonlyMap<string, NodeResources>): void {
  const short = (name: string): string => name.replace(/\..*$/, "");
  const byShort = Map.groupBy(nodes.keys(), short);
  for (const device of devices) {
    if (nodes.has(device.node)) continue;
    const [match, another] = byShort.get(short(device.node)) ?? [];
    if (match !== undefined && another === undefined) device.node = match;
  }
}

const byPlace = (a: DeviceReading, b: DeviceReading): number => {
  if (a.node !== b.node) return a.node < b.node ? -1 : 1;
  if (a.index !== b.index) return (a.index ?? Infinity) - (b.index ?? Infinity);
  return a.uuid < b.uuid ? -1 : a.uuid > b.uuid ? 1 : 0;
};
