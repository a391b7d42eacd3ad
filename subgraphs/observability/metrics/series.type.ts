import { Field, ObjectType } from "../../shared/kernel/graphql.ts";
import { GraphQLJSONObject, GraphQLSamples } from "../../shared/kernel/scalars.ts";
import type { Sample } from "../../shared/upstreams/prometheus/schema.ts";

@ObjectType({ description: "One series of an answer.", simpleResolvers: true })
export class MetricSeries {
  @Field(() => GraphQLJSONObject, { description: "Its labels." })
  readonly metric!: Record<string, string>;

  @Field(() => GraphQLSamples, { description: "Its samples in time order; one, for an instant query." })
  readonly values!: Sample[];
}
