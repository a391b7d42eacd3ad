import { AlertSeverity } from "../../shared/fleet/enums.type.ts";
import { Field, Int, ObjectType, registerEnumType } from "../../shared/kernel/graphql.ts";
import { pageType } from "../../shared/kernel/page.type.ts";
import { GraphQLDateTime, GraphQLJSONObject } from "../../shared/kernel/scalars.ts";
import { Cluster } from "../cluster.type.ts";
import type { Counts, GroupKey } from "./alert-count.repository.ts";

export const AlertGroupKey: { readonly [K in GroupKey]: K } = {
  CLUSTER: "CLUSTER",
  SEVERITY: "SEVERITY",
  NAMESPACE: "NAMESPACE",
  ALERTNAME: "ALERTNAME",
};
registerEnumType(AlertGroupKey, { name: "AlertGroupKey", description: "What alerts are grouped by." });

@ObjectType({ description: "How many alerts there are.", simpleResolvers: true })
export class AlertCounts implements Counts {
  @Field(() => Int, { description: "All that are counted." })
  readonly total!: number;

  @Field(() => Int, { description: "Those that fire." })
  readonly firing!: number;

  @Field(() => Int, { description: "Those whose condition does not hold for long enough yet." })
  readonly pending!: number;

  @Field(() => Int, { description: "Critical ones." })
  readonly critical!: number;

  @Field(() => Int, { description: "Warnings." })
  readonly warning!: number;

  @Field(() => Int, { description: "Informative ones." })
  readonly info!: number;

  @Field(() => Int, { description: "Those that somebody takes care of." })
  readonly acknowledged!: number;

  @Field(() => Int, { description: "Those that are silenced." })
  readonly silenced!: number;

  @Field(() => Int, { description: "Those that nobody is told of because of another one." })
  readonly inhibited!: number;
}

@ObjectType({ description: "Alerts that are alike in what they were grouped by.", simpleResolvers: true })
export class AlertGroup {
  @Field(() => Cluster, { nullable: true, description: "Their cluster, where grouped by it." })
  readonly cluster!: Cluster | null;

  @Field(() => AlertSeverity, { nullable: true, description: "How bad they are, where grouped by it." })
  readonly severity!: AlertSeverity | null;

  @Field(() => String, { nullable: true, description: "Their namespace, where grouped by it and they have one." })
  readonly namespace!: string | null;

  @Field(() => String, { nullable: true, description: "Their name, where grouped by it." })
  readonly alertname!: string | null;

  @Field(() => GraphQLJSONObject, { description: "The labels they were grouped by; null for one that they lack." })
  readonly labels!: Record<string, string | null>;

  @Field(() => AlertCounts, { description: "How many they are." })
  readonly counts!: AlertCounts;

  @Field(() => Int, { description: "In how many clusters they are." })
  readonly clusterCount!: number;

  @Field(() => GraphQLDateTime, { description: "When the first of them began." })
  readonly oldestStartsAt!: Date;

  @Field(() => GraphQLDateTime, { description: "When the last of them began." })
  readonly latestStartsAt!: Date;
}

export const AlertGroupPage = pageType(() => AlertGroup, "AlertGroup");
export type AlertGroupPage = InstanceType<typeof AlertGroupPage>;

@ObjectType({ description: "How a cluster's Alertmanager was last read.", simpleResolvers: true })
export class AlertSource {
  @Field(() => GraphQLDateTime, { nullable: true, description: "When it last answered. Null if it never did." })
  readonly polledAt!: Date | null;

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description: "Since when it does not answer: what is known of its alerts is as old. Null while it does.",
  })
  readonly staleSince!: Date | null;

  @Field(() => String, { nullable: true, description: "What went wrong with the last reading, if something did." })
  readonly lastError!: string | null;
}
