import { z } from "zod";
import { ClusterSelectorInput } from "../../shared/fleet/selector.input.ts";
import { ArgsType, Field, ID, Int } from "../../shared/kernel/graphql.ts";
import { GraphQLDateTime, GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { TraceMode } from "./traces.type.ts";

/** Which trace, and who may have it. */
@ArgsType()
export class TraceLookupArgs {
  static readonly rules = z.object({
    clusterIds: z.array(z.string()).max(1000, "at most 1000 clusters").nullish(),
    timeout: z.number().int().min(1, "must be 1 to 300").max(300, "must be 1 to 300"),
  });

  @Field(() => ID, { description: "The trace's id: 1 to 32 hexadecimal digits; leading zeros may be left out." })
  readonly traceId!: string;

  @Field(() => TraceMode, { defaultValue: "MERGE", description: "Which clusters' spans make up the trace." })
  readonly mode!: TraceMode;

  @Field(() => [GraphQLUUID], { nullable: true, description: "Clusters to ask; all where empty." })
  readonly clusterIds?: string[] | null;

  @Field(() => ClusterSelectorInput, { nullable: true, description: "Clusters to ask, by what they are." })
  readonly selector?: ClusterSelectorInput | null;

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description: "When it happened, to within an hour: spares the clusters looking through other times.",
  })
  readonly around?: Date | null;

  @Field(() => Int, { defaultValue: 30, description: "Seconds each cluster may take: 1 to 300." })
  readonly timeout!: number;
}
