import { Directive, Field, Int, ObjectType, registerEnumType } from "../../shared/kernel/graphql.ts";
import { GraphQLDateTime, GraphQLJSONObject, GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { inventoryPageType } from "./page.type.ts";

/** By their names in the Kubernetes API. */
export const PodPhase = {
  PENDING: "Pending",
  RUNNING: "Running",
  SUCCEEDED: "Succeeded",
  FAILED: "Failed",
  UNKNOWN: "Unknown",
} as const;
export type PodPhase = (typeof PodPhase)[keyof typeof PodPhase];
registerEnumType(PodPhase, {
  name: "PodPhase",
  description: "Where a pod is in its life. A crash-looping pod is RUNNING: see its reason.",
  valuesConfig: {
    PENDING: { description: "Accepted, and not all of its containers have been started." },
    RUNNING: { description: "On a node, with at least one container that runs, starts or restarts." },
    SUCCEEDED: { description: "All its containers have ended well." },
    FAILED: { description: "All its containers have ended, at least one of them badly." },
    UNKNOWN: { description: "Its node cannot be asked." },
  },
});

export const ContainerState = { WAITING: "WAITING", RUNNING: "RUNNING", TERMINATED: "TERMINATED" } as const;
export type ContainerState = (typeof ContainerState)[keyof typeof ContainerState];
registerEnumType(ContainerState, { name: "ContainerState", description: "What a container is doing." });

@ObjectType({ description: "What made an object and looks after it.", simpleResolvers: true })
export class OwnerReference {
  @Field(() => String, { description: "Its kind, such as ReplicaSet, StatefulSet, DaemonSet, Job or Node." })
  readonly kind!: string;

  @Field(() => String, { description: "Its name." })
  readonly name!: string;

  @Field(() => String, { nullable: true, description: "Its identity." })
  readonly uid!: string | null;

  @Field(() => Boolean, { nullable: true, description: "Whether it is the one that manages the object." })
  readonly controller!: boolean | null;
}

@ObjectType({ description: "A container of a pod. What its node has not reported yet is null.", simpleResolvers: true })
export class Container {
  @Field(() => String, { description: "Unique in its pod." })
  readonly name!: string;

  @Field(() => String, { nullable: true, description: "The image it is made from." })
  readonly image!: string | null;

  @Field(() => Boolean, { nullable: true, description: "Whether it passes its readiness probe." })
  readonly ready!: boolean | null;

  @Field(() => Int, { nullable: true, description: "How often it was started again." })
  readonly restarts!: number | null;

  @Field(() => ContainerState, { nullable: true, description: "What it is doing." })
  readonly state!: ContainerState | null;

  @Field(() => String, { nullable: true, description: "Why it waits or has ended, such as CrashLoopBackOff." })
  readonly reason!: string | null;

  @Field(() => Int, { nullable: true, description: "What it ended with, if it has ended." })
  readonly exitCode!: number | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: "When it was started, if it runs or has ended." })
  readonly startedAt!: Date | null;

  @Field(() => String, { nullable: true, description: "Why it ended the time before, such as OOMKilled." })
  readonly lastTerminationReason!: string | null;
}

@Directive('@key(fields: "clusterId namespace name")')
@ObjectType({
  description: "A pod. What is not known is null; of a pod that is no longer there, that is all but its key.",
  simpleResolvers: true,
})
export class Pod {
  @Field(() => GraphQLUUID, { description: "Its cluster." })
  readonly clusterId!: string;

  @Field(() => String, { description: "Its namespace." })
  readonly namespace!: string;

  @Field(() => String, { description: "Unique in its namespace." })
  readonly name!: string;

  @Field(() => String, { nullable: true, description: "Its identity: a later pod of the same name has another." })
  readonly uid!: string | null;

  @Field(() => PodPhase, { nullable: true, description: "Where it is in its life." })
  readonly phase!: PodPhase | null;

  @Field(() => String, {
    nullable: true,
    description:
      "Why it is as it is, the most telling of what its parts say: CrashLoopBackOff, ImagePullBackOff, Unschedulable, Completed, Evicted, Terminating, … Null where all is well.",
  })
  readonly reason!: string | null;

  @Field(() => Boolean, { nullable: true, description: "Whether it may be sent traffic." })
  readonly ready!: boolean | null;

  @Field(() => Int, { nullable: true, description: "Restarts of all its containers. Null before any was started." })
  readonly restarts!: number | null;

  @Field(() => [Container], { nullable: true, description: "Its containers, without those that only prepare it." })
  readonly containers!: Container[] | null;

  @Field(() => OwnerReference, { nullable: true, description: "What made it. Null for a pod of its own." })
  readonly owner!: OwnerReference | null;

  @Field(() => String, { nullable: true, description: "Its node's name. Null before it is placed on one." })
  readonly nodeName!: string | null;

  @Field(() => String, { nullable: true, description: "Its address in the cluster's network." })
  readonly podIp!: string | null;

  @Field(() => String, { nullable: true, description: "Its node's address." })
  readonly hostIp!: string | null;

  @Field(() => String, { nullable: true, description: "Guaranteed, Burstable or BestEffort: who is evicted last." })
  readonly qosClass!: string | null;

  @Field(() => GraphQLJSONObject, { nullable: true, description: "Its labels." })
  readonly labels!: Record<string, string> | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: "When it was made." })
  readonly createdAt!: Date | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: "When its node took it on." })
  readonly startedAt!: Date | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: "The moment shown." })
  readonly asOf!: Date | null;
}

export const PodPage = inventoryPageType(() => Pod, "Pod");
