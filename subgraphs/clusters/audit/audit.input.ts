import { z } from "zod";
import { Field, InputType } from "../../shared/kernel/graphql.ts";
import { GraphQLDateTime, GraphQLUUID } from "../../shared/kernel/scalars.ts";

@InputType({ description: "Which entries: those that match every given part." })
export class AuditFilterInput {
  static readonly rules = z.object({ actor: z.string().max(256).nullish(), action: z.string().max(64).nullish() });

  @Field(() => GraphQLUUID, { nullable: true, description: "About this cluster." })
  readonly clusterId?: string | null;

  @Field(() => String, { nullable: true, description: "By this user." })
  readonly actor?: string | null;

  @Field(() => String, { nullable: true, description: "Of this kind, such as UPDATE_CLUSTER." })
  readonly action?: string | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: "Not before this." })
  readonly since?: Date | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: "Before this." })
  readonly until?: Date | null;
}
