import { z } from "zod";
import { ClusterSelectorInput } from "../../shared/fleet/selector.input.ts";
import { AsksClusters } from "../../shared/kernel/asks-clusters.ts";
import { Arg, Ctx, FieldResolver, Int, Query, Resolver, Root } from "../../shared/kernel/graphql.ts";
import { GraphQLDuration } from "../../shared/kernel/scalars.ts";
import { TimeRangeInput } from "../../shared/kernel/time-range.input.ts";
import type { Window } from "../../shared/kernel/time-range.ts";
import { check } from "../../shared/kernel/validation.ts";
import type { FleetContext } from "../context.ts";
import { GPU } from "../nodes/gpu.type.ts";
import type { NodesContext } from "../nodes/nodes.context.ts";
import type { PodName } from "../readings/device.mapper.ts";
import type { GpuTarget } from "../readings/gpu-cluster.repository.ts";
import { type OwnersLoader, ownersOf } from "../readings/workloads.loader.ts";
import { heatmapRows, rounded } from "./heatmap.mapper.ts";
import type { HistoryContext } from "./history.context.ts";
import type { ReadTracks } from "./history.service.ts";
import { GPUHeatmap, GPUHeatmapKey, GPUHistory, GPUMetric } from "./history.type.ts";
import { FIELDS, historyQuery } from "./metric.plan.ts";
import { historyWindow, timesOf } from "./range.window.ts";

const MOST = { points: 1000, columns: 300, rows: 200 };
const RowsRule = z.object({
  rows: z.number().int().min(1, `must be 1 to ${MOST.rows}`).max(MOST.rows, `must be 1 to ${MOST.rows}`),
});

/** The workloads of the pods that had GPUs in this time, as namespace/name. */
async function workloadsOver(
  clusters: readonly ReadTracks[],
  podOwners: OwnersLoader,
  { start, end }: Window,
): Promise<(target: GpuTarget, pod: PodName) => string | null> {
  const pods = clusters.flatMap(({ target, tracks }) =>
    tracks.map((track) => ({ target, pods: [...new Set(track.pods)].flat() })),
  );
  const ownersOfCluster = await ownersOf(pods, podOwners, { at: end, seconds: end - start });
  return (target, { namespace, name }) => {
    const workload = ownersOfCluster(target).workloads.get(`${namespace}/${name}`);
    return workload ? `${namespace}/${workload.name}` : null;
  };
}

@Resolver(() => GPU)
export class HistoryResolver {
  @AsksClusters()
  @FieldResolver(() => GPUHistory, {
    nullable: true,
    description:
      "One of its metrics over a time, as its cluster's Prometheus has it. Null, with an error, where it cannot be asked.",
  })
  async history(
    @Root() { uuid, merged }: GPU,
    @Ctx() { gpuHistory, operation }: HistoryContext & FleetContext,
    @Arg("metric", () => GPUMetric, { description: "Which metric." }) metric: GPUMetric,
    @Arg("range", () => TimeRangeInput, { nullable: true, description: "When; the last hour unless given." })
    range?: TimeRangeInput | null,
    @Arg("step", () => GraphQLDuration, {
      nullable: true,
      description: `How far apart: at most ${MOST.points} points; about 120 unless given.`,
    })
    step?: string | null,
  ): Promise<GPUHistory> {
    const window = historyWindow(range, step, { now: operation.startedAt, most: MOST.points });
    const { values, warnings } = await gpuHistory.ofDevice({ target: merged.node.target, uuid, metric, window });
    return {
      times: timesOf(window),
      values: values.map((value) => (value === null ? null : rounded(value))),
      stepSeconds: window.step,
      warnings,
    };
  }

  @AsksClusters()
  @Query(() => GPUHeatmap, {
    description: "A metric of the fleet's GPUs over a time, as a matrix. A cluster that fails is a row with a status.",
  })
  async gpuHeatmap(
    @Ctx() { gpuHistory, operation, podOwners }: HistoryContext & NodesContext & FleetContext,
    @Arg("by", () => GPUHeatmapKey, { defaultValue: "NODE", description: "What the rows are." }) by: GPUHeatmapKey,
    @Arg("metric", () => GPUMetric, { defaultValue: "UTILIZATION", description: "Which metric." }) metric: GPUMetric,
    @Arg("rows", () => Int, { defaultValue: 50, description: `How many rows at most: 1 to ${MOST.rows}.` })
    rows: number,
    @Arg("range", () => TimeRangeInput, { nullable: true, description: "When; the last hour unless given." })
    range?: TimeRangeInput | null,
    @Arg("step", () => GraphQLDuration, {
      nullable: true,
      description: `How far apart the columns are: at most ${MOST.columns} of them; about 120 unless given.`,
    })
    step?: string | null,
    @Arg("selector", () => ClusterSelectorInput, {
      nullable: true,
      description: "Of which clusters; of all unless given.",
    })
    selector?: ClusterSelectorInput | null,
  ): Promise<GPUHeatmap> {
    check(RowsRule, { rows });
    const window = historyWindow(range, step, { now: operation.startedAt, most: MOST.columns });
    const { clusters, outcomes, complete } = await gpuHistory.overFleet(selector, historyQuery(metric, null), window);
    const columns = timesOf(window);
    const asked = { by, field: FIELDS[metric], columns: columns.length, most: rows };
    const shown = heatmapRows(
      clusters,
      by === "WORKLOAD" ? { ...asked, workloadOf: await workloadsOver(clusters, podOwners, window) } : asked,
    );
    return {
      rows: shown.rows.map(({ key, target, devices }) => ({
        key,
        devices,
        clusterId: target?.id ?? null,
        clusterName: target?.name ?? null,
        cluster: target && { id: target.id },
      })),
      columns,
      values: shown.rows.map(({ values }) => values),
      stepSeconds: window.step,
      totalRows: shown.total,
      complete,
      outcomes,
    };
  }
}
