import { describe, expect, it } from "vitest";
import { assess, type ProbeResult } from "./health.score.ts";

const ok: ProbeResult = { healthy: true, error: null };
const down: ProbeResult = { healthy: false, error: "The connection was refused." };

describe("assess", () => {
  it.each<[string, ProbeResult, ProbeResult | null, object]>([
    ["all answers", ok, ok, { state: "ONLINE", healthScore: 100, connectivity: "CONNECTED", lastError: null }],
    [
      "all that is configured answers",
      ok,
      null,
      { state: "ONLINE", healthScore: 100, connectivity: "CONNECTED", lastError: null },
    ],
    [
      "Prometheus does not",
      ok,
      down,
      {
        state: "DEGRADED",
        healthScore: 80,
        connectivity: "CONNECTED",
        lastError: "Prometheus: The connection was refused.",
      },
    ],
    [
      "the API server does not",
      down,
      ok,
      {
        state: "DEGRADED",
        healthScore: 50,
        connectivity: "DISCONNECTED",
        lastError: "API server: The connection was refused.",
      },
    ],
    [
      "neither does",
      down,
      down,
      {
        state: "OFFLINE",
        healthScore: 30,
        connectivity: "DISCONNECTED",
        lastError: "API server: The connection was refused. Prometheus: The connection was refused.",
      },
    ],
    [
      "the only one does not",
      down,
      null,
      {
        state: "OFFLINE",
        healthScore: 50,
        connectivity: "DISCONNECTED",
        lastError: "API server: The connection was refused.",
      },
    ],
  ])("%s", (_, apiServer, prometheus, expected) => {
    expect(assess({ apiServer, prometheus })).toEqual({
      ...expected,
      apiServerHealthy: apiServer.healthy,
      prometheusHealthy: prometheus?.healthy ?? null,
    });
  });
});
