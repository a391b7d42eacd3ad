import DataLoader from "dataloader";
import type { FleetClients } from "../../shared/fleet/clients.ts";
import { fanOut } from "../../shared/kernel/fan-out.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import type { PodName } from "./device.mapper.ts";
import type { GpuTarget } from "./gpu-cluster.repository.ts";
import { type Workloads, workloadsOf } from "./workloads.mapper.ts";
import { ownersQuery } from "./workloads.plan.ts";

/** Whose pods these are. */
export interface OwnersQuestion {
  target: GpuTarget;
  pods: readonly PodName[];
  /** In unix seconds; and how far back from there. */
  at: number;
  seconds: number;
}

export interface Owners {
  workloads: Workloads;
  /** Why they are not known. */
  gap: string | null;
}

export type OwnersLoader = DataLoader<OwnersQuestion, Owners, string>;

const PATIENCE_MS = 10_000;
/** Of pods that nobody has to be asked about. */
const NONE: Owners = { workloads: new Map(), gap: null };

/** Pods' workloads, within one operation: one request for those of a cluster that are asked about alike. A failure is a reason. */
export const ownersLoader = (
  { requestId, signal }: Pick<Operation, "requestId" | "signal">,
  clients: Pick<FleetClients, "prometheus">,
  onInternalError: (error: unknown) => void,
): OwnersLoader =>
  new DataLoader(
    async (questions) => {
      const read = async ({ target, pods, at, seconds }: OwnersQuestion, own: AbortSignal): Promise<Owners> => {
        if (pods.length === 0) return NONE;
        const client = await clients.prometheus(target);
        const options = { signal: own, requestId };
        const { series } = await client.query(ownersQuery(pods, seconds), { at }, PATIENCE_MS / 1000, options);
        return { workloads: workloadsOf(series), gap: null };
      };
      const outcomes = await fanOut(questions, read, { signal, patienceMs: () => PATIENCE_MS, onInternalError });
      return outcomes.map(
        ({ value, failure }) =>
          value ?? { workloads: NONE.workloads, gap: `Prometheus: ${failure?.message ?? "there is none."}` },
      );
    },
    {
      cacheKeyFn: ({ target, pods, at, seconds }) =>
        `${target.id} ${at} ${seconds} ${pods.map(({ namespace, name }) => `${namespace}/${name}`).join(" ")}`,
    },
  );

/** Each pod once. */
export const distinct = (pods: readonly PodName[]): PodName[] => [
  ...new Map(pods.map((pod) => [`${pod.namespace}/${pod.name}`, pod])).values(),
];

/** Of each cluster, whose its pods are: all clusters at once. */
export async function ownersOf(
  pods: readonly { target: GpuTarget; pods: readonly PodName[] }[],
  owners: OwnersLoader,
  { at, seconds }: Pick<OwnersQuestion, "at" | "seconds">,
): Promise<(target: GpuTarget) => Owners> {
  const byCluster = [...Map.groupBy(pods, ({ target }) => target.id).values()];
  const answers = await Promise.all(
    byCluster.map(async (all) => {
      const [{ target }] = all as [(typeof pods)[number]];
      const asked = { target, pods: distinct(all.flatMap((each) => each.pods)), at, seconds };
      return [target.id, await owners.load(asked)] as const;
    }),
  );
  const byId = new Map(answers);
  return ({ id }) => byId.get(id) ?? NONE;
}
