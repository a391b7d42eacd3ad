import { z } from "zod";
import { CodedError } from "../../shared/kernel/errors.ts";
import type { ReachedCluster } from "./reach.loader.ts";
import type { Source } from "./tool.contract.ts";

/** How asking each cluster ended, as the fields of the graph that ask many tell it. */
export const OUTCOMES =
  "outcomes { clusterId clusterName status skipReason truncated warnings error { code message } }";

export const Outcomes = z.array(
  z.object({
    clusterId: z.string(),
    clusterName: z.string(),
    status: z.string(),
    skipReason: z.string().nullish(),
    truncated: z.boolean().nullish(),
    warnings: z.array(z.string()).nullish(),
    error: z.object({ code: z.string(), message: z.string() }).nullish(),
  }),
);
export type Outcome = z.infer<typeof Outcomes>[number];

/** What was asked, wherever it was asked. */
export type AskedQuery = Pick<Source, "language" | "query" | "at">;

export const sourcesOf = (outcomes: readonly Outcome[], asked: AskedQuery): Source[] =>
  outcomes.map(({ clusterId, clusterName, status }, index) => ({
    id: `s${index + 1}`,
    clusterId,
    clusterName,
    ...asked,
    outcome: status,
  }));

/** Of an answer from what is kept of the clusters, which none was asked for. */
export const keptSources = (clusters: readonly ReachedCluster[], asked: AskedQuery): Source[] =>
  sourcesOf(
    clusters.map(({ id, name }) => ({ clusterId: id, clusterName: name, status: "SUCCESS" })),
    asked,
  );

const MOST_NAMED = 5;
const MOST_TOLD = 20;

/** Who is missing from an answer. */
export interface Coverage {
  /** Of clusters that answered, at least in part. */
  answered: number;
  /** To follow a summary; empty where nothing is missing. */
  sentence: string;
  /** To go with a result. */
  facts: Record<string, unknown>;
}

export function coverageOf(outcomes: readonly Outcome[]): Coverage {
  const without = outcomes.filter(isWithout);
  const partial = outcomes.filter(({ status, truncated }) => status === "PARTIAL" || truncated === true);
  const silent = outcomes.filter((each) => !hasAnswered(each) && !isWithout(each));
  const count = (some: readonly Outcome[]): string => `${some.length} of ${outcomes.length} clusters`;
  return {
    answered: outcomes.filter(hasAnswered).length,
    sentence: [
      silent.length > 0 &&
        ` ${count(silent)} did not answer: ${named(silent, (each) => `${each.clusterName} (${reasonOf(each)})`)}.`,
      partial.length > 0 && ` Answered in part only: ${named(partial, ({ clusterName }) => clusterName)}.`,
      without.length > 0 && ` ${count(without)} have nothing of it to ask.`,
    ]
      .filter((part) => part !== false)
      .join(""),
    facts: {
      ...told("notAnswered", silent, (each) => ({
        cluster: each.clusterName,
        status: each.status,
        reason: reasonOf(each),
        message: each.error?.message ?? null,
      })),
      ...told("inPart", partial, ({ clusterName, warnings }) => ({ cluster: clusterName, warnings: warnings ?? [] })),
      ...told("nothingToAsk", without, ({ clusterName }) => clusterName),
    },
  };
}

const hasAnswered = ({ status }: Outcome): boolean => status === "SUCCESS" || status === "PARTIAL";
/** What a cluster does not have, nobody misses in its answer. */
const isWithout = ({ skipReason }: Outcome): boolean => skipReason === "NO_CAPABILITY";
const reasonOf = ({ error, skipReason, status }: Outcome): string => skipReason ?? error?.code ?? status;

function named(some: readonly Outcome[], name: (each: Outcome) => string): string {
  const more = some.length - MOST_NAMED;
  return `${some.slice(0, MOST_NAMED).map(name).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

const told = (name: string, some: readonly Outcome[], tell: (each: Outcome) => unknown): Record<string, unknown> =>
  some.length > 0 ? { [name]: some.slice(0, MOST_TOLD).map(tell) } : {};

/** Of nobody's answer, "none" would be a guess. @throws NO_CLUSTER_SUCCEEDED */
export function requireAnswer(outcomes: readonly Outcome[]): void {
  const { answered, sentence } = coverageOf(outcomes);
  if (answered === 0 && !outcomes.every(isWithout)) throw new CodedError("NO_CLUSTER_SUCCEEDED", sentence.trim());
}
