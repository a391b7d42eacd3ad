import { Directive, Field, ObjectType } from "../shared/kernel/graphql.ts";
import { GraphQLUUID } from "../shared/kernel/scalars.ts";

/** The alert as this subgraph knows it: an id to hang its anomalies and its root cause on. */
@Directive('@key(fields: "id")')
@ObjectType({ simpleResolvers: true })
export class Alert {
  @Field(() => GraphQLUUID, { description: "Unique identifier of this occurrence." })
  readonly id!: string;
}

/** Who may see it is asked where something is joined to it. */
export const alertReference = (alert: Alert): Alert => alert;
