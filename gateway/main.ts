import { enableCompileCache } from "node:module";
import { requireModernNode } from "../subgraphs/shared/kernel/node-version.ts";

// The gateway as a process of its own, over subgraphs that run elsewhere.
requireModernNode();
enableCompileCache();
const { runGateway } = await import("./run-gateway.ts");
await runGateway();
