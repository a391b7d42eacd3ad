#!/usr/bin/env node
import { requireModernNode } from "../subgraphs/shared/kernel/node-version.ts";

// aiops: a client of the API for the command line.
requireModernNode();
// Whoever reads may stop reading: aiops clusters list | head.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
const { run } = await import("./run.ts");
process.exitCode = await run(process.argv.slice(2), process.env, {
  out: (text) => process.stdout.write(text),
  note: (text) => process.stderr.write(text),
});
