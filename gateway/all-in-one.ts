import { enableCompileCache } from "node:module";
import { requireModernNode } from "../subgraphs/shared/kernel/node-version.ts";

// npm start: everything in one process.
requireModernNode();
enableCompileCache();
const { runAllInOne } = await import("./run-all-in-one.ts");
await runAllInOne();
