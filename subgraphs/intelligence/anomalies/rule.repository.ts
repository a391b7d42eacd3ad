import type { Prisma, PrismaClient } from "../../../prisma/generated/client.ts";
import { madeWithin } from "../../shared/fleet/namespaces.ts";
import type { NamespaceScope } from "../../shared/kernel/namespaces.ts";
import { SeriesStates } from "./series-state.filter.ts";

export type RuleRow = Prisma.DetectionRuleGetPayload<object>;

/** Whose rules alone are meant, where not everybody's, and of which of their scopes. */
type Owner = { user: string; namespaces: NamespaceScope } | null;

/** How far a rule has judged a cluster's series, in unix seconds (0: not at all), and what it remembers of each. */
export interface ClusterState {
  clusterId: string;
  judgedUntil: number;
  series: SeriesStates;
}

/** Detection rules and what they remember, in the database. */
export class RuleRepository {
  readonly #prisma: PrismaClient;

  constructor(prisma: PrismaClient) {
    this.#prisma = prisma;
  }

  /** By name. @param owner only this one's; everybody's where null. */
  async page(tenantId: string, owner: Owner, skip: number, take: number): Promise<{ rows: RuleRow[]; total: number }> {
    const where = { tenantId, ...ownedBy(owner) };
    const [rows, total] = await this.#prisma.$transaction([
      this.#prisma.detectionRule.findMany({ where, orderBy: { name: "asc" }, skip, take }),
      this.#prisma.detectionRule.count({ where }),
    ]);
    return { rows, total };
  }

  /** In the order asked, in one statement. */
  async byIds(tenantId: string, owner: Owner, ids: readonly string[]): Promise<(RuleRow | null)[]> {
    const rows = await this.#prisma.detectionRule.findMany({
      where: { tenantId, id: { in: [...ids] }, ...ownedBy(owner) },
    });
    const byId = new Map(rows.map((row) => [row.id, row]));
    return ids.map((id) => byId.get(id) ?? null);
  }

  /** What is due, with the next run of each moved forward: what one replica has taken, another passes over. */
  async takeDue(now: Date, limit: number): Promise<RuleRow[]> {
    const taken = await this.#prisma.$queryRaw<{ id: string }[]>`
      WITH due AS MATERIALIZED (
        SELECT id FROM detection_rules WHERE enabled AND next_run_at <= ${now}::timestamptz
        ORDER BY next_run_at LIMIT ${limit}::int FOR UPDATE SKIP LOCKED
      )
      UPDATE detection_rules SET next_run_at = ${now}::timestamptz + make_interval(secs => every_seconds)
      FROM due WHERE detection_rules.id = due.id
      RETURNING detection_rules.id::text`;
    if (taken.length === 0) return [];
    return await this.#prisma.detectionRule.findMany({ where: { id: { in: taken.map(({ id }) => id) } } });
  }

  /** What there is of each cluster. */
  async states(ruleId: string): Promise<Map<string, ClusterState>> {
    const rows = await this.#prisma.detectionState.findMany({ where: { ruleId } });
    return new Map(rows.map((row) => [row.clusterId, toState(row)]));
  }

  /** The same of these clusters, which nobody else changes until the transaction ends. Nothing where the rule is gone. */
  async lockedStates(tx: Prisma.TransactionClient, ruleId: string, clusterIds: readonly string[], now: Date) {
    await tx.$executeRaw`
      INSERT INTO detection_states (rule_id, cluster_id, judged_until, series, updated_at)
      SELECT ${ruleId}::uuid, id, 'epoch'::timestamptz, '{}', ${now}::timestamptz FROM unnest(${[...clusterIds]}::uuid[]) id
      WHERE EXISTS (SELECT FROM detection_rules WHERE id = ${ruleId}::uuid)
      ON CONFLICT DO NOTHING`;
    const rows = await tx.$queryRaw<{ clusterId: string; judgedUntil: Date; series: unknown }[]>`
      SELECT cluster_id::text AS "clusterId", judged_until AS "judgedUntil", series FROM detection_states
      WHERE rule_id = ${ruleId}::uuid AND cluster_id = ANY(${[...clusterIds]}::uuid[]) ORDER BY cluster_id FOR UPDATE`;
    return new Map(rows.map((row) => [row.clusterId, toState(row)]));
  }

  /** Several in one statement. */
  async saveStates(
    tx: Prisma.TransactionClient,
    ruleId: string,
    states: readonly ClusterState[],
    now: Date,
  ): Promise<void> {
    const rows = states.map(({ judgedUntil, ...rest }) => ({ ...rest, judgedUntil: new Date(judgedUntil * 1000) }));
    await tx.$executeRaw`
      UPDATE detection_states s SET judged_until = n."judgedUntil", series = n.series, updated_at = ${now}::timestamptz
      FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS n("clusterId" uuid, "judgedUntil" timestamptz, series jsonb)
      WHERE s.rule_id = ${ruleId}::uuid AND s.cluster_id = n."clusterId"`;
  }

  async ran(
    ruleId: string,
    now: Date,
    said: { lastError: string | null; lastRun?: Prisma.InputJsonObject },
  ): Promise<void> {
    await this.#prisma.detectionRule.updateMany({ where: { id: ruleId }, data: { lastRunAt: now, ...said } });
  }
}

/** What cannot be read is remembered no more: no rule is to stop for it. */
const toState = ({ clusterId, judgedUntil, series }: { clusterId: string; judgedUntil: Date; series: unknown }) => ({
  clusterId,
  judgedUntil: judgedUntil.getTime() / 1000,
  series: SeriesStates.safeParse(series).data ?? {},
});

const ownedBy = (owner: Owner) =>
  owner === null ? {} : { createdBy: owner.user, ...madeWithin(owner.namespaces, "identity") };
