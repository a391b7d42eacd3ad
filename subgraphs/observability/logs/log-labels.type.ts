import { Field, ObjectType } from "../../shared/kernel/graphql.ts";
import { GraphQLJSONObject } from "../../shared/kernel/scalars.ts";
import type { Labels } from "../../shared/upstreams/loki/schema.ts";
import { Cluster } from "../cluster.type.ts";
import { listType } from "../metrics/catalogue.type.ts";

@ObjectType({ description: "A log stream, by its labels, and who has it.", simpleResolvers: true })
export class LogSeries {
  @Field(() => GraphQLJSONObject, { description: "Its labels." })
  readonly labels!: Labels;

  @Field(() => [Cluster], { description: "The clusters that have it." })
  readonly clusters!: Cluster[];
}

export const FederatedLogLabels = listType<string>(
  "LogLabels",
  "labels of log streams, or values of one,",
  () => String,
);
export const FederatedLogSeries = listType("LogSeries", "log streams, by their labels,", () => LogSeries);
