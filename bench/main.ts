import module from "node:module";
import { requireModernNode } from "../subgraphs/shared/kernel/node-version.ts";

// npm run bench -- <name> [--json]: one benchmark, its ratios side by side in one run.
requireModernNode();
module.enableCompileCache();

export interface Benchmark {
  /** Runs, and returns what is printed: rows for people, or the same as JSON. */
  run(): Promise<Record<string, unknown>[]>;
}

const BENCHMARKS: Record<string, () => Promise<Benchmark>> = {
  start: async () => (await import("./start.ts")).start,
  registry: async () => (await import("./registry.ts")).registry,
  fanout: async () => (await import("./fanout.ts")).fanout,
  global: async () => (await import("./global.ts")).global,
  logs: async () => (await import("./logs.ts")).logs,
  alerts: async () => (await import("./alerts.ts")).alerts,
  gpu: async () => (await import("./gpu.ts")).gpu,
  subscriptions: async () => (await import("./subscriptions.ts")).subscriptions,
};

const [name = "", ...flags] = process.argv.slice(2);
const benchmark = BENCHMARKS[name];
if (!benchmark) {
  console.error(`Which benchmark? One of: ${Object.keys(BENCHMARKS).join(", ")}. For example: npm run bench -- start`);
  process.exit(1);
}
const rows = await (await benchmark()).run();
if (flags.includes("--json")) console.log(JSON.stringify(rows));
else console.table(rows);
