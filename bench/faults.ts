import { Deployment } from "./faults/deployment.ts";
import { runFaults } from "./faults/run-faults.ts";
import type { Benchmark } from "./main.ts";

const MINUTES = Number(process.env["BENCH_MINUTES"] ?? 5);
const PATIENCE_MS = 120_000;
const DEMO_CLUSTERS = 3;

/** A deployment of two of everything under load, one part of which after another is killed and comes back. */
export const faults: Benchmark = {
  async run() {
    await using deployment = await Deployment.start({ demoClusters: DEMO_CLUSTERS });
    const figures = await runFaults(deployment, { minutes: MINUTES, patienceMs: PATIENCE_MS });
    const { requests, acknowledged, lost, events, gaps, lostEvents, repeatedEvents, reconnects, uncoded } = figures;
    return [
      ...figures.faults.map(({ codes, ...fault }) => ({ ...fault, codes: JSON.stringify(codes) })),
      { fault: "all", requests, acknowledged, lost: lost.length, uncoded: JSON.stringify(uncoded.slice(0, 20)) },
      { events, gaps, lostEvents: lostEvents.length, repeatedEvents, reconnects },
      ...figures.memory,
    ];
  },
};
