import { AlertSeverity, AlertState } from "../../shared/fleet/enums.type.ts";
import { Directive, Field, Int, ObjectType } from "../../shared/kernel/graphql.ts";
import { pageType } from "../../shared/kernel/page.type.ts";
import { GraphQLDateTime, GraphQLJSONObject, GraphQLURL, GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { Cluster } from "../cluster.type.ts";
import { Node } from "../node.type.ts";
import { Pod } from "../pod.type.ts";

@ObjectType({ description: "That somebody takes care of an alert.", simpleResolvers: true })
export class Acknowledgement {
  @Field(() => String, { description: "Who does." })
  readonly owner!: string;

  @Field(() => String, { nullable: true, description: "What they said about it." })
  readonly note!: string | null;

  @Field(() => GraphQLDateTime, { description: "Since when." })
  readonly at!: Date;

  @Field(() => GraphQLDateTime, { nullable: true, description: "Until when; while it fires, where null." })
  readonly until!: Date | null;
}

@Directive('@key(fields: "id")')
@ObjectType({
  description: "One occurrence of an alert: the same one that fires again later is another.",
  simpleResolvers: true,
})
export class Alert {
  @Field(() => GraphQLUUID, { description: "Unique identifier of this occurrence." })
  readonly id!: string;

  @Field(() => String, {
    description:
      "Alertmanager's identifier of the alert: a hash of its labels, the same in every cluster and occurrence.",
  })
  readonly fingerprint!: string;

  @Field(() => GraphQLUUID, { description: "Its cluster's id." })
  readonly clusterId!: string;

  @Field(() => String, { description: "Its cluster's name." })
  readonly clusterName!: string;

  @Field(() => Cluster, { nullable: true, description: "Its cluster." })
  readonly cluster!: Cluster | null;

  @Field(() => String, { description: "Its name." })
  readonly alertname!: string;

  @Field(() => AlertSeverity, { description: "How bad it is, from its label severity." })
  readonly severity!: AlertSeverity;

  @Field(() => AlertState, { description: "Where it stands." })
  readonly state!: AlertState;

  @Field(() => GraphQLJSONObject, { description: "Its labels." })
  readonly labels!: Record<string, string>;

  @Field(() => GraphQLJSONObject, { description: "What its rule says about it, such as a summary." })
  readonly annotations!: Record<string, string>;

  @Field(() => String, { nullable: true, description: "The namespace it is about, from its labels." })
  readonly namespace!: string | null;

  @Field(() => Pod, {
    nullable: true,
    description: "The pod it is about. Null if its labels name none, or it is gone.",
  })
  readonly pod!: Pod | null;

  @Field(() => Node, {
    nullable: true,
    description: "The node it is about. Null if its labels name none, or it is gone.",
  })
  readonly node!: Node | null;

  @Field(() => GraphQLDateTime, { description: "When it began; of a pending one, when its condition did." })
  readonly startsAt!: Date;

  @Field(() => GraphQLDateTime, { nullable: true, description: "When it ended; null while it is active." })
  readonly endsAt!: Date | null;

  @Field(() => GraphQLURL, { nullable: true, description: "Where its rule is evaluated." })
  readonly generatorUrl!: string | null;

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description: "Since when its Alertmanager does not answer: this is how it was then. Null while it does.",
  })
  readonly staleSince!: Date | null;

  @Field(() => [String], { description: "The ids of the silences that keep its notifications back." })
  readonly silencedBy!: string[];

  @Field(() => [String], { description: "The fingerprints of the alerts because of which nobody is told of it." })
  readonly inhibitedBy!: string[];

  @Field(() => Acknowledgement, { nullable: true, description: "Who takes care of it, if somebody does." })
  readonly acknowledgement!: Acknowledgement | null;
}

export const AlertPage = pageType(() => Alert, "Alert");
export type AlertPage = InstanceType<typeof AlertPage>;

@ObjectType({ description: "How often an alert occurred, as far back as alerts are kept.", simpleResolvers: true })
export class AlertOccurrences {
  @Field(() => Int, { description: "Occurrences, this one included." })
  readonly total!: number;

  @Field(() => [Alert], { description: "The latest of them, from the latest on." })
  readonly items!: Alert[];
}
