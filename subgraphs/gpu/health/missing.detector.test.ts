import { expect, it } from "vitest";
import type { NodeReading } from "../nodes/node-reading.mapper.ts";
import type { ToldDevice } from "../updates/told.mapper.ts";
import type { KnownEvent } from "./health.detector.ts";
import { absences } from "./missing.detector.ts";

const device = (uuid: string, index: number) => ({ uuid, index });
const node = (name: string, ...devices: object[]) => ({ name, devices }) as unknown as NodeReading;
const gone = (index: number) => ({ node: "n", index, missingSince: "2026-11-23T12:00:00.000Z" }) as ToldDevice;
const known = (name: string) => ({ kind: "MISSING", nodeName: "n", device: name }) as KnownEvent;

const missing = (
  nodes: NodeReading[],
  {
    expected = {},
    collection = {},
    events = [],
  }: Partial<Record<"expected" | "collection", object>> & { events?: KnownEvent[] },
) =>
  absences(nodes, {
    collection: collection as Record<string, ToldDevice>,
    expected: new Map(Object.entries(expected)),
    known: events,
  });

it("names those that were collected before, and others that a node should have by their places", () => {
  const seen = node("n", device("GPU-0", 0), device("GPU-3", 3));
  const { missing: found } = missing([seen], { expected: { n: 4 }, collection: { "GPU-1": gone(1) } });
  expect(found).toEqual([
    { node: "n", device: "GPU-1" },
    { node: "n", device: "n/2" },
  ]);
});

it("goes on with the names that were told, also when the collection has forgotten them", () => {
  const { missing: found } = missing([node("n", device("GPU-0", 0))], { expected: { n: 2 }, events: [known("GPU-1")] });
  expect(found).toEqual([{ node: "n", device: "GPU-1" }]);
});

it("takes a told one for present that is seen, and one that nobody counts on any more for gone", () => {
  const seen = node("n", device("GPU-0", 0), device("GPU-1", 1));
  expect(missing([seen], { expected: { n: 2 }, events: [known("GPU-1")] }).missing).toEqual([]);
  expect(missing([node("n", device("GPU-0", 0))], { expected: { n: 1 }, events: [known("GPU-1")] })).toEqual({
    missing: [],
    judged: new Set(["n"]),
  });
});

it("judges no node of which nobody tells, nor one that nobody can say of how many it should have", () => {
  const bare = node("bare");
  const uncounted = node("uncounted", device("GPU-9", 0));
  const { missing: found, judged } = missing([bare, uncounted], { expected: { bare: 8, uncounted: null } });
  expect([found, judged]).toEqual([[], new Set()]);
});
