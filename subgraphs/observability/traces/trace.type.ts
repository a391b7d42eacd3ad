import { Directive, Field, Float, ID, ObjectType } from "../../shared/kernel/graphql.ts";
import { GraphQLDateTime, GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { Cluster, type ClusterOutcome } from "../cluster.type.ts";
import type { Span } from "./span.type.ts";
import type { TracesContext } from "./traces.context.ts";

/** A trace with its spans, as one or several clusters have them. */
export interface WholeTrace {
  /** By their begin. */
  spans: Span[];
  /** Whether the trace has more spans than are kept. */
  truncated: boolean;
  /** The one without a parent, else the first orphan. */
  root: Span | null;
  /** Unix milliseconds, with fractions. */
  start: number;
  /** How reading it from each cluster ended. */
  outcomes: ClusterOutcome[];
}

/** What a search tells without a look at the spans; null where it does not. */
export interface SpanCounts {
  spans: number;
  services: number;
  errors: number;
}

@Directive('@key(fields: "traceId")')
@ObjectType({
  description:
    "The work that one request caused. What a search does not tell of it is read from the clusters it was found in, once, when it is asked for.",
  simpleResolvers: true,
})
export class Trace {
  @Field(() => ID, { description: "Its id, in 32 hexadecimal digits." })
  readonly traceId!: string;

  @Field(() => GraphQLUUID, { description: "The id of the cluster that has its root, else its first span." })
  readonly clusterId!: string;

  @Field(() => String, { description: "The name of that cluster." })
  readonly clusterName!: string;

  @Field(() => Cluster, { nullable: true, description: "That cluster." })
  readonly cluster!: Cluster | null;

  @Field(() => [Cluster], { description: "Every cluster it was found in." })
  readonly clusters!: Cluster[];

  @Field(() => String, { nullable: true, description: "The service that began it. Null while its root is not known." })
  readonly rootService!: string | null;

  @Field(() => String, {
    nullable: true,
    description: "What was asked of that service. Null while its root is not known.",
  })
  readonly rootOperation!: string | null;

  @Field(() => GraphQLDateTime, { description: "When its first span began." })
  readonly startTime!: Date;

  @Field(() => Float, { description: "From the begin of its first span to the end of its last, in milliseconds." })
  readonly durationMs!: number;

  readonly counts!: SpanCounts | null;
  /** Reads its spans, once. */
  readonly whole!: () => Promise<WholeTrace>;
}

/** For the module's `references`: by its id alone, it is looked for in the whole fleet. */
export const traceReference = ({ traceId }: Pick<Trace, "traceId">, context: TracesContext): Promise<Trace | null> =>
  context.traceLookup.one(traceId, null);
