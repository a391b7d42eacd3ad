import DataLoader from "dataloader";
import type { FleetClients } from "../../shared/fleet/clients.ts";
import type { Target } from "../../shared/fleet/directory.ts";
import { fanOut } from "../../shared/kernel/fan-out.ts";
import type { Outcome } from "../../shared/kernel/outcome.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import type { Matcher } from "../../shared/upstreams/alertmanager/matcher.ts";
import type { Silence } from "../../shared/upstreams/alertmanager/schema.ts";
import type { AlertCountRepository } from "../alerts/alert-count.repository.ts";
import { isSearchable } from "../alerts/matcher.filter.ts";

export const SILENCE_PATIENCE_MS = 15_000;

export interface Matched {
  clusterId: string;
  matchers: readonly Matcher[];
}

/** What one operation reads of silences. */
export interface SilenceLoaders {
  /** Every silence of a cluster: one request to each, whatever the operation's shape. */
  ofCluster: DataLoader<Target, Outcome<Silence[]>, string>;
  /** How many alerts fire that the matchers select; null where they cannot be asked for here. */
  matching: DataLoader<Matched, number | null, string>;
}

export const silenceLoaders = (
  { signal, requestId, identity }: Operation,
  {
    clients,
    counts,
    onInternalError,
  }: {
    clients: FleetClients;
    counts: AlertCountRepository;
    onInternalError: (error: unknown) => void;
  },
): SilenceLoaders => ({
  ofCluster: new DataLoader(
    (targets) =>
      fanOut(
        targets,
        async (target, patience) => (await clients.alertmanager(target)).silences({ signal: patience, requestId }),
        { signal, patienceMs: () => SILENCE_PATIENCE_MS, onInternalError },
      ),
    { cacheKeyFn: ({ id }) => id },
  ),
  matching: new DataLoader(
    async (asked) => {
      const searchable = asked.filter(({ matchers }) => matchers.every(isSearchable));
      const found = await counts.matching(searchable, identity.scope?.namespaces);
      const byAsked = new Map(searchable.map((each, index) => [each, found[index] ?? null]));
      return asked.map((each) => byAsked.get(each) ?? null);
    },
    { cacheKeyFn: (asked) => JSON.stringify(asked) },
  ),
});
