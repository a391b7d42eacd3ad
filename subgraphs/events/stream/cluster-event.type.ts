import { ClusterState } from "../../shared/fleet/enums.type.ts";
import { Field, ObjectType } from "../../shared/kernel/graphql.ts";
import { Event } from "./event.type.ts";

@ObjectType({ implements: Event, description: "An event without further fields of its own.", simpleResolvers: true })
export class FleetEvent extends Event {}

@ObjectType({ implements: Event, description: "A cluster went from one state to another.", simpleResolvers: true })
export class ClusterStatusChanged extends Event {
  @Field(() => ClusterState, { description: "The state before." })
  readonly oldState!: ClusterState;

  @Field(() => ClusterState, { description: "The state now." })
  readonly newState!: ClusterState;
}
