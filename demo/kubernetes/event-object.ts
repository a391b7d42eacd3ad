import type { Happening } from "../world/incidents/effect.ts";
import type { WorldNode, WorldPod } from "../world/inventory.ts";
import { createdAt, restartsAt, startedAt } from "../world/lifecycle.ts";
import { fateAt } from "../world/presence.ts";
import { hashText, hex, uuid } from "../world/random.ts";
import type { World } from "../world/world.ts";
import { type KubernetesObject, keyOf, objectMetadata, timestamp } from "./metadata.ts";

/** As long as API servers keep events. */
const KEPT_SECONDS = 3600;
/** How often a reporter counts the same event up. */
const AGAIN_SECONDS = 300;

interface Report {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
  readonly component: string;
  readonly host?: string;
  readonly first: number;
  readonly last: number;
  readonly count: number;
}

interface Subject {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
  readonly uid: string;
  readonly apiVersion?: string;
  readonly fieldPath?: string;
}

function eventObject(world: World, subject: Subject, report: Report): KubernetesObject {
  const { component, host, first, last, count, type, reason, message } = report;
  const { seed } = world.spec;
  const namespace = subject.namespace ?? "default";
  const name = `${subject.name}.${hex(hashText(`${reason} ${first}`, seed), subject.name, 16)}`;
  const { labels: _, ...metadata } = objectMetadata(uuid(seed, `event/${namespace}/${name}`), name, first, {});
  return {
    metadata: { ...metadata, namespace },
    involvedObject: { apiVersion: "v1", ...subject },
    reason,
    message,
    source: { component, ...(host === undefined ? {} : { host }) },
    firstTimestamp: timestamp(first),
    lastTimestamp: timestamp(last),
    count,
    type,
    eventTime: null,
    reportingComponent: component,
    reportingInstance: host ?? "",
  };
}

/** What is reported again and again while it lasts, up to `now`. */
function lasting(since: number, now: number): Pick<Report, "first" | "last" | "count"> {
  const count = Math.floor((now - since) / AGAIN_SECONDS) + 1;
  return { first: since, last: since + (count - 1) * AGAIN_SECONDS, count };
}

function reportsOfPod(pod: WorldPod, now: number): Report[] {
  const fate = fateAt(pod, now);
  const created = createdAt(pod.life, now);
  const full = `${pod.namespace}/${pod.name}`;
  if (pod.node === undefined) {
    const message = "0/8 nodes are available: 8 Insufficient nvidia.com/gpu.";
    const what = { type: "Warning", reason: "FailedScheduling", message, component: "default-scheduler" } as const;
    return [{ ...what, ...lasting(created, now) }];
  }
  const host = pod.node.name;
  const kubelet = { component: "kubelet", host };
  const container = pod.containers[0]?.name ?? "";
  const once = (at: number) => ({ first: at, last: at, count: 1 });
  const normal = (reason: string, message: string, at: number, from: { component: string; host?: string }) =>
    ({ type: "Normal", reason, message, ...from, ...once(at) }) as const;
  const begun = [
    normal("Scheduled", `Successfully assigned ${full} to ${host}`, created, { component: "default-scheduler" }),
    normal("Started", `Started container ${container}`, startedAt(pod.life, now), kubelet),
  ];
  if (fate === "crashing") {
    const message = `Back-off restarting failed container ${container} in pod ${pod.name}_${pod.namespace}`;
    const since = pod.illness === undefined ? created : (pod.life.ill?.from ?? created);
    return [...begun, { type: "Warning", reason: "BackOff", message, ...kubelet, ...lasting(since, now) }];
  }
  if (fate === "leaking" && restartsAt(pod.life, now) > 0) {
    const message = `Container ${container} was killed: out of memory`;
    return [
      ...begun,
      { type: "Warning", reason: "OOMKilling", message, ...kubelet, ...once(startedAt(pod.life, now)) },
    ];
  }
  return begun;
}

function ofPod(world: World, pod: WorldPod, now: number): KubernetesObject[] {
  const { namespace, name, uid, within, life } = pod;
  if (within !== undefined && now < within.from) return [];
  // What is over is still told of, as it was at last.
  const over = (within ?? life.ill)?.to ?? Infinity;
  const then = now < over || now > over + KEPT_SECONDS ? now : over - 1;
  const subject = { kind: "Pod", namespace, name, uid, fieldPath: `spec.containers{${pod.containers[0]?.name ?? ""}}` };
  return reportsOfPod(pod, then)
    .filter(({ last }) => last > now - KEPT_SECONDS)
    .map((report) => eventObject(world, subject, report));
}

function ofNode(world: World, node: WorldNode, now: number): KubernetesObject[] {
  const at = createdAt(node.life, now) + 60;
  if (at <= now - KEPT_SECONDS || at > now) return [];
  const message = `Node ${node.name} status is now: NodeReady`;
  const report = { type: "Normal", reason: "NodeReady", message, component: "kubelet", host: node.name } as const;
  const subject = { kind: "Node", name: node.name, uid: node.name };
  return [eventObject(world, subject, { ...report, first: at, last: at, count: 1 })];
}

function ofIncident(world: World, happening: Happening, now: number): KubernetesObject[] {
  const { subject, at, until, ...what } = happening;
  if (at > now) return [];
  const times = until === undefined ? { first: at, last: at, count: 1 } : lasting(at, Math.min(now, until - 1));
  return times.last <= now - KEPT_SECONDS ? [] : [eventObject(world, subject, { ...what, ...times })];
}

/** The events of a world's last hour, sorted as lists are. `now` in unix seconds. */
export function eventObjects(world: World, now: number): KubernetesObject[] {
  const { pods, nodes } = world.inventory;
  return [
    ...pods.flatMap((pod) => ofPod(world, pod, now)),
    ...nodes.flatMap((node) => ofNode(world, node, now)),
    ...world.incidents.happenings.flatMap((happening) => ofIncident(world, happening, now)),
  ].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}
