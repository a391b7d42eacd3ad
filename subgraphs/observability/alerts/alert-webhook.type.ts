import { Field, ObjectType } from "../../shared/kernel/graphql.ts";
import { GraphQLDateTime, GraphQLUUID } from "../../shared/kernel/scalars.ts";
import type { WebhookRow } from "./webhook-token.repository.ts";

@ObjectType({ description: "Where an Alertmanager may tell of a cluster's alerts.", simpleResolvers: true })
export class AlertWebhook implements WebhookRow {
  @Field(() => GraphQLUUID, { description: "Unique identifier." })
  readonly id!: string;

  @Field(() => GraphQLUUID, { description: "The cluster whose alerts it takes, whatever their labels say." })
  readonly clusterId!: string;

  @Field(() => String, { description: "Who made it." })
  readonly createdBy!: string;

  @Field(() => GraphQLDateTime, { description: "When it was made." })
  readonly createdAt!: Date;

  @Field(() => GraphQLDateTime, { nullable: true, description: "From when on it is not accepted; null for never." })
  readonly expiresAt!: Date | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: "When it was last used, to the minute; null if never." })
  readonly lastUsedAt!: Date | null;
}

@ObjectType({
  description: "A webhook as it was made: what is secret of it is not shown again.",
  simpleResolvers: true,
})
export class CreatedAlertWebhook {
  @Field(() => AlertWebhook, { description: "The webhook." })
  readonly webhook!: AlertWebhook;

  @Field(() => String, { description: "What it signs in with." })
  readonly token!: string;

  @Field(() => String, {
    description:
      "Where to post to, with the token: below the address of this server, or of the observability subgraph where it is a process of its own.",
  })
  readonly path!: string;
}
