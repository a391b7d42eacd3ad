import { Prisma, type PrismaClient, type Cluster as Row } from "../../../prisma/generated/client.ts";
import type { CnfType } from "../../../prisma/generated/enums.ts";
import { type ClusterSelector, livingWhere, selectorWhere } from "../../shared/fleet/selector.ts";
import type { Identity } from "../../shared/kernel/auth-context.ts";
import type { CnfValues } from "./cnf.detector.ts";
import type { GpuValues } from "./gpu.detector.ts";
import type { Finding } from "./look.detector.ts";
import type { Proposal } from "./proposal.detector.ts";

/** What a cluster has. Of what nobody could answer this time, nothing: what was known stands. */
export interface Detection {
  values: Partial<GpuValues & CnfValues> & {
    hasServiceMesh?: boolean | null;
    platformVersion?: string;
    hasPrometheus: boolean;
    hasThanos?: boolean | null;
    hasTempo: boolean;
    hasLoki: boolean;
  };
  findings: Finding[];
  proposals: Proposal[] | null;
  /** Whether the findings on GPUs are without their counts, which were not read. */
  gpusUnread: boolean;
}

export type FleetCapability = "gpus" | "prometheus" | "thanos" | "tempo" | "loki" | "serviceMesh" | "cnf";

/** How many of the clusters have a capability, and of how many nobody knows. */
export interface Tally {
  present: number;
  unknown: number;
}

export interface FleetRow {
  clusters: number;
  tallies: Record<FleetCapability, Tally>;
  gpuCount: number;
  gpusByProduct: { product: string; count: number }[];
  cnfByType: { value: CnfType; count: number }[];
}

/** Each column that holds a capability. */
const COLUMNS: Readonly<Record<FleetCapability, string>> = {
  gpus: "has_gpu_nodes",
  prometheus: "has_prometheus",
  thanos: "has_thanos",
  tempo: "has_tempo",
  loki: "has_loki",
  serviceMesh: "has_service_mesh",
  cnf: "has_cnf_workloads",
};

/** What was detected, in the database. Writing works for no identity: detection is the platform's own duty. */
export class CapabilitiesRepository {
  readonly #prisma: PrismaClient;

  constructor(prisma: PrismaClient) {
    this.#prisma = prisma;
  }

  async find(id: string): Promise<Row | null> {
    return await this.#prisma.cluster.findFirst({ where: { id, deletedAt: null } });
  }

  /**
   * Write what was detected on `seen` at a time, if that is still the same cluster and nobody has written anything newer. The
   * row is locked meanwhile, so that of two detections the second compares with what the first has written.
   * @returns the row before and after, or null where nothing was written.
   */
  async record(
    tx: Prisma.TransactionClient,
    seen: Row,
    at: Date,
    { values, findings, proposals, gpusUnread }: Detection,
  ): Promise<{ before: Row; after: Row } | null> {
    await tx.$queryRaw`SELECT 1 FROM clusters WHERE id = ${seen.id}::uuid FOR UPDATE`;
    const before = await tx.cluster.findFirst({ where: { id: seen.id, deletedAt: null } });
    if (!before || !isSame(before, seen) || (before.capabilitiesAt && before.capabilitiesAt >= at)) return null;
    const kept = gpusUnread
      ? withCounts(findings, countsOf(before.capabilityFindings as unknown as Finding[]))
      : findings;
    const after = await tx.cluster.update({
      where: { id: seen.id },
      data: {
        ...values,
        capabilitiesAt: at,
        capabilityFindings: kept as unknown as Prisma.InputJsonArray,
        ...(proposals ? { proposedEndpoints: proposals as unknown as Prisma.InputJsonArray } : {}),
      },
    });
    return { before, after };
  }

  /** In four statements, however many clusters there are. */
  async fleet(identity: Identity, selector: ClusterSelector): Promise<FleetRow> {
    const selected = await this.#prisma.cluster.findMany({
      where: { AND: [livingWhere(identity), ...selectorWhere(selector)] },
      select: { id: true },
    });
    const ids = selected.map(({ id }) => id);
    const [[totals = {}], gpusByProduct, cnfByType] = await Promise.all([
      this.#prisma.$queryRaw<Record<string, number>[]>`
        SELECT sum(gpu_count)::int AS gpu_count, ${TALLIES} FROM clusters WHERE id = ANY(${ids}::uuid[])`,
      this.#prisma.$queryRaw<FleetRow["gpusByProduct"]>`
        SELECT counts.key AS product, sum(counts.value::int)::int AS count
        FROM clusters, jsonb_array_elements(capability_findings) AS finding,
          jsonb_each_text(coalesce(finding -> 'counts', '{}')) AS counts
        WHERE id = ANY(${ids}::uuid[]) GROUP BY 1 ORDER BY 2 DESC, 1`,
      this.#prisma.$queryRaw<FleetRow["cnfByType"]>`
        SELECT type::text AS value, count(*)::int AS count FROM clusters, unnest(cnf_types) AS type
        WHERE id = ANY(${ids}::uuid[]) GROUP BY 1 ORDER BY 2 DESC, 1`,
    ]);
    const tallies = Object.fromEntries(
      Object.values(COLUMNS).map((column, index) => [
        Object.keys(COLUMNS)[index],
        { present: totals[column] ?? 0, unknown: totals[`${column}_unknown`] ?? 0 },
      ]),
    ) as FleetRow["tallies"];
    return { clusters: ids.length, tallies, gpuCount: totals["gpu_count"] ?? 0, gpusByProduct, cnfByType };
  }
}

/** What is configured counts only once a detection has confirmed it. */
const TALLIES = Prisma.raw(
  Object.values(COLUMNS)
    .map(
      (column) =>
        `(count(*) FILTER (WHERE ${column} AND capabilities_at IS NOT NULL))::int AS ${column}, ` +
        `(count(*) FILTER (WHERE ${column} IS NULL OR capabilities_at IS NULL))::int AS ${column}_unknown`,
    )
    .join(", "),
);

/** Whether what was asked is what is registered now. */
const isSame = (now: Row, seen: Row): boolean =>
  now.apiServerUrl === seen.apiServerUrl &&
  now.prometheusUrl === seen.prometheusUrl &&
  now.tempoUrl === seen.tempoUrl &&
  now.tempoTenant === seen.tempoTenant &&
  now.lokiUrl === seen.lokiUrl &&
  now.lokiTenant === seen.lokiTenant &&
  now.credentialsAt?.getTime() === seen.credentialsAt?.getTime();

function countsOf(findings: readonly Finding[]): Record<string, number> {
  const sum = new Map<string, number>();
  for (const { counts = {} } of findings)
    for (const [product, count] of Object.entries(counts)) sum.set(product, (sum.get(product) ?? 0) + count);
  return Object.fromEntries(sum);
}

/** The first finding on GPUs stands for those that are still taken to be there. */
function withCounts(findings: readonly Finding[], counts: Record<string, number>): Finding[] {
  const first = findings.findIndex(({ capability }) => capability === "GPU");
  return findings.map(({ capability, status, source, detail }, index) => ({
    capability,
    status,
    source,
    detail,
    ...(index === first ? { counts } : {}),
  }));
}
