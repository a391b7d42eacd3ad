import { Field, Float, ObjectType, registerEnumType } from "../../shared/kernel/graphql.ts";
import { GraphQLDateTime } from "../../shared/kernel/scalars.ts";
import { Cluster, ClusterOutcome } from "../cluster.type.ts";
import { Trace } from "./trace.type.ts";

@ObjectType({ description: "The traces that a query finds, over all clusters in scope.", simpleResolvers: true })
export class FederatedTraces {
  @Field(() => [Trace], { description: "Newest first. What several clusters have of one trace is one trace." })
  readonly traces!: Trace[];

  @Field(() => Boolean, { description: "Whether there may be more than the limit let through." })
  readonly truncated!: boolean;

  @Field(() => String, {
    nullable: true,
    description: "What the query cannot find over several clusters. Null where that concerns it in no way.",
  })
  readonly note!: string | null;

  @Field(() => String, {
    nullable: true,
    description: "The TraceQL that was asked. Null where a trace's id was given.",
  })
  readonly traceql!: string | null;

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description: "The begin of the time that was searched, in whole seconds. Null where a trace's id was given.",
  })
  readonly startTime!: Date | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: "The end of the time that was searched." })
  readonly endTime!: Date | null;

  @Field(() => Float, { nullable: true, description: "Bytes that the clusters read to answer. Null where none says." })
  readonly inspectedBytes!: number | null;

  @Field(() => Boolean, { description: "Whether every cluster in scope answered completely." })
  readonly complete!: boolean;

  @Field(() => [ClusterOutcome], { description: "How asking each cluster ended, by cluster name." })
  readonly outcomes!: ClusterOutcome[];
}

export const TraceMode = { MERGE: "MERGE", FIRST: "FIRST" } as const;
export type TraceMode = (typeof TraceMode)[keyof typeof TraceMode];
registerEnumType(TraceMode, {
  name: "TraceMode",
  description: "Which clusters' spans make up a trace.",
  valuesConfig: {
    MERGE: { description: "Those of every cluster that answers until shortly after the first that has any." },
    FIRST: { description: "Those of the first cluster that has any." },
  },
});

export const TraceLookupStatus = {
  FOUND: "FOUND",
  NOT_FOUND: "NOT_FOUND",
  INCONCLUSIVE: "INCONCLUSIVE",
} as const;
export type TraceLookupStatus = (typeof TraceLookupStatus)[keyof typeof TraceLookupStatus];
registerEnumType(TraceLookupStatus, {
  name: "TraceLookupStatus",
  description: "Whether there is such a trace.",
  valuesConfig: {
    FOUND: { description: "A cluster has it." },
    NOT_FOUND: { description: "Every cluster in scope that keeps traces said that it has none such." },
    INCONCLUSIVE: { description: "No cluster has it that answered, and not every one did." },
  },
});

@ObjectType({ description: "What the fleet has of one trace.", simpleResolvers: true })
export class TraceLookup {
  @Field(() => TraceLookupStatus, { description: "Whether there is such a trace." })
  readonly status!: TraceLookupStatus;

  @Field(() => Trace, { nullable: true, description: "The trace, if it was found." })
  readonly trace!: Trace | null;

  @Field(() => [Cluster], { description: "Every cluster it was found in." })
  readonly clusters!: Cluster[];

  @Field(() => Boolean, { description: "Whether every cluster in scope answered completely." })
  readonly complete!: boolean;

  @Field(() => [ClusterOutcome], {
    description: "How asking each cluster ended, by cluster name. One that was not waited for is CANCELLED.",
  })
  readonly outcomes!: ClusterOutcome[];
}
