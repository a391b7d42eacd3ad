import { Field, Int, ObjectType, registerEnumType } from "../../shared/kernel/graphql.ts";
import { GraphQLDateTime, GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { inventoryPageType } from "./page.type.ts";

/** By their names in the Kubernetes API. */
export const KubernetesEventType = { NORMAL: "Normal", WARNING: "Warning" } as const;
export type KubernetesEventType = (typeof KubernetesEventType)[keyof typeof KubernetesEventType];
registerEnumType(KubernetesEventType, {
  name: "KubernetesEventType",
  description: "How a Kubernetes event is meant.",
  valuesConfig: {
    NORMAL: { description: "For the record." },
    WARNING: { description: "Something may be wrong." },
  },
});

@ObjectType({ description: "The object that a Kubernetes event is about.", simpleResolvers: true })
export class InvolvedObject {
  @Field(() => String, { nullable: true, description: "Its kind, such as Pod, Node or Deployment." })
  readonly kind!: string | null;

  @Field(() => String, { nullable: true, description: "Its namespace, if it has one." })
  readonly namespace!: string | null;

  @Field(() => String, { nullable: true, description: "Its name." })
  readonly name!: string | null;

  @Field(() => String, { nullable: true, description: "Its identity." })
  readonly uid!: string | null;

  @Field(() => String, { nullable: true, description: "Which part of it, such as spec.containers{main}." })
  readonly fieldPath!: string | null;
}

@ObjectType({
  description: "Something that a part of Kubernetes reported. Clusters keep these for an hour or so.",
  simpleResolvers: true,
})
export class KubernetesEvent {
  @Field(() => GraphQLUUID, { description: "Its cluster." })
  readonly clusterId!: string;

  @Field(() => String, {
    nullable: true,
    description: "Where it is kept: the namespace of what it is about, or default.",
  })
  readonly namespace!: string | null;

  @Field(() => String, { description: "Unique in its namespace." })
  readonly name!: string;

  @Field(() => String, { nullable: true, description: "Its identity." })
  readonly uid!: string | null;

  @Field(() => KubernetesEventType, { nullable: true, description: "How it is meant." })
  readonly type!: KubernetesEventType | null;

  @Field(() => String, { nullable: true, description: "What happened, in one word, such as BackOff." })
  readonly reason!: string | null;

  @Field(() => String, { nullable: true, description: "What happened, for people." })
  readonly message!: string | null;

  @Field(() => Int, { nullable: true, description: "How often it was seen." })
  readonly count!: number | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: "When it was seen first." })
  readonly firstSeenAt!: Date | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: "When it was seen last." })
  readonly lastSeenAt!: Date | null;

  @Field(() => String, { nullable: true, description: "What reported it, such as kubelet." })
  readonly component!: string | null;

  @Field(() => String, { nullable: true, description: "On which host that runs." })
  readonly host!: string | null;

  @Field(() => InvolvedObject, { description: "What it is about." })
  readonly involved!: InvolvedObject;
}

export const KubernetesEventPage = inventoryPageType(() => KubernetesEvent, "KubernetesEvent");
