import module from "node:module";
import { requireModernNode } from "../subgraphs/shared/kernel/node-version.ts";
import { exitOnOperatorError } from "../subgraphs/shared/kernel/operator-error.ts";

// npm run eval [-- --model <id>] [--only <text>] [--json] [--show]: the assistant's answers about the demo fleet's incidents, scored.
// Without AIOPS_LLM_MODELS it is the mode without a model; with it, each configured model, or the named one.
requireModernNode();
module.enableCompileCache();
const { evaluate } = await import("./evaluate.ts");

const flags = process.argv.slice(2);
const flagValue = (flag: string): string | null =>
  flags.includes(flag) ? (flags[flags.indexOf(flag) + 1] ?? null) : null;

await exitOnOperatorError(async () => {
  await evaluate({
    model: flagValue("--model"),
    only: flagValue("--only"),
    json: flags.includes("--json"),
    show: flags.includes("--show"),
  });
});
