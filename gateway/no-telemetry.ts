// Imported before @apollo/gateway, wherever that is imported: its constructor starts an exporter that dials out otherwise.
process.env["APOLLO_TELEMETRY_DISABLED"] = "true";
