// As a whole: an older Node lacks the name, and would fail on the import before it could be told so.
import module from "node:module";
import { requireModernNode } from "../subgraphs/shared/kernel/node-version.ts";

// The gateway as a process of its own, over subgraphs that run elsewhere.
requireModernNode();
module.enableCompileCache();
const { runGateway } = await import("./run-gateway.ts");
await runGateway();
