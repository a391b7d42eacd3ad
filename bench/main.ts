import module from "node:module";
import { requireModernNode } from "../subgraphs/shared/kernel/node-version.ts";
import { exitOnOperatorError } from "../subgraphs/shared/kernel/operator-error.ts";

// npm run bench -- <name> [--json | --markdown] [--data <folder>]: one benchmark, its ratios side by side in one run.
requireModernNode();
module.enableCompileCache();

export interface Benchmark {
  /** Runs, and returns what is printed: rows for people, or the same as JSON or as a table of Markdown. */
  run(options: { data?: string }): Promise<Record<string, unknown>[]>;
}

const BENCHMARKS: Record<string, () => Promise<Benchmark>> = {
  start: async () => (await import("./start.ts")).start,
  registry: async () => (await import("./registry.ts")).registry,
  fanout: async () => (await import("./fanout.ts")).fanout,
  global: async () => (await import("./global.ts")).global,
  logs: async () => (await import("./logs.ts")).logs,
  alerts: async () => (await import("./alerts.ts")).alerts,
  nab: async () => (await import("./nab.ts")).nab,
  rca: async () => (await import("./rca.ts")).rca,
  gpu: async () => (await import("./gpu.ts")).gpu,
  chat: async () => (await import("./chat.ts")).chat,
  refusals: async () => (await import("./refusals.ts")).refusals,
  faults: async () => (await import("./faults.ts")).faults,
  fuzz: async () => (await import("./fuzz.ts")).fuzz,
  subscriptions: async () => (await import("./subscriptions.ts")).subscriptions,
  gateway: async () => (await import("./gateway.ts")).gateway,
  growth: async () => (await import("./growth.ts")).growth,
};

const [name = "", ...flags] = process.argv.slice(2);
const benchmark = BENCHMARKS[name];
if (!benchmark) {
  console.error(`Which benchmark? One of: ${Object.keys(BENCHMARKS).join(", ")}. For example: npm run bench -- start`);
  process.exit(1);
}
await exitOnOperatorError(async () => {
  const data = flags.includes("--data") ? flags[flags.indexOf("--data") + 1] : undefined;
  const rows = await (await benchmark()).run(data === undefined ? {} : { data });
  if (flags.includes("--json")) console.log(JSON.stringify(rows));
  else if (flags.includes("--markdown")) console.log(markdown(rows));
  else console.table(rows);
});

function markdown(rows: readonly Record<string, unknown>[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const body = rows.map((row) => line(columns.map((column) => cell(row[column]))));
  return [line(columns), line(columns.map(() => "---")), ...body].join("\n");
}

function cell(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? `${value}` : "";
}
