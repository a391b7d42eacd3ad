import { collectDefaultMetrics, Registry } from "prom-client";

let processRegistry: Registry | undefined;

/** Metrics of the process itself (memory, CPU, event loop), collected once however many servers show them. */
export function processMetrics(): Registry {
  if (!processRegistry) {
    processRegistry = new Registry();
    collectDefaultMetrics({ register: processRegistry });
  }
  return processRegistry;
}
