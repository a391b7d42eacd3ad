import { Field, Float, ID, ObjectType, registerEnumType } from "../../shared/kernel/graphql.ts";
import { GraphQLDateTime, GraphQLJSONObject, GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { type Attributes, SpanKind, SpanStatus } from "../../shared/upstreams/tempo/otlp.ts";
import { Cluster } from "../cluster.type.ts";
import { Pod } from "../pod.type.ts";

registerEnumType(SpanStatus, {
  name: "SpanStatus",
  description: "How a span ended.",
  valuesConfig: {
    OK: { description: "Well, as its service says." },
    ERROR: { description: "With an error." },
    UNSET: { description: "Its service does not say; most often well." },
  },
});
registerEnumType(SpanKind, {
  name: "SpanKind",
  description: "What a span is in a call.",
  valuesConfig: {
    UNSPECIFIED: { description: "Its service does not say." },
    INTERNAL: { description: "Work inside a service." },
    SERVER: { description: "The answering of a call." },
    CLIENT: { description: "The making of a call." },
    PRODUCER: { description: "The sending of a message." },
    CONSUMER: { description: "The handling of a message." },
  },
});

@ObjectType({ description: "Something that happened within a span.", simpleResolvers: true })
export class SpanLog {
  @Field(() => GraphQLDateTime, { description: "When." })
  readonly timestamp!: Date;

  @Field(() => String, { description: "What: its message, else its name." })
  readonly message!: string;

  @Field(() => String, { description: "Its name, such as exception." })
  readonly name!: string;

  @Field(() => GraphQLJSONObject, { description: "Its attributes." })
  readonly attributes!: Attributes;
}

@ObjectType({ description: "A span of this or another trace that a span names.", simpleResolvers: true })
export class SpanLink {
  @Field(() => ID, { description: "The trace, in 32 hexadecimal digits." })
  readonly traceId!: string;

  @Field(() => ID, { description: "The span, in 16 hexadecimal digits." })
  readonly spanId!: string;

  @Field(() => GraphQLJSONObject, { description: "What the link is about." })
  readonly attributes!: Attributes;
}

@ObjectType({ description: "One piece of work in a trace.", simpleResolvers: true })
export class Span {
  @Field(() => ID, { description: "Its id, in 16 hexadecimal digits." })
  readonly spanId!: string;

  @Field(() => ID, { nullable: true, description: "The span it was part of, be it here or not. Null of a root." })
  readonly parentSpanId!: string | null;

  @Field(() => String, { description: "What was done." })
  readonly operationName!: string;

  @Field(() => String, { nullable: true, description: "Who did it. Null where the span does not say." })
  readonly serviceName!: string | null;

  @Field(() => GraphQLDateTime, { description: "When it began." })
  readonly startTime!: Date;

  @Field(() => Float, { description: "How long after the trace's begin it began, in milliseconds." })
  readonly offsetMs!: number;

  @Field(() => Float, { description: "How long it took, in milliseconds." })
  readonly durationMs!: number;

  @Field(() => SpanStatus, { description: "How it ended." })
  readonly status!: SpanStatus;

  @Field(() => String, { nullable: true, description: "What its service says of how it ended." })
  readonly statusMessage!: string | null;

  @Field(() => SpanKind, { description: "What it is in a call." })
  readonly kind!: SpanKind;

  @Field(() => GraphQLJSONObject, { description: "Its attributes. A list or a map is JSON in a text." })
  readonly tags!: Attributes;

  @Field(() => GraphQLJSONObject, { description: "What is known of its service: where it runs, its version." })
  readonly resource!: Attributes;

  @Field(() => [SpanLog], { description: "What happened within it, in time order." })
  readonly logs!: SpanLog[];

  @Field(() => [SpanLink], { description: "Spans that it names beside its parent." })
  readonly links!: SpanLink[];

  @Field(() => GraphQLUUID, { description: "The id of the cluster that has it." })
  readonly clusterId!: string;

  @Field(() => Cluster, { nullable: true, description: "The cluster that has it." })
  readonly cluster!: Cluster | null;

  @Field(() => Pod, { nullable: true, description: "Where it ran. Null where the span does not say." })
  readonly pod!: Pod | null;

  @Field(() => Boolean, {
    description: "Whether its parent is missing: not sent yet, lost, or in a cluster that did not answer.",
  })
  readonly orphan!: boolean;

  @Field(() => Span, { nullable: true, description: "The span it was part of. Null of a root and of an orphan." })
  parent!: Span | null;

  @Field(() => [Span], { description: "The spans that were part of it, by their begin." })
  readonly children!: Span[];

  /** From the trace's begin, in nanoseconds: not in the graph. */
  readonly begin!: number;
  readonly end!: number;
}
