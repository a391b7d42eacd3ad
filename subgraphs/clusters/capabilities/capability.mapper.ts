import type { Cluster as Row } from "../../../prisma/generated/client.ts";
import type { CapabilityFinding, ProposedEndpoint } from "./capability.type.ts";
import type { Finding } from "./look.detector.ts";
import type { Proposal } from "./proposal.detector.ts";

/** Without the counts, which only the totals of a fleet are made of. None of a row that was read without. */
export const toFindings = ({ capabilityFindings }: Pick<Row, "capabilityFindings">): CapabilityFinding[] =>
  ((capabilityFindings ?? []) as unknown as Finding[]).map(({ capability, status, source, detail }) => ({
    capability,
    status,
    source,
    detail,
  }));

type Endpoints = Pick<Row, "proposedEndpoints" | "prometheusUrl" | "tempoUrl" | "lokiUrl" | "alertmanagerUrl">;

/** Those that the owner has not configured already. None of a row that was read without. */
export function toProposals(row: Endpoints): ProposedEndpoint[] {
  const proposals = (row.proposedEndpoints ?? []) as unknown as Proposal[];
  if (proposals.length === 0) return [];
  const configured = new Set(
    [row.prometheusUrl, row.tempoUrl, row.lokiUrl, row.alertmanagerUrl].map((url) => url?.replace(/\/+$/, "")),
  );
  return proposals.filter(({ url }) => !configured.has(url));
}
