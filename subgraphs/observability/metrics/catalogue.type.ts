import { Field, Float, Int, ObjectType, registerEnumType } from "../../shared/kernel/graphql.ts";
import { GraphQLDateTime, GraphQLJSONObject, GraphQLUUID } from "../../shared/kernel/scalars.ts";
import {
  type LabelSet,
  type Metadata,
  type Rule,
  RuleHealth,
  RuleKind,
  RuleState,
  type ScrapeTarget,
  TargetHealth,
} from "../../shared/upstreams/prometheus/listing-schema.ts";
import { Cluster, ClusterOutcome } from "../cluster.type.ts";

registerEnumType(RuleKind, {
  name: "MetricRuleKind",
  description: "What a rule is for.",
  valuesConfig: {
    ALERTING: { description: "It raises alerts." },
    RECORDING: { description: "It stores the answer to a query as a series." },
  },
});
registerEnumType(RuleState, {
  name: "MetricRuleState",
  description: "What has become of an alerting rule.",
  valuesConfig: {
    FIRING: { description: "At least one of its alerts fires." },
    PENDING: { description: "At least one of its alerts waits, and none fires." },
    INACTIVE: { description: "It has no alerts." },
  },
});
registerEnumType(RuleHealth, {
  name: "MetricRuleHealth",
  description: "Whether a rule can be evaluated.",
  valuesConfig: {
    OK: { description: "It was evaluated." },
    ERROR: { description: "It failed: lastError says why." },
    UNKNOWN: { description: "It has not been evaluated yet." },
  },
});
registerEnumType(TargetHealth, {
  name: "MetricTargetHealth",
  description: "Whether a target answers.",
  valuesConfig: {
    UP: { description: "It was scraped." },
    DOWN: { description: "It was not: lastError says why." },
    UNKNOWN: { description: "It has not been scraped yet." },
  },
});

@ObjectType({ description: "A series, by its labels, and who has it.", simpleResolvers: true })
export class MetricLabelSet {
  @Field(() => GraphQLJSONObject, { description: "Its labels." })
  readonly metric!: LabelSet;

  @Field(() => [Cluster], { description: "The clusters that have it." })
  readonly clusters!: Cluster[];
}

@ObjectType({ description: "What targets say that a metric is.", simpleResolvers: true })
export class MetricMetadata implements Metadata {
  @Field(() => String, { description: "The metric's name." })
  readonly metric!: string;

  @Field(() => String, { description: "Its type, such as counter, gauge, histogram or summary." })
  readonly type!: string;

  @Field(() => String, { description: "What it means." })
  readonly help!: string;

  @Field(() => String, { description: "Its unit. Empty where nobody said." })
  readonly unit!: string;

  @Field(() => [Cluster], { description: "The clusters that say so." })
  readonly clusters!: Cluster[];
}

/** What belongs to one cluster. */
@ObjectType({ simpleResolvers: true })
abstract class OfCluster {
  @Field(() => GraphQLUUID, { description: "The cluster's id." })
  readonly clusterId!: string;

  @Field(() => String, { description: "The cluster's name." })
  readonly clusterName!: string;

  @Field(() => Cluster, { nullable: true, description: "The cluster." })
  readonly cluster!: Cluster | null;
}

@ObjectType({ description: "A rule that a cluster's Prometheus evaluates.", simpleResolvers: true })
export class MetricRule extends OfCluster implements Rule {
  @Field(() => RuleKind, { description: "What it is for." })
  readonly kind!: RuleKind;

  @Field(() => String, { description: "The group it is evaluated in." })
  readonly group!: string;

  @Field(() => String, { description: "The file that its group is from." })
  readonly file!: string;

  @Field(() => String, { description: "The alert's name, or that of the stored series." })
  readonly name!: string;

  @Field(() => String, { description: "Its PromQL expression." })
  readonly query!: string;

  @Field(() => GraphQLJSONObject, { description: "Labels that it adds." })
  readonly labels!: LabelSet;

  @Field(() => GraphQLJSONObject, { description: "Annotations that its alerts have, as templates." })
  readonly annotations!: LabelSet;

  @Field(() => Float, {
    nullable: true,
    description: "How long an alert must hold, in seconds. Null for recording rules.",
  })
  readonly forSeconds!: number | null;

  @Field(() => RuleState, { nullable: true, description: "What has become of it. Null for recording rules." })
  readonly state!: RuleState | null;

  @Field(() => RuleHealth, { description: "Whether it can be evaluated." })
  readonly health!: RuleHealth;

  @Field(() => String, { nullable: true, description: "Why it could not be evaluated." })
  readonly lastError!: string | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: "When it was evaluated last. Null if never." })
  readonly lastEvaluation!: Date | null;

  @Field(() => Float, { nullable: true, description: "How long that took, in seconds." })
  readonly evaluationSeconds!: number | null;

  @Field(() => Int, { nullable: true, description: "Alerts that it has, pending or firing. Null for recording rules." })
  readonly activeAlerts!: number | null;
}

@ObjectType({ description: "Something that a cluster's Prometheus scrapes.", simpleResolvers: true })
export class MetricTarget extends OfCluster implements ScrapeTarget {
  @Field(() => String, { description: "The part of the configuration that it is from." })
  readonly pool!: string;

  @Field(() => GraphQLJSONObject, { description: "The labels that its series get." })
  readonly labels!: LabelSet;

  @Field(() => TargetHealth, { description: "Whether it answers." })
  readonly health!: TargetHealth;

  @Field(() => String, { nullable: true, description: "Why it does not." })
  readonly lastError!: string | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: "When it was scraped last. Null if never." })
  readonly lastScrape!: Date | null;

  @Field(() => Float, { nullable: true, description: "How long that took, in seconds." })
  readonly scrapeSeconds!: number | null;

  @Field(() => String, { nullable: true, description: "How often it is scraped, such as 30s. Null where not told." })
  readonly interval!: string | null;
}

/** What one cluster lists. */
export interface ClusterList<R> {
  clusterId: string;
  clusterName: string;
  cluster: { id: string } | null;
  items: R[];
  outcome: ClusterOutcome;
}

/** What all clusters list. */
export interface FleetList<R> {
  items: R[];
  truncated: boolean;
  complete: boolean;
  outcomes: ClusterOutcome[];
  clusters: ClusterList<R>[];
}

/** The object types of a list of `item`s: of one cluster, and merged. */
export function listType<R>(
  name: string,
  what: string,
  item: () => StringConstructor | (new () => R),
): new () => FleetList<R> {
  @ObjectType(`Cluster${name}`, { description: `The ${what} of one cluster.`, simpleResolvers: true })
  class OneCluster extends OfCluster implements ClusterList<R> {
    @Field(() => [item()], { description: "In a stable order. None where it gave no answer." })
    readonly items!: R[];

    @Field(() => ClusterOutcome, { description: "How asking this cluster ended." })
    readonly outcome!: ClusterOutcome;
  }

  @ObjectType(`Federated${name}`, { description: `The ${what} of every cluster in scope.`, simpleResolvers: true })
  class Fleet implements FleetList<R> {
    @Field(() => [item()], { description: "Those of all clusters in one list, in a stable order." })
    readonly items!: R[];

    @Field(() => Boolean, { description: "Whether items were left out at the limit, of a cluster or of the list." })
    readonly truncated!: boolean;

    @Field(() => Boolean, { description: "Whether every cluster in scope answered completely." })
    readonly complete!: boolean;

    @Field(() => [ClusterOutcome], { description: "How asking each cluster ended, by cluster name." })
    readonly outcomes!: ClusterOutcome[];

    @Field(() => [OneCluster], { description: "What each cluster answered, by cluster name." })
    readonly clusters!: ClusterList<R>[];
  }
  return Fleet;
}

export const FederatedMetricNames = listType<string>("MetricNames", "names", () => String);
export const FederatedMetricLabelSets = listType("MetricLabelSets", "series, by their labels,", () => MetricLabelSet);
export const FederatedMetricMetadata = listType("MetricMetadata", "metadata of metrics", () => MetricMetadata);
export const FederatedMetricRules = listType("MetricRules", "rules", () => MetricRule);
export const FederatedMetricTargets = listType("MetricTargets", "scraped targets", () => MetricTarget);
