import { Field, ObjectType, registerEnumType } from "../../shared/kernel/graphql.ts";
import { pageType } from "../../shared/kernel/page.type.ts";
import { GraphQLDateTime, GraphQLJSONObject, GraphQLUUID } from "../../shared/kernel/scalars.ts";

export const Role = { VIEWER: "VIEWER", OPERATOR: "OPERATOR", ADMIN: "ADMIN" } as const;
export type Role = keyof typeof Role;
registerEnumType(Role, {
  name: "Role",
  description: "What somebody may do; each may do what the one before may.",
  valuesConfig: {
    VIEWER: { description: "Read." },
    OPERATOR: { description: "Act on what runs: refresh, silence, acknowledge." },
    ADMIN: { description: "Change the fleet." },
  },
});

@ObjectType({ description: "A token to sign in with, for what is nobody's browser.", simpleResolvers: true })
export class ApiToken {
  @Field(() => GraphQLUUID, { description: "Unique identifier." })
  readonly id!: string;

  @Field(() => String, { description: "What its maker calls it." })
  readonly name!: string;

  @Field(() => String, { description: "How it begins, to know it again." })
  readonly hint!: string;

  @Field(() => String, { description: "Who made it, and whom it stands for." })
  readonly createdBy!: string;

  @Field(() => Role, { description: "What it may do." })
  readonly role!: Role;

  @Field(() => GraphQLJSONObject, { nullable: true, description: "Which clusters it sees; null for all." })
  readonly scope!: Record<string, unknown> | null;

  @Field(() => GraphQLDateTime, { description: "When it was made." })
  readonly createdAt!: Date;

  @Field(() => GraphQLDateTime, { description: "From then on it is not accepted." })
  readonly expiresAt!: Date;

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description: "When it was last used, to the minute; null for never.",
  })
  readonly lastUsedAt!: Date | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: "When it was revoked; null where it was not." })
  readonly revokedAt!: Date | null;
}

@ObjectType({ description: "A new API token, with what is shown this once.", simpleResolvers: true })
export class CreatedApiToken {
  @Field(() => String, { description: "The token itself. It is not kept, and cannot be shown again." })
  readonly token!: string;

  @Field(() => ApiToken, { description: "What is kept of it." })
  readonly apiToken!: ApiToken;
}

export const ApiTokenPage = pageType(() => ApiToken, "ApiToken");
export type ApiTokenPage = InstanceType<typeof ApiTokenPage>;
