import { randomUUID } from "node:crypto";
import type { Prisma } from "../../prisma/generated/client.ts";
import { labelPairs } from "../../subgraphs/shared/fleet/label-selector.ts";
import { Identity } from "../../subgraphs/shared/kernel/auth-context.ts";

const DAY_ONE = new Date("2026-01-01T00:00:00Z");

export type ClusterRow = Prisma.ClusterUncheckedCreateInput & { labels: Record<string, string> };

/** A row for `prisma.cluster.create`: of the default tenant, registered on day one, and due for a check since. */
export function clusterRow(given: Partial<ClusterRow> = {}): ClusterRow {
  const labels = given.labels ?? {};
  return {
    id: randomUUID(),
    tenantId: "default",
    name: `c-${randomUUID()}`,
    apiServerUrl: "https://api.example:6443",
    labelPairs: labelPairs(labels),
    nextCheckAt: DAY_ONE,
    createdAt: DAY_ONE,
    updatedAt: DAY_ONE,
    ...given,
    labels,
  };
}

/** Somebody who may see all clusters of the default tenant, unless said otherwise. */
export const identity = (given: Partial<Identity> = {}): Identity =>
  Identity.parse({ user: "ann", roles: ["admin"], ...given });
