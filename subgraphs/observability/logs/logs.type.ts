import { Field, ObjectType, registerEnumType } from "../../shared/kernel/graphql.ts";
import {
  GraphQLCursor,
  GraphQLDateTime,
  GraphQLJSONObject,
  GraphQLNanoTime,
  GraphQLUUID,
} from "../../shared/kernel/scalars.ts";
import type { Direction, Labels } from "../../shared/upstreams/loki/schema.ts";
import { Cluster, ClusterOutcome } from "../cluster.type.ts";
import { Pod } from "../pod.type.ts";

export const LogDirection = { BACKWARD: "BACKWARD", FORWARD: "FORWARD" } as const satisfies Record<
  Direction,
  Direction
>;

registerEnumType(LogDirection, {
  name: "LogDirection",
  description: "Which end of the range comes first.",
  valuesConfig: {
    BACKWARD: { description: "The newest lines first." },
    FORWARD: { description: "The oldest lines first." },
  },
});

@ObjectType({ description: "A log line.", simpleResolvers: true })
export class LogEntry {
  @Field(() => GraphQLUUID, { description: "Its cluster's id." })
  readonly clusterId!: string;

  @Field(() => String, { description: "Its cluster's name." })
  readonly clusterName!: string;

  @Field(() => Cluster, { nullable: true, description: "Its cluster." })
  readonly cluster!: Cluster | null;

  @Field(() => GraphQLDateTime, { description: "When it was written, to the millisecond." })
  readonly timestamp!: Date;

  @Field(() => GraphQLNanoTime, { description: "When it was written, to the nanosecond." })
  readonly timestampNs!: string;

  @Field(() => GraphQLJSONObject, { description: "The labels of its stream." })
  readonly stream!: Labels;

  @Field(() => String, { description: "Its text." })
  readonly message!: string;

  @Field(() => GraphQLJSONObject, { description: "What was stored with the line, besides its text and its stream." })
  readonly structuredMetadata!: Labels;

  @Field(() => GraphQLJSONObject, { description: "What the query's parsers, such as json, found in the line." })
  readonly parsed!: Labels;

  @Field(() => Pod, { nullable: true, description: "The pod that wrote it. Null where its stream names none." })
  readonly pod!: Pod | null;

  @Field(() => String, {
    nullable: true,
    description: "The trace it belongs to, in 32 hexadecimal digits. Null where it names none.",
  })
  readonly traceId!: string | null;

  @Field(() => Boolean, {
    description: "In a tail: it arrived after lines that were written later had been given. False everywhere else.",
  })
  readonly late!: boolean;
}

/** What an answer of lines has, be it one cluster's or many's. */
@ObjectType({ simpleResolvers: true })
export abstract class LogLines {
  @Field(() => [LogEntry], {
    description: "The lines in order: by time, and lines of one nanosecond by cluster, stream and place in the stream.",
  })
  readonly entries!: LogEntry[];

  @Field(() => LogDirection, { description: "Which end comes first." })
  readonly direction!: Direction;

  @Field(() => GraphQLDateTime, { description: "The range's start; a line of that time is within." })
  readonly startTime!: Date;

  @Field(() => GraphQLDateTime, { description: "The range's end; a line of that time is not." })
  readonly endTime!: Date;

  @Field(() => GraphQLNanoTime, {
    description:
      "How far this page and those before it reach: of the clusters that answered, no line newer than this is missing (with FORWARD, none older).",
  })
  readonly completeDownTo!: string;

  @Field(() => GraphQLCursor, {
    nullable: true,
    description: "For the next page's after. Null where no lines follow.",
  })
  readonly nextCursor!: string | null;
}

@ObjectType({ description: "One cluster's log lines.", simpleResolvers: true })
export class LogPage extends LogLines {
  @Field(() => ClusterOutcome, { description: "How asking the cluster ended." })
  readonly outcome!: ClusterOutcome;
}

@ObjectType({ description: "Log lines of every cluster in scope, as one.", simpleResolvers: true })
export class FederatedLogs extends LogLines {
  @Field(() => Boolean, { description: "Whether every cluster in scope answered completely." })
  readonly complete!: boolean;

  @Field(() => [ClusterOutcome], {
    description: "How asking each cluster ended, by cluster name. Rows are those of this page.",
  })
  readonly outcomes!: ClusterOutcome[];
}
