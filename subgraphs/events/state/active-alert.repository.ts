import type { Prisma, PrismaClient } from "../../../prisma/generated/client.ts";
import type { AlertSeverity } from "../../../prisma/generated/enums.ts";
import { withinWhere } from "../../shared/fleet/namespaces.ts";
import { type ClusterSelector, livingWhere, selectorWhere } from "../../shared/fleet/selector.ts";
import type { Identity } from "../../shared/kernel/auth-context.ts";

/** Which of the alerts that fire are watched. */
export interface ActiveAlertFilter {
  selector?: ClusterSelector | null;
  severities?: readonly AlertSeverity[] | null;
  namespaces?: readonly string[] | null;
}

/** Alerts that fire, as ids only: their owner writes them, and the gateway joins the rest. */
export class ActiveAlertRepository {
  readonly #prisma: PrismaClient;

  constructor(prisma: PrismaClient) {
    this.#prisma = prisma;
  }

  /** Worst and newest first, at most `limit`. @param ids only of these. */
  async ids(
    identity: Identity,
    { selector, severities, namespaces }: ActiveAlertFilter,
    { ids, limit }: { ids?: readonly string[]; limit: number },
  ): Promise<string[]> {
    const where: Prisma.AlertWhereInput = {
      tenantId: identity.tenant,
      state: "FIRING",
      ...(ids ? { id: { in: [...ids] } } : {}),
      ...(severities?.length ? { severity: { in: [...severities] } } : {}),
      ...(namespaces?.length ? { namespace: { in: [...namespaces] } } : {}),
      ...withinWhere(identity.scope?.namespaces),
      clusterId: { in: await this.#clusters(identity, selector ?? {}) },
    };
    const orderBy = [{ severity: "asc" }, { startsAt: "desc" }, { id: "asc" }] as const;
    const found = await this.#prisma.alert.findMany({
      where,
      select: { id: true },
      orderBy: [...orderBy],
      take: limit,
    });
    return found.map(({ id }) => id);
  }

  async #clusters(identity: Identity, selector: ClusterSelector): Promise<string[]> {
    const where = { AND: [livingWhere(identity), ...selectorWhere(selector)] };
    const found = await this.#prisma.cluster.findMany({ where, select: { id: true } });
    return found.map(({ id }) => id);
  }
}
