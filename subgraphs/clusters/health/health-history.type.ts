import { ClusterState } from "../../shared/fleet/enums.type.ts";
import { Field, Float, Int, ObjectType } from "../../shared/kernel/graphql.ts";
import { GraphQLDateTime } from "../../shared/kernel/scalars.ts";

const share = (what: string): string =>
  `Share of the checks, 0 to 1, in which ${what} was ready. Null where none is configured, or it could not be asked.`;

@ObjectType({ description: "What a cluster's health checks found within one step.", simpleResolvers: true })
export class HealthSample {
  @Field(() => GraphQLDateTime, { description: "Where the step begins." })
  readonly at!: Date;

  @Field(() => Int, { description: "How many checks there were." })
  readonly checks!: number;

  @Field(() => ClusterState, { description: "The worst state that one of them found." })
  readonly state!: ClusterState;

  @Field(() => Float, {
    nullable: true,
    description: "Their mean health score, 0 to 100. Null where nothing could be asked.",
  })
  readonly healthScore!: number | null;

  @Field(() => Float, { nullable: true, description: share("the API server") })
  readonly availability!: number | null;

  @Field(() => Float, { nullable: true, description: share("Prometheus") })
  readonly prometheusAvailability!: number | null;

  @Field(() => Float, { nullable: true, description: share("Tempo") })
  readonly tempoAvailability!: number | null;

  @Field(() => Float, { nullable: true, description: share("Loki") })
  readonly lokiAvailability!: number | null;

  @Field(() => Float, { nullable: true, description: share("Alertmanager") })
  readonly alertmanagerAvailability!: number | null;
}
