import type { World } from "../world.ts";
import { containerLines } from "./container.ts";
import type { LogLine } from "./line.ts";
import { type LogStream, logStreams } from "./streams.ts";
import { systemLines } from "./system.ts";

/** A request may be answered, and told of in a log, as long as this after it came. */
const LONGEST_REQUEST = 60;

export type LogSource = Pick<Logs, "streams" | "lines">;

/** All that a cluster's containers and nodes write. Any stretch of it can be had; none is kept. */
export class Logs {
  readonly #world: World;
  #streams: readonly LogStream[] | undefined;
  #version = 0;

  constructor(world: World) {
    this.#world = world;
  }

  get streams(): readonly LogStream[] {
    const { incidents, inventory } = this.#world;
    if (this.#streams === undefined || this.#version !== incidents.version) this.#streams = logStreams(inventory);
    this.#version = incidents.version;
    return this.#streams;
  }

  /** What a log holds of two unix seconds and the time between them, the second not included; oldest first. */
  lines({ of }: LogStream, from: number, to: number): LogLine[] {
    const world = this.#world;
    const [first, last] = [BigInt(from) * 1_000_000_000n, BigInt(to) * 1_000_000_000n];
    const lines =
      of.is === "system"
        ? systemLines(world, of.node, of.unit, { from, to })
        : containerLines(world, of.pod, of.container, { from, to }, world.traces.between(from - LONGEST_REQUEST, to));
    return lines.filter(({ ns }) => ns >= first && ns < last).sort((a, b) => (a.ns < b.ns ? -1 : a.ns > b.ns ? 1 : 0));
  }
}
