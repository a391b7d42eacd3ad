import { describe, expect, it } from "vitest";
import { assess, type Probe, type ProbeResult } from "./health.score.ts";

const ok: ProbeResult = { healthy: true, reached: true, error: null };
const down: ProbeResult = { healthy: false, reached: false, error: "The connection was refused." };
const refused: ProbeResult = { healthy: false, reached: true, error: "The credentials were refused." };
const unasked: ProbeResult = { healthy: null, reached: false, error: "The key is not configured." };

const all = (result: ProbeResult): Probe => ({
  apiServer: result,
  prometheus: result,
  tempo: result,
  loki: result,
  alertmanager: result,
});

describe("assess", () => {
  it.each<[string, Probe, string, number | null, string | null]>([
    ["all answer", all(ok), "ONLINE", 100, null],
    ["all that is configured answers", { apiServer: ok }, "ONLINE", 100, null],
    [
      "the API server does not",
      { ...all(ok), apiServer: down },
      "DEGRADED",
      50,
      "API server: The connection was refused.",
    ],
    [
      "Prometheus does not",
      { ...all(ok), prometheus: down },
      "DEGRADED",
      80,
      "Prometheus: The connection was refused.",
    ],
    ["Tempo does not", { ...all(ok), tempo: down }, "DEGRADED", 85, "Tempo: The connection was refused."],
    ["Loki does not", { ...all(ok), loki: down }, "DEGRADED", 85, "Loki: The connection was refused."],
    [
      "Alertmanager does not",
      { ...all(ok), alertmanager: down },
      "DEGRADED",
      100,
      "Alertmanager: The connection was refused.",
    ],
    [
      "two do not",
      { apiServer: ok, prometheus: down, loki: refused },
      "DEGRADED",
      65,
      "Prometheus: The connection was refused. Loki: The credentials were refused.",
    ],
    [
      "neither of the configured does",
      { apiServer: down, prometheus: down },
      "OFFLINE",
      30,
      "API server: The connection was refused. Prometheus: The connection was refused.",
    ],
    ["the only one does not", { apiServer: refused }, "OFFLINE", 50, "API server: The credentials were refused."],
    ["none does", all(down), "OFFLINE", 0, expect.stringMatching(/^API server: .* Alertmanager: The connection/)],
    ["nothing could be asked", all(unasked), "UNKNOWN", null, expect.stringContaining("The key is not configured.")],
    [
      "the only one could not be asked",
      { apiServer: unasked },
      "UNKNOWN",
      null,
      "API server: The key is not configured.",
    ],
    [
      "one could not be asked, and another answers",
      { apiServer: unasked, prometheus: ok },
      "DEGRADED",
      50,
      "API server: The key is not configured.",
    ],
    [
      "one could not be asked, and another does not answer",
      { apiServer: unasked, loki: down },
      "OFFLINE",
      35,
      "API server: The key is not configured. Loki: The connection was refused.",
    ],
  ])("%s", (_, probe, state, healthScore, lastError) => {
    const health = assess(probe, []);
    expect(health).toMatchObject({ state, healthScore, lastError });
    expect({ ...health }).toMatchObject({
      apiServerHealthy: probe.apiServer?.healthy ?? null,
      prometheusHealthy: probe.prometheus?.healthy ?? null,
      tempoHealthy: probe.tempo?.healthy ?? null,
      lokiHealthy: probe.loki?.healthy ?? null,
      alertmanagerHealthy: probe.alertmanager?.healthy ?? null,
    });
  });

  it("bounds an error", () => {
    const long = { ...down, error: "x".repeat(5000) };
    expect(assess({ apiServer: long }, []).lastError).toHaveLength(1000);
  });
});

describe("connectivity", () => {
  const recent = (text: string): boolean[] => [...text].map((sign) => sign === "+");
  const shown = (reached: readonly boolean[]): string => reached.map((each) => (each ? "+" : "-")).join("");

  it.each<[string, ProbeResult, string | null, string]>([
    ["", ok, "CONNECTED", "+"],
    ["", down, "DISCONNECTED", "-"],
    // It answers: what it says of the credentials is health.
    ["", refused, "CONNECTED", "+"],
    ["++++++++++", down, "DISCONNECTED", "+++++++++-"],
    ["+++---", ok, "CONNECTED", "+++---+"],
    ["+++---", down, "DISCONNECTED", "+++----"],
    ["+-+", down, "INTERMITTENT", "+-+-"],
    ["+-++++", down, "INTERMITTENT", "+-++++-"],
    ["-+--++++++", ok, "CONNECTED", "+--+++++++"],
    ["+-+-------", down, "DISCONNECTED", "-+--------"],
    ["-+-+", unasked, null, "-+-+"],
  ])("after %j", (before, apiServer, connectivity, after) => {
    const health = assess({ apiServer }, recent(before));
    expect([health.connectivity, shown(health.recentReachable)]).toEqual([connectivity, after]);
  });
});
