import module from "node:module";
import { requireModernNode } from "./shared/kernel/node-version.ts";

// One subgraph as a process of its own: node dist/subgraphs/main.js <name>.
requireModernNode();
module.enableCompileCache();
const { runSubgraph } = await import("./run-subgraph.ts");
await runSubgraph(process.argv[2] ?? "");
