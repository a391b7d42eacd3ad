import { keyOf } from "./entity.ts";
import { type Finding, STANDS_OUT } from "./finding.ts";
import type { TopologyEdge } from "./model.ts";

/** Scores are sums of logarithms. */
const STRONG = Math.log1p(STANDS_OUT);
const SYMPTOM = Math.log1p(1.5);
const SUPPORT = 0.5;
const EXPLAINED = 0.6;

interface Dependency {
  /** Suffers when the other is broken. */
  readonly sufferer: string;
  readonly cause: string;
}

/**
 * What things stand on explains what is wrong with them: a node its pods, a GPU or a certificate those that use it. What explains others
 * gains, and what is explained loses. Who calls whom is not used here: in traces it is seen request by request.
 */
export function explained(
  own: ReadonlyMap<string, number>,
  topology: readonly TopologyEdge[],
  findings: readonly Finding[],
): Map<string, number> {
  const dependencies = dependenciesOf(topology, findings);
  const suffering = new Map<string, number>();
  const scores = new Map(own);
  const explainedOnes = new Set<string>();
  for (const { sufferer, cause } of dependencies) {
    const score = own.get(sufferer) ?? 0;
    if ((own.get(cause) ?? 0) < STRONG || score < SYMPTOM) continue;
    suffering.set(cause, (suffering.get(cause) ?? 0) + score);
    explainedOnes.add(sufferer);
  }
  for (const [cause, sum] of suffering) scores.set(cause, (scores.get(cause) ?? 0) + SUPPORT * Math.log1p(sum));
  for (const entity of explainedOnes) scores.set(entity, (scores.get(entity) ?? 0) * EXPLAINED);
  return scores;
}

function dependenciesOf(topology: readonly TopologyEdge[], findings: readonly Finding[]): Dependency[] {
  const strained = new Map<string, Set<string>>();
  for (const { entity, metric, z } of findings) {
    if (metric === undefined || z < STANDS_OUT) continue;
    strained.set(entity, (strained.get(entity) ?? new Set()).add(metric));
  }
  return topology.flatMap(({ from, to, kind }) => {
    const [sufferer, cause] = [keyOf(from), keyOf(to)];
    if (kind === "CALLS" || sufferer === cause) return [];
    // A pod that takes more of what its node is short of is not the node's victim: it is the neighbour that all suffer from.
    const takesIt = kind === "RUNS_ON" && shares(strained.get(sufferer), strained.get(cause));
    return [takesIt ? { sufferer: cause, cause: sufferer } : { sufferer, cause }];
  });
}

const shares = (a: ReadonlySet<string> | undefined, b: ReadonlySet<string> | undefined): boolean =>
  [...(a ?? [])].some((metric) => b?.has(metric));

/** A change of a workload is one of each of its pods. */
export function handedDown(changes: readonly Finding[], topology: readonly TopologyEdge[]): Finding[] {
  const pods = new Map<string, string[]>();
  for (const { from, to, kind } of topology) {
    if (kind !== "OWNS") continue;
    const list = pods.get(keyOf(from));
    if (list) list.push(keyOf(to));
    else pods.set(keyOf(from), [keyOf(to)]);
  }
  return changes.flatMap((change) => [
    change,
    ...(pods.get(change.entity) ?? []).map((entity) => ({ ...change, entity })),
  ]);
}
