import { Field, Float, Int, ObjectType } from "../../shared/kernel/graphql.ts";
import { GraphQLDateTime, GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { Cluster } from "../cluster.type.ts";
import { Span } from "./span.type.ts";

@ObjectType({ description: "A service's part in a trace, in one cluster.", simpleResolvers: true })
export class ServiceGraphNode {
  @Field(() => String, { description: "The service; unknown_service where its spans do not say." })
  readonly service!: string;

  @Field(() => GraphQLUUID, { description: "The cluster's id." })
  readonly clusterId!: string;

  @Field(() => Cluster, { nullable: true, description: "The cluster." })
  readonly cluster!: Cluster | null;

  @Field(() => Int, { description: "Its spans." })
  spanCount!: number;

  @Field(() => Int, { description: "Its spans with an error." })
  errorCount!: number;
}

@ObjectType({ description: "One service's calls to another, or to itself in another cluster.", simpleResolvers: true })
export class ServiceGraphEdge {
  @Field(() => ServiceGraphNode, { description: "Who called." })
  readonly caller!: ServiceGraphNode;

  @Field(() => ServiceGraphNode, { description: "Who was called." })
  readonly callee!: ServiceGraphNode;

  @Field(() => Int, { description: "Number of calls." })
  readonly calls!: number;

  @Field(() => Int, { description: "Calls that ended with an error." })
  readonly errors!: number;

  @Field(() => Float, {
    description: "Half of the calls took no longer, in milliseconds, as the called service has it.",
  })
  readonly latencyP50Ms!: number;

  @Field(() => Float, { description: "95 of 100 calls took no longer, in milliseconds." })
  readonly latencyP95Ms!: number;

  @Field(() => Float, { description: "The slowest call, in milliseconds." })
  readonly latencyMaxMs!: number;
}

@ObjectType({ description: "Who called whom in a trace.", simpleResolvers: true })
export class ServiceGraph {
  @Field(() => [ServiceGraphNode], { description: "The services, by their first span." })
  readonly nodes!: ServiceGraphNode[];

  @Field(() => [ServiceGraphEdge], { description: "The calls, by their first." })
  readonly edges!: ServiceGraphEdge[];
}

@ObjectType({
  description: "A stretch of time in which the trace waited for this span itself, and for none of its children.",
  simpleResolvers: true,
})
export class CriticalPathSegment {
  @Field(() => Span, { description: "What the trace waited for." })
  readonly span!: Span;

  @Field(() => GraphQLDateTime, { description: "From when." })
  readonly startTime!: Date;

  @Field(() => Float, { description: "How long after the trace's begin, in milliseconds." })
  readonly offsetMs!: number;

  @Field(() => Float, { description: "For how long, in milliseconds." })
  readonly selfTimeMs!: number;
}
