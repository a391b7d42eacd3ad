import { z } from "zod";
import type { GraphAnswer } from "../../../shared/kernel/graph.ts";

const Failure = z.object({ code: z.string(), message: z.string() });

/** How asking a cluster ended, as far as a report tells it. */
export const ClusterOutcome = z.object({
  clusterName: z.string(),
  status: z.string(),
  skipReason: z.string().nullish(),
  warnings: z.array(z.string()).default([]),
  truncated: z.boolean().default(false),
  error: Failure.nullish(),
});
export type ClusterOutcome = z.infer<typeof ClusterOutcome>;

/** What is selected of outcomes, for the above. */
export const OUTCOME_FIELDS = "clusterName status skipReason truncated warnings error { code message }";

export interface Missing {
  readonly cluster: string | null;
  readonly reason: string;
  readonly code: string | null;
}

const SKIPPED: Readonly<Record<string, string>> = {
  NO_ENDPOINT: "No such endpoint is configured.",
  UNHEALTHY: "Its last health check says that it would not answer.",
  CIRCUIT_OPEN: "It failed too often just now, and rests.",
};

/** What clusters did not tell. One that has nothing of what was asked about lacks nothing. */
export const missingOf = (outcomes: readonly ClusterOutcome[]): Missing[] =>
  outcomes.flatMap(({ clusterName: cluster, status, skipReason, error, warnings, truncated }): Missing[] => {
    if (status === "SUCCESS" || skipReason === "NO_CAPABILITY") return [];
    if (status === "PARTIAL") {
      const reason = warnings[0] ?? (truncated ? "Its answer was cut at a limit." : "It answered in part.");
      return [{ cluster, reason, code: "PARTIAL" }];
    }
    if (error) return [{ cluster, reason: error.message, code: error.code }];
    return [{ cluster, reason: SKIPPED[skipReason ?? ""] ?? "It did not answer.", code: skipReason ?? status }];
  });

/** What graphql calls an operation that the schema does not know. */
const UNKNOWN_TO_SERVER = "GRAPHQL_VALIDATION_FAILED";

const FailedClusters = z.object({
  clusters: z.array(z.object({ clusterName: z.string(), status: z.string(), error: Failure.nullish() })),
});

/** What fields failed with: each cluster's own reason, where the error has them. */
export const problemsOf = ({ errors }: GraphAnswer): Missing[] =>
  errors.flatMap(({ message, extensions }): Missing[] => {
    const code = extensions?.code ?? "INTERNAL_SERVER_ERROR";
    const { data } = FailedClusters.safeParse(extensions?.["details"]);
    if (code === UNKNOWN_TO_SERVER) return [{ cluster: null, reason: "This server does not answer that.", code }];
    if (!data) return [{ cluster: null, reason: message, code }];
    return data.clusters.map(({ clusterName, error }) => ({
      cluster: clusterName,
      reason: error?.message ?? "It did not answer.",
      code: error?.code ?? code,
    }));
  });
