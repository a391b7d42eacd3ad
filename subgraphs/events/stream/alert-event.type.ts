import { AlertSeverity, AlertState } from "../../shared/fleet/enums.type.ts";
import { Field, ObjectType } from "../../shared/kernel/graphql.ts";
import { Alert } from "../alert.type.ts";
import { Event } from "./event.type.ts";

@ObjectType({ implements: Event, description: "An alert began to fire, or ended.", simpleResolvers: true })
export class AlertChanged extends Event {
  @Field(() => Alert, { nullable: true, description: "The alert, as it is now. Null once it is forgotten." })
  readonly alert!: Alert | null;

  @Field(() => String, { description: "Its name." })
  readonly alertname!: string;

  @Field(() => AlertSeverity, { description: "How bad it is." })
  readonly severity!: AlertSeverity;

  @Field(() => AlertState, { description: "Where it stood when this was told: FIRING or RESOLVED." })
  readonly state!: AlertState;
}
