import { matcher } from "../../promql/matchers.ts";
import type { SampleSource } from "../../promql/source.ts";

const UP = matcher("__name__", "=", "up");
const STATES = ["active", "dropped", "any"];

/** /api/v1/targets, as far as `up` tells: one target for each of its series. Nothing is dropped here. */
export function targets({ interval, last, select }: SampleSource, state: string): Record<string, unknown> {
  const wanted = STATES.includes(state.toLowerCase()) ? state.toLowerCase() : "any";
  const pause = `${interval / 1000}s`;
  const activeTargets = select([UP]).flatMap(({ labels: { __name__, ...labels }, at }) => {
    const value = at(last / 1000);
    if (value === undefined) return [];
    const { job = "", instance = "" } = labels;
    const url = `http://${instance}/metrics`;
    return {
      discoveredLabels: {
        __address__: instance,
        __metrics_path__: "/metrics",
        __scheme__: "http",
        __scrape_interval__: pause,
        __scrape_timeout__: "10s",
        job,
      },
      labels,
      scrapePool: `serviceMonitor/${labels["namespace"] ?? "monitoring"}/${job}/0`,
      scrapeUrl: url,
      globalUrl: url,
      lastError: value === 1 ? "" : `Get "${url}": context deadline exceeded`,
      lastScrape: new Date(last).toISOString(),
      lastScrapeDuration: value === 1 ? 0.012 : 10,
      health: value === 1 ? "up" : "down",
      scrapeInterval: pause,
      scrapeTimeout: "10s",
    };
  });
  return {
    activeTargets: wanted === "dropped" ? [] : activeTargets,
    droppedTargets: [],
    droppedTargetCounts: Object.fromEntries(activeTargets.map(({ scrapePool }) => [scrapePool, 0])),
  };
}
