import type { PrismaClient } from "../../../prisma/generated/client.ts";
import type { ClusterType, UserAccess } from "../../../prisma/generated/enums.ts";
import type { Identity } from "../kernel/auth-context.ts";
import { CodedError, clusterNotFound } from "../kernel/errors.ts";
import { type AskedAs, askedAs } from "./asked-as.ts";
import { type ClusterSelector, livingWhere, selectorWhere, visibleWhere } from "./selector.ts";

/** A cluster as something to ask: its name and where its endpoints are. Holds no credential. */
export interface Target {
  id: string;
  name: string;
  /** For metrics and traces, which tell clusters apart by nothing else. */
  clusterType?: ClusterType;
  apiServerUrl: string;
  prometheusUrl: string | null;
  tempoUrl: string | null;
  lokiUrl: string | null;
  alertmanagerUrl: string | null;
  /** Whose data it asks Loki and Tempo for, where they serve several tenants. */
  lokiTenant: string | null;
  tempoTenant: string | null;
  /** Changes whenever its credentials do. */
  credentialsAt: Date | null;
  /** Whoever it was looked up for sees only these of it: each client for it keeps to them. Without, it is asked as a whole. */
  namespaces?: readonly string[];
  /** In whose name it is asked, where it is set up so and looked up for somebody. Without, the platform asks for itself. */
  as?: AskedAs;
}

/** The columns of a Target. */
export const TARGET = {
  id: true,
  name: true,
  clusterType: true,
  apiServerUrl: true,
  prometheusUrl: true,
  tempoUrl: true,
  lokiUrl: true,
  alertmanagerUrl: true,
  lokiTenant: true,
  tempoTenant: true,
  credentialsAt: true,
} as const;

/** Its columns where it is looked up for somebody: `seenBy` takes them. */
export const SEEN = { ...TARGET, userAccess: true } as const;

/** Cluster id to endpoints, read only: how the subgraphs find the fleet without asking each other. One SQL statement per call. */
export class FleetDirectory {
  readonly #prisma: PrismaClient;

  constructor(prisma: PrismaClient) {
    this.#prisma = prisma;
  }

  /** By name, so that answers come in a stable order. @throws CLUSTER_NOT_FOUND if an id is named that is not to be seen. */
  async select(identity: Identity, selector: ClusterSelector): Promise<Target[]> {
    const targets = await this.#prisma.cluster.findMany({
      where: { AND: [livingWhere(identity), ...selectorWhere(selector)] },
      select: SEEN,
      orderBy: [{ name: "asc" }, { id: "asc" }],
    });
    await this.#requireNamed(identity, selector.ids ?? [], targets);
    return targets.map((target) => seenBy(identity, target));
  }

  /**
   * As `select`, with the ids beside the selector, as a query names them. Named both ways, a cluster must be in both lists; an
   * empty intersection is no cluster, since an empty list of ids would be all.
   */
  async selectNamed(
    identity: Identity,
    { clusterIds, selector }: { clusterIds?: readonly string[] | null; selector?: ClusterSelector | null },
  ): Promise<Target[]> {
    if (!clusterIds?.length) return await this.select(identity, selector ?? {});
    const targets = await this.select(identity, { ...selector, ids: [...clusterIds] });
    return selector?.ids?.length ? targets.filter(({ id }) => selector.ids?.includes(id)) : targets;
  }

  /** In the order asked; null for what does not exist or is not to be seen: the two look the same. */
  async byIds(identity: Identity, ids: readonly string[]): Promise<(Target | null)[]> {
    const found = await this.#prisma.cluster.findMany({
      where: { AND: [livingWhere(identity), { id: { in: [...ids] } }] },
      select: SEEN,
    });
    const byId = new Map(found.map((target) => [target.id, seenBy(identity, target)]));
    return ids.map((id) => byId.get(id) ?? null);
  }

  /** Which of the clusters the identity may see and the selector means, deleted ones included: for events about them. */
  async visible(
    identity: Identity,
    ids: readonly string[],
    selector: ClusterSelector = {},
  ): Promise<ReadonlySet<string>> {
    const found = await this.#prisma.cluster.findMany({
      where: { AND: [visibleWhere(identity), { id: { in: [...ids] } }, ...selectorWhere(selector)] },
      select: { id: true },
    });
    return new Set(found.map(({ id }) => id));
  }

  /** Which of the clusters are there, may be seen by the identity, and are meant by the selector. */
  async living(identity: Identity, ids: readonly string[], selector: ClusterSelector): Promise<ReadonlySet<string>> {
    const found = await this.#prisma.cluster.findMany({
      where: { AND: [livingWhere(identity), { id: { in: [...ids] } }, ...selectorWhere(selector)] },
      select: { id: true },
    });
    return new Set(found.map(({ id }) => id));
  }

  /** A cluster that was named and excluded by another part of the selector is no error; one that is unknown is. */
  async #requireNamed(identity: Identity, ids: readonly string[], targets: readonly Target[]): Promise<void> {
    const selected = new Set(targets.map(({ id }) => id));
    const rest = ids.filter((id) => !selected.has(id));
    if (rest.length === 0) return;
    const known = await this.byIds(identity, rest);
    const unknown = rest.find((_, index) => known[index] === null);
    if (unknown !== undefined) throw clusterNotFound(unknown);
  }
}

/** As somebody may ask it. */
export function seenBy<T extends Target & { userAccess: UserAccess }>(
  identity: Identity,
  { userAccess, ...target }: T,
): Omit<T, "userAccess"> {
  const namespaces = identity.scope?.namespaces;
  const as = askedAs(identity, userAccess);
  return { ...target, ...(namespaces ? { namespaces } : {}), ...(as ? { as } : {}) };
}

/** @throws FORBIDDEN for whoever sees only some namespaces, where all is read at once. */
export function requireWhole({ namespaces }: Target): void {
  if (namespaces) throw new CodedError("FORBIDDEN", "This reads whole clusters: it needs a scope without namespaces.");
}
