import { registerHooks } from "node:module";

// Imported before @apollo/gateway, wherever that is imported: its constructor starts an exporter that dials out otherwise.
process.env["APOLLO_TELEMETRY_DISABLED"] = "true";

const EXPORTER = "/@apollo/gateway/dist/utilities/opentelemetry.js";
const PARTS = /^@opentelemetry\/(?!api$)/;

// What that exporter is made of is not loaded either: it is half of what the gateway's library loads, and nothing calls it.
// A built-in module stands in for each.
registerHooks({
  resolve: (specifier, context, next) =>
    PARTS.test(specifier) && context.parentURL?.endsWith(EXPORTER)
      ? { url: "node:constants", shortCircuit: true }
      : next(specifier, context),
});
