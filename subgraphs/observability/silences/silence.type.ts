import { Field, Int, ObjectType, registerEnumType } from "../../shared/kernel/graphql.ts";
import { type OutcomeFailure, OutcomeStatus, SkipReason } from "../../shared/kernel/outcome.ts";
import { OutcomeError } from "../../shared/kernel/outcome.type.ts";
import type { Page } from "../../shared/kernel/page.ts";
import { GraphQLDateTime, GraphQLUUID } from "../../shared/kernel/scalars.ts";
import type { Matcher } from "../../shared/upstreams/alertmanager/matcher.ts";
import { SilenceState } from "../../shared/upstreams/alertmanager/schema.ts";
import { AlertPage } from "../alerts/alert.type.ts";
import { Cluster, ClusterOutcome } from "../cluster.type.ts";

registerEnumType(SilenceState, {
  name: "SilenceState",
  description: "Where a silence stands.",
  valuesConfig: {
    ACTIVE: { description: "It keeps notifications back." },
    PENDING: { description: "It is yet to start." },
    EXPIRED: { description: "It has ended." },
  },
});

@ObjectType({ description: "Which alerts a silence is of, by one of their labels.", simpleResolvers: true })
export class SilenceMatcher implements Matcher {
  @Field(() => String, { description: "The label's name." })
  readonly name!: string;

  @Field(() => String, { description: "Its value, or a regular expression that it matches as a whole." })
  readonly value!: string;

  @Field(() => Boolean, { description: "Whether the value is a regular expression." })
  readonly isRegex!: boolean;

  @Field(() => Boolean, { description: "Whether the label has to match, or must not." })
  readonly isEqual!: boolean;

  @Field(() => String, { description: 'All of it in Alertmanager\'s syntax, such as severity="critical".' })
  readonly text!: string;
}

@ObjectType({
  description: "What keeps the notifications of alerts back for a while. They fire all the same.",
  simpleResolvers: true,
})
export class Silence {
  @Field(() => String, { description: "Its id in its Alertmanager." })
  readonly id!: string;

  @Field(() => GraphQLUUID, { description: "The id of the cluster whose Alertmanager was asked." })
  readonly clusterId!: string;

  @Field(() => String, { description: "That cluster's name." })
  readonly clusterName!: string;

  @Field(() => Cluster, { nullable: true, description: "That cluster." })
  readonly cluster!: Cluster | null;

  @Field(() => [Cluster], {
    description: "Other clusters asked about that have it too, since they share Alertmanagers.",
  })
  readonly sharedWith!: Cluster[];

  @Field(() => SilenceState, { description: "Where it stands." })
  readonly state!: SilenceState;

  @Field(() => [SilenceMatcher], { description: "Which alerts it is of: those that match all of these." })
  readonly matchers!: SilenceMatcher[];

  @Field(() => String, { description: "Who made it." })
  readonly createdBy!: string;

  @Field(() => String, { description: "Why." })
  readonly comment!: string;

  @Field(() => GraphQLDateTime, { description: "When it starts." })
  readonly startsAt!: Date;

  @Field(() => GraphQLDateTime, { description: "When it ends." })
  readonly endsAt!: Date;

  @Field(() => GraphQLDateTime, { description: "When it was last changed." })
  readonly updatedAt!: Date;
}

@ObjectType({
  description: "One page of the fleet's silences, and how asking each cluster ended.",
  simpleResolvers: true,
})
export class SilencePage implements Page<Silence> {
  @Field(() => [Silence], { description: "The page's silences: those in force first, then by when they end." })
  readonly items!: Silence[];

  @Field(() => Int, { description: "Silences over all pages." })
  readonly total!: number;

  @Field(() => Int, { description: "This page's number, from 1." })
  readonly page!: number;

  @Field(() => Int, { description: "Silences a page holds." })
  readonly pageSize!: number;

  @Field(() => Int, { description: "Number of pages." })
  readonly totalPages!: number;

  @Field(() => Boolean, { description: "Whether every cluster in scope answered completely." })
  readonly complete!: boolean;

  @Field(() => [ClusterOutcome], { description: "How asking each cluster ended, by cluster name." })
  readonly outcomes!: ClusterOutcome[];
}

@ObjectType({ description: "How changing a silence ended for one cluster.", simpleResolvers: true })
export class SilenceOutcome {
  @Field(() => GraphQLUUID, { description: "The cluster's id." })
  readonly clusterId!: string;

  @Field(() => String, { description: "The cluster's name." })
  readonly clusterName!: string;

  @Field(() => Cluster, { nullable: true, description: "The cluster." })
  readonly cluster!: Cluster | null;

  @Field(() => OutcomeStatus, { description: "How it ended." })
  readonly status!: OutcomeStatus;

  @Field(() => SkipReason, { nullable: true, description: "Why it was not asked, if it was not." })
  readonly skipReason!: SkipReason | null;

  @Field(() => String, {
    nullable: true,
    description: "The silence's id. Null where it was not done. The same for clusters that share Alertmanagers.",
  })
  readonly silenceId!: string | null;

  @Field(() => OutcomeError, { nullable: true, description: "Why it was not done, if it was not." })
  readonly error!: OutcomeFailure | null;
}

@ObjectType({ description: "How many alerts of one cluster a silence would be of.", simpleResolvers: true })
export class SilencePreviewCluster {
  @Field(() => GraphQLUUID, { description: "The cluster's id." })
  readonly clusterId!: string;

  @Field(() => String, { description: "The cluster's name." })
  readonly clusterName!: string;

  @Field(() => Cluster, { nullable: true, description: "The cluster." })
  readonly cluster!: Cluster | null;

  @Field(() => Int, { description: "Alerts that fire there and match." })
  readonly matchingAlerts!: number;
}

@ObjectType({ description: "Which alerts a silence would be of now.", simpleResolvers: true })
export class SilencePreview {
  @Field(() => [SilencePreviewCluster], {
    description: "Every cluster it would be created in, by name; also those without any.",
  })
  readonly clusters!: SilencePreviewCluster[];

  @Field(() => AlertPage, { description: "The alerts that fire and match, the worst first." })
  readonly alerts!: AlertPage;
}
