import { z } from "zod";
import { CodedError } from "../../shared/kernel/errors.ts";
import { firstProblem, type GraphAnswer } from "../../shared/kernel/graph.ts";
import { durationSeconds } from "../../shared/kernel/time-range.ts";
import type { ReachedCluster } from "./reach.loader.ts";
import type { ToolKit } from "./tool.contract.ts";

/** How long a cluster may take: less than a tool, so that one that is slow is a row of the answer, and not its end. */
export const CLUSTER_SECONDS = 20;
export const TOOL_MS = 30_000;

/** The clusters that a call may ask, as the graph's arguments take them; null for all that the user may see. @throws CLUSTER_NOT_FOUND */
export async function clusterIdsOf(kit: ToolKit, named: readonly string[] | undefined): Promise<string[] | null> {
  const clusters = await kit.clusters(named);
  // The graph takes an empty list for all of them.
  if (clusters?.length === 0)
    throw new CodedError("CLUSTER_NOT_FOUND", "This conversation is about no cluster that there is.");
  return clusters?.map(({ id }) => id) ?? null;
}

/** The one cluster that a call names. @throws CLUSTER_NOT_FOUND */
export async function clusterOf(kit: ToolKit, named: string): Promise<ReachedCluster> {
  const [cluster] = (await kit.clusters([named])) ?? [];
  if (!cluster) throw new CodedError("CLUSTER_NOT_FOUND", `No cluster ${JSON.stringify(named)} in reach.`);
  return cluster;
}

export interface Question<T extends z.ZodType> {
  document: string;
  variables: Record<string, unknown>;
  /** Of its data: what has to be there is not nullable. */
  answer: T;
}

export interface Asked<T> {
  data: T;
  errors: GraphAnswer["errors"];
}

/** @throws the graph's own coded error where what has to be there is not */
export async function askFor<T extends z.ZodType>(
  kit: ToolKit,
  { document, variables, answer }: Question<T>,
): Promise<Asked<z.output<T>>> {
  const told = await kit.ask(document, variables);
  const parsed = answer.safeParse(told.data);
  if (parsed.success) return { data: parsed.data, errors: told.errors };
  throw problemOf(told) ?? new CodedError("INTERNAL_SERVER_ERROR", "The graph answered something else than asked.");
}

const Failed = z.object({
  clusters: z.array(z.object({ clusterName: z.string(), error: z.object({ code: z.string() }).nullish() })).min(1),
});
const MOST_NAMED = 5;

/** Which clusters failed is most of what there is to know, where all of them did. */
function problemOf(told: GraphAnswer): CodedError | null {
  const problem = firstProblem(told);
  const details = Failed.safeParse(told.errors[0]?.extensions?.["details"]).data;
  if (!problem || !details) return problem;
  const named = details.clusters
    .slice(0, MOST_NAMED)
    .map(({ clusterName, error }) => (error ? `${clusterName} ${error.code}` : clusterName));
  return new CodedError(problem.code, `${problem.message} (${named.join(", ")})`);
}

export interface Stretch {
  startTime: string;
  endTime: string;
  seconds: number;
}

/** So far back from the answer's now. @throws INVALID_DURATION */
export function stretchOf(range: string, now: Date): Stretch {
  const seconds = durationSeconds(range, "range");
  const start = new Date(now.getTime() - seconds * 1000);
  if (Number.isNaN(start.getTime()))
    throw new CodedError("INVALID_DURATION", "range leads beyond the dates that there are.");
  return { startTime: start.toISOString(), endTime: now.toISOString(), seconds };
}

const STEPS = ["15s", "30s", "1m", "2m", "5m", "10m", "15m", "30m", "1h", "2h", "6h", "12h", "1d"] as const;

/** The finest step with at most so many points. */
export const stepFor = (seconds: number, points: number): string =>
  STEPS.find((step) => durationSeconds(step, "step") * points >= seconds) ?? `${Math.ceil(seconds / points / 86_400)}d`;
