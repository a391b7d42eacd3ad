import { Field, ObjectType } from "../../shared/kernel/graphql.ts";
import { pageType } from "../../shared/kernel/page.type.ts";
import { GraphQLDateTime, GraphQLJSONObject, GraphQLUUID } from "../../shared/kernel/scalars.ts";

@ObjectType({ description: "What somebody changed, or was refused. Never holds a secret.", simpleResolvers: true })
export class AuditEntry {
  @Field(() => GraphQLUUID, { description: "Unique identifier." })
  readonly id!: string;

  @Field(() => GraphQLDateTime, { description: "When." })
  readonly at!: Date;

  @Field(() => String, { description: "Who: the user's name, or system." })
  readonly actor!: string;

  @Field(() => String, { description: "What was done, such as REGISTER_CLUSTER; REFUSE_ACCESS for what was not." })
  readonly action!: string;

  @Field(() => GraphQLUUID, { nullable: true, description: "The cluster it was done to, if to one." })
  readonly clusterId!: string | null;

  @Field(() => String, { description: "Its name at the time; of a refusal, the field." })
  readonly subject!: string;

  @Field(() => GraphQLJSONObject, { nullable: true, description: "What it was before. Null where it was not." })
  readonly before!: Record<string, unknown> | null;

  @Field(() => GraphQLJSONObject, { nullable: true, description: "What it was after. Null where it was no more." })
  readonly after!: Record<string, unknown> | null;

  @Field(() => String, { description: "The request's trace id." })
  readonly requestId!: string;
}

export const AuditPage = pageType(() => AuditEntry, "Audit");
