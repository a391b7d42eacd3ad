import type { Cluster as Row } from "../../../prisma/generated/client.ts";
import { type Finding, isUnreachable, type Look, missedFinding } from "./look.detector.ts";

export type BackendRow = Pick<
  Row,
  | "prometheusUrl"
  | "tempoUrl"
  | "lokiUrl"
  | "prometheusHealthy"
  | "tempoHealthy"
  | "lokiHealthy"
  | "hasPrometheus"
  | "hasTempo"
  | "hasLoki"
  | "capabilitiesAt"
  | "updatedAt"
>;

export interface BackendDetection {
  values: { hasPrometheus: boolean; hasTempo: boolean; hasLoki: boolean; hasThanos?: boolean | null };
  findings: Finding[];
}

const BACKENDS = [
  { capability: "PROMETHEUS", has: "hasPrometheus", url: "prometheusUrl", healthy: "prometheusHealthy" },
  { capability: "TEMPO", has: "hasTempo", url: "tempoUrl", healthy: "tempoHealthy" },
  { capability: "LOKI", has: "hasLoki", url: "lokiUrl", healthy: "lokiHealthy" },
] as const;

/**
 * The configured backends, by what the health check has just found: an endpoint counts once it has answered, and an outage of
 * one that has does not take it away. Only a look at Prometheus' own API says whether it is Thanos.
 */
export function detectBackends(row: BackendRow, thanos: Look<boolean> | null): BackendDetection {
  const found = BACKENDS.map((backend) => ({ ...backend, ...backendFinding(row, backend) }));
  const has = (name: string): boolean => found.find((backend) => backend.has === name)?.present ?? false;
  const { value, finding } = thanosFinding(thanos);
  const [prometheus, ...others] = found.map((backend) => backend.finding);
  return {
    values: {
      hasPrometheus: has("hasPrometheus"),
      hasTempo: has("hasTempo"),
      hasLoki: has("hasLoki"),
      ...(value === undefined ? {} : { hasThanos: value }),
    },
    findings: [...(prometheus ? [prometheus] : []), finding, ...others],
  };
}

function backendFinding(
  row: BackendRow,
  { capability, has, url, healthy }: (typeof BACKENDS)[number],
): { present: boolean; finding: Finding } {
  const source = `endpoints.${url}`;
  const finding = (status: Finding["status"], detail: string): Finding => ({ capability, status, source, detail });
  if (row[url] === null) return { present: false, finding: finding("ABSENT", "None is configured.") };
  if (row[healthy] === null) {
    return { present: true, finding: finding("NOT_LOOKED_FOR", "Configured, and not checked yet.") };
  }
  if (row[healthy]) return { present: true, finding: finding("FOUND", "It answered the health check.") };
  const detectedSince = row.capabilitiesAt !== null && row.capabilitiesAt >= row.updatedAt;
  return {
    present: detectedSince && row[has],
    finding: finding("UNREACHABLE", "Configured, and not healthy at the last check."),
  };
}

/** Value: undefined where there was no answer this time, and what was known stands. */
function thanosFinding(look: Look<boolean> | null): { value: boolean | null | undefined; finding: Finding } {
  const capability = "THANOS" as const;
  const source = "POST /api/v1/query with a dedup that is no boolean";
  if (look === null) {
    const detail = "No Prometheus endpoint is configured.";
    return { value: false, finding: { capability, status: "ABSENT", source: "endpoints.prometheusUrl", detail } };
  }
  if ("missed" in look) {
    return { value: isUnreachable(look) ? undefined : null, finding: missedFinding(capability, source, look.missed) };
  }
  const detail = look.seen ? "Refused, as only Thanos does." : "Ignored, as Prometheus does.";
  return { value: look.seen, finding: { capability, status: look.seen ? "FOUND" : "ABSENT", source, detail } };
}
