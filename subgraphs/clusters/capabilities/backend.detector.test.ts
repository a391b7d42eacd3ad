import { expect, it } from "vitest";
import { type BackendRow, detectBackends } from "./backend.detector.ts";
import type { Look } from "./look.detector.ts";

const DAY = 86_400_000;
const row = (given: Partial<BackendRow> = {}): BackendRow => ({
  prometheusUrl: null,
  tempoUrl: null,
  lokiUrl: null,
  prometheusHealthy: null,
  tempoHealthy: null,
  lokiHealthy: null,
  hasPrometheus: true,
  hasTempo: true,
  hasLoki: true,
  capabilitiesAt: null,
  updatedAt: new Date(DAY),
  ...given,
});
const statusOf = (given: Partial<BackendRow>, thanos: Look<boolean> | null = null) => {
  const { values, findings } = detectBackends(row(given), thanos);
  return { values, statuses: Object.fromEntries(findings.map(({ capability, status }) => [capability, status])) };
};
const LOKI = { lokiUrl: "http://loki:3100" };

it("has nothing where nothing is configured, whatever was there", () => {
  expect(statusOf({})).toEqual({
    values: { hasPrometheus: false, hasThanos: false, hasTempo: false, hasLoki: false },
    statuses: { PROMETHEUS: "ABSENT", THANOS: "ABSENT", TEMPO: "ABSENT", LOKI: "ABSENT" },
  });
});

it.each<[string, Partial<BackendRow>, boolean, string]>([
  ["that answers", { lokiHealthy: true, hasLoki: false }, true, "FOUND"],
  ["that is not checked", { lokiHealthy: null }, true, "NOT_LOOKED_FOR"],
  ["that has not answered since it was configured", { lokiHealthy: false }, false, "UNREACHABLE"],
  [
    "that answered before it was configured anew",
    { lokiHealthy: false, capabilitiesAt: new Date(DAY - 1) },
    false,
    "UNREACHABLE",
  ],
  ["that is out of order", { lokiHealthy: false, capabilitiesAt: new Date(2 * DAY) }, true, "UNREACHABLE"],
  [
    "that never answered",
    { lokiHealthy: false, capabilitiesAt: new Date(2 * DAY), hasLoki: false },
    false,
    "UNREACHABLE",
  ],
])("a configured endpoint %s", (_, given, present, status) => {
  const { values, statuses } = statusOf({ ...LOKI, ...given });
  expect([values.hasLoki, statuses["LOKI"]]).toEqual([present, status]);
});

it.each<[string, Look<boolean>, boolean | null | undefined, string]>([
  ["refuses what only Thanos reads", { seen: true }, true, "FOUND"],
  ["ignores it", { seen: false }, false, "ABSENT"],
  ["refuses us", { missed: { status: "FORBIDDEN", detail: "No." } }, null, "FORBIDDEN"],
  [
    "does not answer: what was known stands",
    { missed: { status: "UNREACHABLE", detail: "No." } },
    undefined,
    "UNREACHABLE",
  ],
])("a Prometheus that %s", (_, look, value, status) => {
  const { values, statuses } = statusOf({ prometheusUrl: "http://p:9090", prometheusHealthy: true }, look);
  expect([values.hasThanos, statuses["THANOS"]]).toEqual([value, status]);
});
