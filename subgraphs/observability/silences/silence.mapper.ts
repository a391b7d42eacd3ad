import type { Target } from "../../shared/fleet/directory.ts";
import { matcherText } from "../../shared/upstreams/alertmanager/matcher.ts";
import type { Silence, SilenceOutcome, SilencePreviewCluster } from "./silence.type.ts";
import type { SilenceResult } from "./silence-deed.service.ts";
import type { FoundSilence } from "./silences.service.ts";

export function toSilence({ clusters, matchers, ...silence }: FoundSilence): Silence {
  const [first, ...others] = clusters;
  return {
    ...silence,
    clusterId: first?.id ?? "",
    clusterName: first?.name ?? "",
    cluster: first ? { id: first.id } : null,
    sharedWith: others.map(({ id }) => ({ id })),
    matchers: matchers.map((matcher) => ({ ...matcher, text: matcherText(matcher) })),
  };
}

export const toSilenceOutcome = ({ target, silenceId, outcome }: SilenceResult): SilenceOutcome => ({
  clusterId: target.id,
  clusterName: target.name,
  cluster: { id: target.id },
  status: outcome.status,
  skipReason: outcome.skipReason ?? null,
  silenceId,
  error: outcome.failure ?? null,
});

export const toPreviewCluster = (
  { id, name }: Target,
  perCluster: ReadonlyMap<string, number>,
): SilencePreviewCluster => ({
  clusterId: id,
  clusterName: name,
  cluster: { id },
  matchingAlerts: perCluster.get(id) ?? 0,
});
