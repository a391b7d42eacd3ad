import type { WorldPod } from "../inventory.ts";
import { runningPods } from "../metrics/containers.ts";
import { mix, unit } from "../random.ts";
import type { World } from "../world.ts";
import { FLOWS, type Flow } from "./topology.ts";
import { type Cast, performFlow, type WorldTrace } from "./trace.ts";

/** One request comes in every so many seconds. */
const SLOT = 10;
/** Of so many requests one is partly done by the neighbouring cluster. */
const CROSSING = 5;
const KEPT_CHUNKS = 4;

// The third word of a trace's id is its number times this (modulo 2^32), and so the number can be had back from the id.
const FACTOR = 0x9e3779b1;
const INVERSE = 0x0e8b2f51;

/** The clusters that do a part of each other's work. */
export interface Neighbours {
  /** Sends some of its requests here. */
  readonly caller?: World;
  /** Takes some of the requests from here. */
  readonly callee?: World;
}

const word = (value: number) => (value >>> 0).toString(16).padStart(8, "0");

/** The id of the request with this number: some begin with zeros, and some come from tracers that only know 64 bits. */
function traceId(seed: number, index: number): string {
  const tail = word(Math.imul(index, FACTOR) ^ seed) + word(mix(seed, index));
  const kind = mix(seed + 1, index) % 64;
  if (kind === 0) return "0".repeat(16) + tail;
  const head = mix(seed + 2, index);
  return word(kind < 8 ? head >>> 8 : head) + word(mix(seed + 3, index)) + tail;
}

const indexOf = (seed: number, id: string) => Math.imul(Number.parseInt(id.slice(16, 24), 16) ^ seed, INVERSE) >>> 0;

/** The requests that a cluster answers, each a pure function of its number. */
export class Traces {
  readonly #world: World;
  readonly #neighbours: () => Neighbours;
  #cast: Cast | undefined;
  #casted = 0;
  #flows: readonly Flow[] | undefined;
  readonly #chunks = new Map<string, readonly WorldTrace[]>();

  constructor(world: World, neighbours: () => Neighbours) {
    this.#world = world;
    this.#neighbours = neighbours;
  }

  /** Those that begin between two unix seconds, oldest first, each with the spans that this cluster has of it. */
  between(from: number, to: number): readonly WorldTrace[] {
    const key = `${from}/${to}/${this.#version()}`;
    const known = this.#chunks.get(key);
    if (known !== undefined) return known;
    const own = this.#own(from, to);
    const { caller } = this.#neighbours();
    const others = caller === undefined ? [] : caller.traces.#own(from, to, CROSSING);
    const traces = [...own, ...others].flatMap((trace) => this.#mine(trace) ?? []).sort((a, b) => a.start - b.start);
    if (this.#chunks.size >= KEPT_CHUNKS) this.#chunks.clear();
    this.#chunks.set(key, traces);
    return traces;
  }

  /** What this cluster has of the trace with this id of 32 digits. */
  find(id: string): WorldTrace | undefined {
    const { caller } = this.#neighbours();
    const found = this.#find(id) ?? (caller === undefined ? undefined : caller.traces.#find(id));
    return found === undefined ? undefined : this.#mine(found);
  }

  /** Changes when an alert is raised by hand or an incident started, and with it what becomes of requests. */
  #version(): number {
    const { caller, callee } = this.#neighbours();
    return [this.#world, caller, callee].reduce(
      (sum, world) => sum + (world === undefined ? 0 : world.alerts.version + world.incidents.version),
      0,
    );
  }

  #own(from: number, to: number, every = 1): WorldTrace[] {
    const traces: WorldTrace[] = [];
    for (let index = Math.floor(from / SLOT); index * SLOT < to; index++) {
      if (index % every !== 0) continue;
      const trace = this.#trace(index);
      if (trace !== undefined && trace.start >= from * 1e6 && trace.start < to * 1e6) traces.push(trace);
    }
    return traces;
  }

  #find(id: string): WorldTrace | undefined {
    const { seed } = this.#world.spec;
    const index = indexOf(seed, id);
    return traceId(seed, index) === id ? this.#trace(index) : undefined;
  }

  #mine(trace: WorldTrace): WorldTrace | undefined {
    const spans = trace.spans.filter(({ cluster }) => cluster === this.#world.spec.name);
    return spans.length === 0 ? undefined : { ...trace, spans };
  }

  #trace(index: number): WorldTrace | undefined {
    const { seed } = this.#world.spec;
    const flow = this.#flowOf(mix(seed + 4, index));
    if (flow === undefined) return undefined;
    const start = Math.floor((index + 0.95 * unit(seed + 5, index)) * SLOT * 1e6);
    const { callee } = this.#neighbours();
    const local = this.#casting();
    const remote = index % CROSSING === 0 && callee !== undefined ? callee.traces.#casting() : local;
    return { id: traceId(seed, index), start, spans: performFlow(flow, start, mix(seed, index), local, remote) };
  }

  #flowOf(roll: number): Flow | undefined {
    const { pods } = this.#casting();
    this.#flows ??= FLOWS.filter(({ root, unless = "" }) => pods.has(root.service) && !pods.has(unless)).flatMap(
      (flow) => Array.from({ length: flow.weight }, () => flow),
    );
    return this.#flows[roll % this.#flows.length];
  }

  #casting(): Cast {
    const { version } = this.#world.incidents;
    if (this.#cast !== undefined && this.#casted === version) return this.#cast;
    this.#casted = version;
    const pods = new Map<string, WorldPod[]>();
    for (const pod of runningPods(this.#world.inventory))
      pods.set(pod.workload, [...(pods.get(pod.workload) ?? []), pod]);
    this.#cast = { world: this.#world, pods };
    return this.#cast;
  }
}
