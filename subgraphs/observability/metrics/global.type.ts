import { Field, Int, ObjectType, registerEnumType } from "../../shared/kernel/graphql.ts";
import { ResultType } from "../../shared/upstreams/prometheus/schema.ts";
import { CombinationMethod } from "./global.plan.ts";
import { MetricSeries } from "./series.type.ts";

export const MetricScope = { PER_CLUSTER: "PER_CLUSTER", GLOBAL: "GLOBAL" } as const;
export type MetricScope = (typeof MetricScope)[keyof typeof MetricScope];

registerEnumType(MetricScope, {
  name: "MetricScope",
  description: "Over what an expression is evaluated.",
  valuesConfig: {
    PER_CLUSTER: { description: "In each cluster for itself: results has an answer from each." },
    GLOBAL: {
      description:
        "As in one Prometheus that holds the series of all clusters in scope, each with a label that names its cluster: global has the answer. What cannot be answered exactly is refused with NOT_GLOBAL.",
    },
  },
});
registerEnumType(CombinationMethod, {
  name: "MetricCombinationMethod",
  description: "How an answer over all clusters came about.",
  valuesConfig: {
    PUSHED_DOWN: { description: "From what the clusters worked out, partial aggregates for example." },
    MERGED_RAW: { description: "At least in part from series as the clusters have them, merged here, within limits." },
  },
});

@ObjectType({ description: "What clusters were asked for an answer over all of them.", simpleResolvers: true })
export class MetricLeaf {
  @Field(() => String, { description: "Its name in combining, such as $1." })
  readonly name!: string;

  @Field(() => String, { description: "The PromQL that was sent." })
  readonly expression!: string;

  @Field(() => Boolean, { description: "Whether it is series as the clusters have them, and not aggregates of them." })
  readonly raw!: boolean;

  @Field(() => Int, { description: "Clusters that were asked for it." })
  readonly clusters!: number;

  @Field(() => Int, { description: "Series that they answered, together." })
  readonly series!: number;
}

@ObjectType({ description: "How an answer over all clusters came about.", simpleResolvers: true })
export class MetricCombination {
  @Field(() => CombinationMethod, { description: "The kind of way." })
  readonly method!: CombinationMethod;

  @Field(() => [MetricLeaf], { description: "What clusters were asked. None, where the expression selects nothing." })
  readonly leaves!: MetricLeaf[];

  @Field(() => String, {
    nullable: true,
    description: "What was evaluated over their answers. Null where these were put side by side as they are.",
  })
  readonly combining!: string | null;
}

@ObjectType({ description: "An expression's one answer over all clusters in scope.", simpleResolvers: true })
export class GlobalMetrics {
  @Field(() => ResultType, { description: "The kind of value." })
  readonly resultType!: ResultType;

  @Field(() => [MetricSeries], { description: "The series. A SCALAR or STRING is one series without labels." })
  readonly series!: MetricSeries[];

  @Field(() => MetricCombination, { description: "How it came about." })
  readonly combination!: MetricCombination;
}
