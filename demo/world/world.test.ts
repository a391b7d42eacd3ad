import { describe, expect, it } from "vitest";
import { labelsKey } from "../../promql/values.ts";
import { clusterSpec } from "../catalogue.ts";
import { gpusOf } from "./gpus.ts";
import { EPOCH } from "./lifecycle.ts";
import { integral, level } from "./rhythm.ts";
import { buildWorld, SCRAPE_INTERVAL, type World } from "./world.ts";

const AT = Date.UTC(2026, 5, 15, 14) / 1000;
const worlds = [0, 1, 2, 3, 4, 5, 6, 7].map((index) => buildWorld(clusterSpec(7, index)));
const seriesOf = (world: World, name: string) => world.families.get(name)?.series ?? [];

describe("a world", () => {
  it("is the same for everybody who builds it, whatever was asked before", () => {
    for (const world of worlds) {
      const other = buildWorld(clusterSpec(7, worlds.indexOf(world)));
      expect(other.inventory).toEqual(world.inventory);
      // One reads forwards and the other backwards, across restarts of the crashing and the leaking pods.
      const times = Array.from({ length: 40 }, (_, i) => AT + i * 1815);
      for (const [name, { series }] of world.families) {
        const forwards = series.map(({ at }) => times.map((t) => at(t)));
        const backwards = seriesOf(other, name).map(({ at }) => times.toReversed().map((t) => at(t)));
        expect(backwards.map((values) => values.reverse())).toEqual(forwards);
      }
    }
  });

  it("differs with the seed", () => {
    const other = buildWorld(clusterSpec(8, 1));
    const sum = (world: World) =>
      seriesOf(world, "container_cpu_usage_seconds_total").reduce((all, { at }) => all + at(AT), 0);
    expect(sum(other)).not.toBe(sum(worlds[1] ?? other));
  });

  it("has finite values and every label set once", () => {
    for (const { families } of worlds) {
      for (const [name, { series }] of families) {
        expect(new Set(series.map(({ labels }) => labelsKey(labels))).size).toBe(series.length);
        for (const { at, labels } of series) {
          expect(labels["__name__"]).toBe(name);
          for (const t of [EPOCH, AT, AT + 12_345 * SCRAPE_INTERVAL]) expect(at(t)).toSatisfy(Number.isFinite);
        }
      }
    }
  });

  it("has counters that only ever grow or begin again near zero", () => {
    const falls: string[] = [];
    for (const { families } of worlds) {
      for (const [name, { type, series }] of families) {
        for (const { at, labels } of type === "gauge" ? [] : series) {
          let before = 0;
          for (let t = AT; t < AT + 400 * SCRAPE_INTERVAL; t += SCRAPE_INTERVAL) {
            const value = at(t);
            if (value < 0 || (value < before && value > before / 10))
              falls.push(`${name} ${labelsKey(labels)} at ${t}`);
            before = value;
          }
        }
      }
    }
    expect(falls).toEqual([]);
  });

  it("has a CPU's modes add up to the time that passes", () => {
    const cpus = seriesOf(worlds[0] as World, "node_cpu_seconds_total").filter(({ labels }) => labels["cpu"] === "0");
    const nodes = new Set(cpus.map(({ labels }) => labels["node"]));
    for (const node of nodes) {
      const modes = cpus.filter(({ labels }) => labels["node"] === node);
      const total = (t: number) => modes.reduce((sum, { at }) => sum + at(t), 0);
      expect(total(AT + 600) - total(AT)).toBeCloseTo(600, 3);
    }
  });

  it("has histograms whose buckets are cumulative and end at the count", () => {
    const world = worlds[1] as World;
    const counts = new Map(
      seriesOf(world, "http_request_duration_seconds_count").map(({ labels, at }) => [
        `${labels["pod"]}${labels["path"]}`,
        at(AT),
      ]),
    );
    expect(counts.size).toBeGreaterThan(3);
    for (const [key, count] of counts) {
      const buckets = seriesOf(world, "http_request_duration_seconds_bucket")
        .filter(({ labels }) => `${labels["pod"]}${labels["path"]}` === key)
        .map(({ labels, at }) => ({ le: labels["le"] === "+Inf" ? Infinity : Number(labels["le"]), count: at(AT) }))
        .sort((a, b) => a.le - b.le);
      expect(buckets.at(-1)).toEqual({ le: Infinity, count });
      expect(buckets.map((bucket) => bucket.count)).toEqual(
        buckets.map((bucket) => bucket.count).toSorted((a, b) => a - b),
      );
    }
  });

  it("has metrics of the very pods and nodes that exist", () => {
    for (const world of worlds) {
      const pods = new Set(world.inventory.pods.map(({ namespace, name }) => `${namespace}/${name}`));
      const nodes = new Set(world.inventory.nodes.map(({ name }) => name));
      const info = seriesOf(world, "kube_pod_info");
      expect(new Set(info.map(({ labels }) => `${labels["namespace"]}/${labels["pod"]}`))).toEqual(pods);
      for (const { labels } of seriesOf(world, "container_cpu_usage_seconds_total")) {
        expect(pods).toContain(`${labels["namespace"]}/${labels["pod"]}`);
        expect(nodes).toContain(labels["node"]);
      }
      expect(world.inventory.namespaces.length).toBeGreaterThanOrEqual(7);
    }
  });

  it("gives GPUs to the pods that asked for them, and only on clusters that have any", () => {
    for (const world of worlds) {
      const gpus = gpusOf(world.inventory);
      const { gpu } = world.spec;
      expect(gpus).toHaveLength(gpu === undefined ? 0 : gpu.nodes * gpu.perNode);
      for (const pod of world.inventory.pods.filter(({ gpus: wanted, node }) => wanted > 0 && node !== undefined)) {
        expect(gpus.filter((one) => one.pod === pod)).toHaveLength(pod.gpus);
      }
      const parts = gpus.flatMap((one) => [...one.sharers, ...one.parts.flatMap(({ pod }) => pod ?? [])]);
      const wanting = world.inventory.pods.filter((pod) => pod.gpuParts > 0);
      expect(new Set(parts)).toEqual(new Set(wanting));
      // Of what is shared each sharer's, of what is divided none, and of what is lost nothing at all.
      const measured = gpus.filter((one) => one.parts.length === 0 && !world.lostGpus.has(one.uuid));
      const used = seriesOf(world, "DCGM_FI_DEV_GPU_UTIL").map(({ at }) => at(AT));
      expect(used).toHaveLength(measured.reduce((sum, { sharers }) => sum + Math.max(1, sharers.length), 0));
      for (const value of used) expect(value).toSatisfy((per: number) => per >= 0 && per <= 100);
    }
  });
});

describe("a rhythm", () => {
  const rhythm = {
    base: 4,
    swing: 0.5,
    shift: 0,
    noise: 0.4,
    seed: 9,
    pulse: { period: 3600, start: 600, length: 300, height: 6 },
  };

  it("has its peak in the evening and its pulses on time", () => {
    const quiet = { ...rhythm, noise: 0 };
    const day = Date.UTC(2026, 5, 15) / 1000;
    expect(level(quiet, day + 18 * 3600)).toBeCloseTo(6, 6);
    expect(level(quiet, day + 6 * 3600)).toBeCloseTo(2, 6);
    expect(level(quiet, day + 18 * 3600 + 700)).toBeGreaterThan(11.9);
  });

  it("has the integral of its level", () => {
    let sum = 0;
    for (let i = 0; i < 86_400; i += 10) sum += 10 * level(rhythm, AT + i + 5);
    const exact = integral(rhythm, AT + 86_400) - integral(rhythm, AT);
    expect(Math.abs(sum / exact - 1)).toBeLessThan(0.04);
  });
});

describe("the catalogue", () => {
  it("names clusters as the product allows, each once", () => {
    const specs = Array.from({ length: 1000 }, (_, index) => clusterSpec(1, index));
    expect(new Set(specs.map(({ name }) => name)).size).toBe(1000);
    for (const { name, labels } of specs) {
      expect(name).toMatch(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/);
      expect(labels["demo"]).toBe("true");
    }
    expect(new Set(specs.map(({ clusterType }) => clusterType))).toEqual(new Set(["HUB", "SPOKE", "EDGE", "FAR_EDGE"]));
    expect(new Set(specs.map(({ environment }) => environment)).size).toBe(4);
  });
});
