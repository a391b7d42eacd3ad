import { Directive, Field, ObjectType } from "../shared/kernel/graphql.ts";
import { GraphQLJSONObject, GraphQLUUID } from "../shared/kernel/scalars.ts";

/** The alert as this subgraph knows it: its labels say which GPUs it is about. */
@Directive('@key(fields: "id")')
@ObjectType({ simpleResolvers: true })
export class Alert {
  @Field(() => GraphQLUUID, { description: "Unique identifier of this occurrence." })
  readonly id!: string;

  @Directive("@external")
  @Field(() => GraphQLUUID, { description: "Its cluster's id." })
  readonly clusterId!: string;

  @Directive("@external")
  @Field(() => GraphQLJSONObject, { description: "Its labels." })
  readonly labels!: Record<string, string>;
}

/** Who may see its cluster is asked where its GPUs are. */
export const alertReference = (alert: Alert): Alert => alert;
