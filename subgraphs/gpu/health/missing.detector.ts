import type { NodeReading } from "../nodes/node-reading.mapper.ts";
import type { Collection } from "../updates/told.mapper.ts";
import type { KnownEvent, Look } from "./health.detector.ts";

/** What is known of a cluster's devices beside its reading. */
export interface Remembered {
  collection: Collection;
  /** By node; null where nobody can say how many there should be. */
  expected: ReadonlyMap<string, number | null>;
  known: readonly KnownEvent[];
}

/**
 * Which devices should be there and are not: those that were collected before; and, where a node should have still more, those whose
 * places nobody is seen at. Of a node that nobody tells of at all, nobody knows.
 */
export function absences(nodes: readonly NodeReading[], { collection, expected, known }: Remembered) {
  const collected = Map.groupBy(
    Object.entries(collection).filter(([, { missingSince }]) => missingSince !== null),
    ([, { node }]) => node,
  );
  const missing = nodes.flatMap(({ name: node, devices }): Look["missing"] => {
    if (devices.length === 0) return [];
    const gone = collected.get(node) ?? [];
    const lacks = Math.max(0, (expected.get(node) ?? 0) - devices.length);
    const seen = new Set(devices.map(({ uuid }) => uuid));
    const told = known.filter(
      ({ kind, nodeName, device }) => kind === "MISSING" && nodeName === node && !seen.has(device),
    );
    const taken = new Set([...devices.map(({ index }) => index), ...gone.map(([, { index }]) => index)]);
    const places = Array.from({ length: lacks + taken.size }, (_, place) => place).filter((place) => !taken.has(place));
    const names = new Set([
      ...gone.map(([uuid]) => uuid),
      ...told.map(({ device }) => device),
      ...places.map((place) => `${node}/${place}`),
    ]);
    return [...names].slice(0, Math.max(gone.length, lacks)).map((device) => ({ node, device }));
  });
  const judged = nodes.filter(({ name, devices }) => devices.length > 0 && typeof expected.get(name) === "number");
  return { missing, judged: new Set(judged.map(({ name }) => name)) };
}
