import { describe, expect, it } from "vitest";
import { activeAlert } from "../../../test/support/alerts.ts";
import { until } from "../../../test/support/until.ts";
import { type AlertWord, firingWord } from "./alert-word.mapper.ts";
import { DeliveryService } from "./delivery.service.ts";

const LIMITS = { clusterBytes: 100_000, bytes: 250_000, writers: 2 };
const cluster = (id: string) => ({ id, tenantId: "default" });
const word = (name: string): AlertWord => firingWord(activeAlert({ alertname: name }), new Date(0));

/** A writer that ends when it is told to. */
function slowWriter() {
  const under: { id: string; names: string[]; end: (error?: Error) => void }[] = [];
  const written: string[][] = [];
  const notified = ({ id }: { id: string }, words: readonly AlertWord[]): Promise<void> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const names = words.map(({ alertname }) => alertname);
    under.push({ id, names, end: (error) => (error ? reject(error) : resolve()) });
    written.push(names);
    return promise;
  };
  const end = (id: string, error?: Error): void => {
    const index = under.findIndex((each) => each.id === id);
    under.splice(index, 1)[0]?.end(error);
  };
  return { notified, under, written, end };
}

describe("Notifications that wait", () => {
  it("are written together for each cluster, by few writers, in turn", async () => {
    const writer = slowWriter();
    const deliveries = new DeliveryService(writer, LIMITS);
    const all = [
      deliveries.deliver(cluster("a"), [word("a1")]),
      deliveries.deliver(cluster("a"), [word("a2")]),
      deliveries.deliver(cluster("a"), [word("a3")]),
      deliveries.deliver(cluster("b"), [word("b1")]),
      deliveries.deliver(cluster("c"), [word("c1")]),
    ];
    expect(writer.under.map(({ names }) => names)).toEqual([["a1"], ["b1"]]);
    writer.end("b");
    await until("the third cluster has its turn", () => writer.under.some(({ id }) => id === "c"));
    writer.end("a");
    await until("the rest of the first one is written", () => writer.under.some(({ id }) => id === "a"));
    writer.end("a");
    writer.end("c");
    await Promise.all(all);
    expect(writer.written).toEqual([["a1"], ["b1"], ["c1"], ["a2", "a3"]]);
  });

  it("fail together, and nobody else does", async () => {
    const writer = slowWriter();
    const deliveries = new DeliveryService(writer, LIMITS);
    const failing = deliveries.deliver(cluster("a"), [word("a1")]);
    const next = deliveries.deliver(cluster("a"), [word("a2")]);
    writer.end("a", new Error("no database"));
    await expect(failing).rejects.toThrow("no database");
    await until("the next is written", () => writer.under.length === 1);
    writer.end("a");
    await next;
  });

  it("have bounds, each cluster its own, and room again when they are written", () => {
    const deliveries = new DeliveryService(slowWriter(), LIMITS);
    const leave = deliveries.admit("a", 90_000);
    expect(leave).not.toBeNull();
    expect(deliveries.admit("a", 20_000)).toBeNull();
    expect([deliveries.admit("b", 90_000), deliveries.admit("c", 60_000)]).not.toContain(null);
    // All together.
    expect(deliveries.admit("d", 20_000)).toBeNull();
    leave?.();
    expect(deliveries.admit("d", 20_000)).not.toBeNull();
    expect(deliveries.admit("a", 20_000)).not.toBeNull();
  });

  it("are bounded in number, however small", () => {
    const deliveries = new DeliveryService(slowWriter(), LIMITS);
    const taken = Array.from({ length: 100 }, () => deliveries.admit("a", 0)).filter((leave) => leave !== null);
    expect(taken.length).toBeGreaterThan(10);
    expect(taken.length).toBeLessThan(30);
  });
});
