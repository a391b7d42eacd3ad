import { Field, Int, ObjectType } from "../../shared/kernel/graphql.ts";
import { pageType } from "../../shared/kernel/page.type.ts";
import { GraphQLDateTime, GraphQLJSONObject, GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { Alert } from "../alert.type.ts";
import { Cluster } from "../cluster.type.ts";

@ObjectType({
  description: "Alerts that belong together, by their labels, by when they began, and by what they are about.",
  simpleResolvers: true,
})
export class Incident {
  @Field(() => GraphQLUUID, { description: "The id of the alert that fired first." })
  readonly id!: string;

  @Field(() => GraphQLDateTime, { description: "When that was." })
  readonly startsAt!: Date;

  @Field(() => GraphQLJSONObject, { description: "The labels that all of its alerts share." })
  readonly labels!: Record<string, string>;

  @Field(() => Int, { description: "How many alerts it has." })
  readonly alertCount!: number;

  @Field(() => [Alert], { description: "Its alerts in the order they began; at most 100." })
  readonly alerts!: Alert[];

  @Field(() => [Cluster], { description: "The clusters they are from." })
  readonly clusters!: Cluster[];
}

@ObjectType({ description: "The incidents that there are, page by page.", simpleResolvers: true })
export class IncidentPage extends pageType(() => Incident, "Incident") {
  @Field(() => Boolean, { description: "Whether there were more alerts than are grouped at once." })
  readonly truncated!: boolean;
}
