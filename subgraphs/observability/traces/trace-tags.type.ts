import { Field, ObjectType } from "../../shared/kernel/graphql.ts";
import { Cluster, ClusterOutcome } from "../cluster.type.ts";

@ObjectType({ description: "A value that spans have.", simpleResolvers: true })
export class TraceValue {
  @Field(() => String, { description: "The value." })
  readonly value!: string;

  @Field(() => String, {
    nullable: true,
    description: "Its type in TraceQL: string, int, float, bool, duration or keyword. Null where no cluster says.",
  })
  readonly type!: string | null;

  @Field(() => [Cluster], { description: "Where spans have it." })
  readonly clusters!: Cluster[];
}

@ObjectType({ description: "Values over all clusters in scope.", simpleResolvers: true })
export class FederatedTraceValues {
  @Field(() => [TraceValue], { description: "The values, sorted." })
  readonly values!: TraceValue[];

  @Field(() => Boolean, { description: "Whether there may be more than are shown." })
  readonly truncated!: boolean;

  @Field(() => Boolean, { description: "Whether every cluster in scope answered completely." })
  readonly complete!: boolean;

  @Field(() => [ClusterOutcome], { description: "How asking each cluster ended, by cluster name." })
  readonly outcomes!: ClusterOutcome[];
}

@ObjectType({ description: "A tag that spans have.", simpleResolvers: true })
export class TraceTag {
  @Field(() => String, {
    description: "As TraceQL names it, and traceTagValues takes it: resource.service.name, span.http.route, duration.",
  })
  readonly tag!: string;

  @Field(() => String, {
    nullable: true,
    description:
      "Of what it is: resource, span, event, link, instrumentation or intrinsic. Null where no cluster says.",
  })
  readonly scope!: string | null;

  @Field(() => String, { description: "Its name without the scope." })
  readonly name!: string;

  @Field(() => [Cluster], { description: "Where spans have it." })
  readonly clusters!: Cluster[];
}

@ObjectType({ description: "Tags over all clusters in scope.", simpleResolvers: true })
export class FederatedTraceTags {
  @Field(() => [TraceTag], { description: "The tags, sorted." })
  readonly tags!: TraceTag[];

  @Field(() => Boolean, { description: "Whether there may be more than are shown." })
  readonly truncated!: boolean;

  @Field(() => Boolean, { description: "Whether every cluster in scope answered completely." })
  readonly complete!: boolean;

  @Field(() => [ClusterOutcome], { description: "How asking each cluster ended, by cluster name." })
  readonly outcomes!: ClusterOutcome[];
}
