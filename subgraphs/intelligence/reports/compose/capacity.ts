import { setImmediate as nextTurn } from "node:timers/promises";
import { z } from "zod";
import { batches } from "../../../shared/kernel/batches.ts";
import type { Point } from "../model/chart.ts";
import type { Resource } from "../model/forecast.ts";
import { RESOURCES } from "../model/words.ts";
import type { FleetCluster } from "./fleet.ts";
import { type Outlook, outlookOf } from "./forecast/forecast.ts";
import { ClusterOutcome, missingOf, OUTCOME_FIELDS } from "./outcome.ts";
import type { Questions } from "./questions.ts";

export const BATCH = 50;
const TIMEOUT_SECONDS = 60;
const STEPS = [300, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400];
const MOST_POINTS = 300;
const DAY_MS = 86_400_000;

const DISKS = 'fstype!~"tmpfs|ramfs|overlay|squashfs|iso9660|nsfs",mountpoint!~"/(proc|sys|dev|run)(/.*)?"';

/** What fills up, as a share of what there is: one series a cluster. `step` is how long the points are apart. */
const QUERIES: Readonly<Record<Resource, (step: string) => string>> = {
  CPU: (step) => `1 - avg(rate(node_cpu_seconds_total{mode="idle"}[${step}]))`,
  CPU_REQUESTS: () =>
    'sum(kube_pod_container_resource_requests{resource="cpu"}) / sum(kube_node_status_allocatable{resource="cpu"})',
  MEMORY: () => "1 - sum(node_memory_MemAvailable_bytes) / sum(node_memory_MemTotal_bytes)",
  MEMORY_REQUESTS: () =>
    'sum(kube_pod_container_resource_requests{resource="memory"}) / sum(kube_node_status_allocatable{resource="memory"})',
  FILESYSTEM: () => `max(1 - node_filesystem_avail_bytes{${DISKS}} / node_filesystem_size_bytes{${DISKS}})`,
  VOLUME: () => "max(kubelet_volume_stats_used_bytes / kubelet_volume_stats_capacity_bytes)",
  GPU_MEMORY: () =>
    "sum(DCGM_FI_DEV_FB_USED) / (sum(DCGM_FI_DEV_FB_USED) + sum(DCGM_FI_DEV_FB_FREE)) or sum(gpu_used_vram) / sum(gpu_total_vram)",
};

const METRICS = `query ReportCapacity($query: MetricQueryInput!) {
  metrics(query: $query) {
    results { clusterId clusterName status data { values } }
    outcomes { ${OUTCOME_FIELDS} }
  }
}`;

const Metrics = z.object({
  metrics: z.object({
    results: z.array(
      z.object({
        clusterId: z.string(),
        clusterName: z.string(),
        status: z.string(),
        data: z.array(z.object({ values: z.array(z.tuple([z.number(), z.string()])) })),
      }),
    ),
    outcomes: z.array(ClusterOutcome),
  }),
});

export interface Usage {
  readonly cluster: string;
  readonly resource: Resource;
  readonly points: readonly Point[];
  readonly outlook: Outlook;
}

export interface Range {
  readonly start: Date;
  readonly end: Date;
}

/** How far apart points are, so that there are at most some hundreds. */
export function stepOf({ start, end }: Range): number {
  const seconds = (end.getTime() - start.getTime()) / 1000;
  return STEPS.find((step) => seconds / step <= MOST_POINTS) ?? Math.ceil(seconds / MOST_POINTS / 86_400) * 86_400;
}

/** As many days ahead as were looked back on, a week at least and a month at most. */
export const horizonOf = ({ start, end }: Range): number =>
  Math.min(30, Math.max(7, (end.getTime() - start.getTime()) / DAY_MS));

export const operationsFor = (resources: readonly Resource[], clusters: number): number =>
  resources.length * Math.ceil(clusters / BATCH);

/** What each cluster uses of each resource over the time, and when that is full. */
export async function usageOf(
  questions: Questions,
  clusters: readonly FleetCluster[],
  resources: readonly Resource[],
  range: Range,
): Promise<Usage[]> {
  const found: Usage[] = [];
  for (const resource of resources) {
    const asked = resource === "GPU_MEMORY" ? clusters.filter(mayHaveGpus) : clusters;
    for (const batch of batches(asked, BATCH)) found.push(...(await ofBatch(questions, batch, resource, range)));
  }
  return found;
}

export const mayHaveGpus = ({ capabilities }: FleetCluster): boolean => capabilities?.hasGpuNodes !== false;

async function ofBatch(
  questions: Questions,
  batch: readonly FleetCluster[],
  resource: Resource,
  range: Range,
): Promise<Usage[]> {
  const seconds = stepOf(range);
  const promql = QUERIES[resource](`${seconds}s`);
  const query = {
    query: promql,
    clusterIds: batch.map(({ id }) => id),
    startTime: range.start.toISOString(),
    endTime: range.end.toISOString(),
    step: `${seconds}s`,
    timeout: TIMEOUT_SECONDS,
  };
  const what = RESOURCES[resource];
  const answer = await questions.ask({ what, document: METRICS, variables: { query }, promql, answer: Metrics });
  if (!answer) return [];
  for (const missing of missingOf(answer.metrics.outcomes)) questions.missing(what, missing);
  const usages: Usage[] = [];
  for (const { clusterName: cluster, status, data } of answer.metrics.results) {
    if (status !== "SUCCESS" && status !== "PARTIAL") continue;
    const points = (data[0]?.values ?? []).map(([time, value]): Point => [time * 1000, finite(Number(value))]);
    if (points.length === 0) {
      if (resource === "GPU_MEMORY") continue;
      questions.missing(what, { cluster, reason: "Its Prometheus has no such metrics.", code: null });
      continue;
    }
    // Thousands of them would keep everybody else waiting.
    await nextTurn();
    usages.push({ cluster, resource, points, outlook: outlookOf(points, range.end.getTime(), horizonOf(range)) });
  }
  return usages;
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
