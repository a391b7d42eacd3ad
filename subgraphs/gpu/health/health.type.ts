import type { Target } from "../../shared/fleet/directory.ts";
import { AlertSeverity } from "../../shared/fleet/enums.type.ts";
import { Field, Int, ObjectType } from "../../shared/kernel/graphql.ts";
import type { Page } from "../../shared/kernel/page.ts";
import { pageType } from "../../shared/kernel/page.type.ts";
import { GraphQLDateTime, GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { Cluster } from "../cluster.type.ts";
import { Node } from "../node.type.ts";
import type { MergedDevice } from "../nodes/merged.mapper.ts";
import { GPUHealthKind, GPUHealthSource, GPUHealthStatus } from "./health-enums.type.ts";

@ObjectType({
  description:
    "One trouble of a GPU, from when it was first seen to when it was last, however often it occurred between.",
  simpleResolvers: true,
})
export class GPUHealthEvent {
  @Field(() => GraphQLUUID, { description: "Unique identifier." })
  readonly id!: string;

  @Field(() => GraphQLUUID, { description: "Its cluster's id." })
  readonly clusterId!: string;

  @Field(() => Cluster, { nullable: true, description: "Its cluster." })
  readonly cluster!: Cluster | null;

  @Field(() => String, { description: "The node that the GPU is in, or should be." })
  readonly nodeName!: string;

  @Field(() => Node, { nullable: true, description: "That node." })
  readonly node!: Node | null;

  @Field(() => String, { description: "The GPU's UUID; of one that nobody can name, its node and its place there." })
  readonly device!: string;

  @Field(() => GPUHealthKind, { description: "What kind of trouble it is." })
  readonly kind!: GPUHealthKind;

  @Field(() => String, { description: "Which one: the XID, which counter, or the reason." })
  readonly code!: string;

  @Field(() => AlertSeverity, { description: "How bad it is." })
  readonly severity!: AlertSeverity;

  @Field(() => String, { description: "What it is, for people." })
  readonly message!: string;

  @Field(() => GPUHealthSource, { description: "Who told of it; where several did, its exporter." })
  readonly source!: GPUHealthSource;

  @Field(() => Int, { description: "How often it occurred at least, as far as it is counted; a state occurs once." })
  readonly occurrences!: number;

  @Field(() => GraphQLDateTime, { description: "When it was first seen; it may have begun before anybody looked." })
  readonly firstSeenAt!: Date;

  @Field(() => GraphQLDateTime, { description: "When it last occurred, or was last seen to stand." })
  readonly lastSeenAt!: Date;

  @Field(() => Boolean, { description: "Whether it still stands." })
  readonly active!: boolean;

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description: "When it was first not seen any more. Null while it stands.",
  })
  readonly clearedAt!: Date | null;
}

@ObjectType({ description: "What could not be looked at when a cluster was last collected.", simpleResolvers: true })
export class GPUHealthGap {
  @Field(() => GraphQLUUID, { description: "The cluster's id." })
  readonly clusterId!: string;

  @Field(() => String, { description: "The cluster's name." })
  readonly clusterName!: string;

  @Field(() => Cluster, { nullable: true, description: "The cluster." })
  readonly cluster!: Cluster | null;

  @Field(() => String, { description: "What, and why not." })
  readonly reason!: string;
}

@ObjectType("GPUHealthEventPage", { description: "One page of troubles of GPUs.", simpleResolvers: true })
export class GPUHealthEventPage
  extends pageType(() => GPUHealthEvent, "GPUHealthEvent")
  implements Page<GPUHealthEvent>
{
  /** Of which clusters; not part of the graph. */
  readonly targets!: readonly Pick<Target, "id" | "name">[];
}

@ObjectType({ description: "How well a GPU is.", simpleResolvers: true })
export class GPUHealth {
  /** Whose health it is; not part of the graph. */
  readonly merged!: MergedDevice;

  @Field(() => GPUHealthStatus, { description: "The worst of what it shows now and of what still stands." })
  readonly status!: GPUHealthStatus;

  @Field(() => [String], { description: "What the status follows from, the worst first; why it is unknown, if it is." })
  readonly reasons!: string[];
}
