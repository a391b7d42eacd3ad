import { Field, Float, Int, ObjectType, registerEnumType } from "../../shared/kernel/graphql.ts";
import { GraphQLDateTime, GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { Cluster, ClusterOutcome } from "../cluster.type.ts";
import type { HeatmapKey } from "./heatmap.mapper.ts";
import type { HistoryMetric } from "./metric.plan.ts";

export const GPUMetric: { readonly [Metric in HistoryMetric]: Metric } = {
  UTILIZATION: "UTILIZATION",
  MEMORY_USED: "MEMORY_USED",
  MEMORY_UTILIZATION: "MEMORY_UTILIZATION",
  POWER: "POWER",
  TEMPERATURE: "TEMPERATURE",
};
export type GPUMetric = HistoryMetric;
registerEnumType(GPUMetric, {
  name: "GPUMetric",
  description: "What is measured of a GPU.",
  valuesConfig: {
    UTILIZATION: {
      description: "How much of the time it was busy, in percent; of one that is divided, its busiest part.",
    },
    MEMORY_USED: { description: "Memory in use, in MiB; of one that is divided, that of its parts together." },
    MEMORY_UTILIZATION: { description: "How much of the time its memory was read or written, in percent." },
    POWER: { description: "The power it draws, in watts." },
    TEMPERATURE: { description: "Its temperature, in degrees Celsius." },
  },
});

export const GPUHeatmapKey: { readonly [Key in HeatmapKey]: Key } = {
  NODE: "NODE",
  MODEL: "MODEL",
  NAMESPACE: "NAMESPACE",
  WORKLOAD: "WORKLOAD",
};
export type GPUHeatmapKey = HeatmapKey;
registerEnumType(GPUHeatmapKey, {
  name: "GPUHeatmapKey",
  description: "What the rows of a heatmap are.",
  valuesConfig: {
    NODE: { description: "The nodes of each cluster." },
    MODEL: { description: "The models, over the fleet." },
    NAMESPACE: { description: "The namespaces of the pods that had the GPUs, over the fleet." },
    WORKLOAD: {
      description:
        "The workloads that own the pods that had the GPUs, as namespace/name, over the fleet: Deployments, StatefulSets, Jobs and others.",
    },
  },
});

@ObjectType({ description: "One metric of a GPU over a time.", simpleResolvers: true })
export class GPUHistory {
  @Field(() => [GraphQLDateTime], { description: "When, on the step's grid." })
  readonly times!: Date[];

  @Field(() => [Float], { nullable: "items", description: "What was measured then; null where nothing was." })
  readonly values!: (number | null)[];

  @Field(() => Int, { description: "Seconds between two times." })
  readonly stepSeconds!: number;

  @Field(() => [String], { description: "What makes it incomplete, or why it is unknown." })
  readonly warnings!: string[];
}

@ObjectType({ description: "A row of a heatmap.", simpleResolvers: true })
export class GPUHeatmapRow {
  @Field(() => String, {
    nullable: true,
    description:
      "The node, model, namespace or workload. Null for GPUs that no pod had, or whose model or workload nobody tells.",
  })
  readonly key!: string | null;

  @Field(() => GraphQLUUID, {
    nullable: true,
    description: "The node's cluster. Null for what is the fleet's: models, namespaces and workloads.",
  })
  readonly clusterId!: string | null;

  @Field(() => String, { nullable: true, description: "That cluster's name." })
  readonly clusterName!: string | null;

  @Field(() => Cluster, { nullable: true, description: "That cluster." })
  readonly cluster!: Cluster | null;

  @Field(() => Int, {
    description: "GPUs that the row is the mean of. One that several share counts in each of their rows.",
  })
  readonly devices!: number;
}

@ObjectType({
  description: "A metric of many GPUs over a time: each value is the mean of its row's GPUs that were measured then.",
  simpleResolvers: true,
})
export class GPUHeatmap {
  @Field(() => [GPUHeatmapRow], { description: "By cluster name, then key." })
  readonly rows!: GPUHeatmapRow[];

  @Field(() => [GraphQLDateTime], { description: "The times, on the step's grid." })
  readonly columns!: Date[];

  @Field(() => [[Float]], {
    nullable: "items",
    description: "Of each row, a value for each column; null where nothing was measured.",
  })
  readonly values!: (number | null)[][];

  @Field(() => Int, { description: "Seconds between two columns." })
  readonly stepSeconds!: number;

  @Field(() => Int, {
    description: "How many rows there are. If more than are shown, those with the highest mean are.",
  })
  readonly totalRows!: number;

  @Field(() => Boolean, { description: "Whether every cluster that may have GPUs answered completely." })
  readonly complete!: boolean;

  @Field(() => [ClusterOutcome], { description: "How asking each cluster in scope ended, by cluster name." })
  readonly outcomes!: ClusterOutcome[];
}
