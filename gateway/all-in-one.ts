import module from "node:module";
import { requireModernNode } from "../subgraphs/shared/kernel/node-version.ts";

// npm start: everything in one process.
requireModernNode();
module.enableCompileCache();
const { runAllInOne } = await import("./run-all-in-one.ts");
await runAllInOne();
