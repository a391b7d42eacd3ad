import { z } from "zod";
import { AlertSeverity } from "../../shared/fleet/enums.type.ts";
import { EventType } from "../../shared/kernel/bus/events.ts";
import { Field, InputType } from "../../shared/kernel/graphql.ts";
import { GraphQLUUID } from "../../shared/kernel/scalars.ts";

@InputType({ description: "Which events: those that match every given part." })
export class EventFilterInput {
  static readonly rules = z.object({
    eventTypes: z.array(z.enum(EventType)).max(100).nullish(),
    clusterIds: z.array(z.uuid()).max(1000, "at most 1000 clusters").nullish(),
    labelSelector: z.string().max(4096, "at most 4096 characters").nullish(),
    namespaces: z.array(z.string().min(1).max(63)).max(1000, "at most 1000 namespaces").nullish(),
  });

  @Field(() => [EventType], { nullable: true, description: "Of these types; all where empty." })
  readonly eventTypes?: EventType[] | null;

  @Field(() => [GraphQLUUID], { nullable: true, description: "Of these clusters; all where empty." })
  readonly clusterIds?: string[] | null;

  @Field(() => String, {
    nullable: true,
    description: "Of clusters with these labels now, in Kubernetes selector syntax, such as team=payments,!legacy.",
  })
  readonly labelSelector?: string | null;

  @Field(() => [AlertSeverity], {
    nullable: true,
    description: "As bad as these; all where empty. Events that are neither good nor bad have none.",
  })
  readonly severities?: AlertSeverity[] | null;

  @Field(() => [String], {
    nullable: true,
    description: "In these namespaces; all where empty. Events of a whole cluster are in none.",
  })
  readonly namespaces?: string[] | null;
}
