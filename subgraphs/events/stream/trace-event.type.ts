import { Field, Float, ObjectType } from "../../shared/kernel/graphql.ts";
import { GraphQLDateTime } from "../../shared/kernel/scalars.ts";
import { Event } from "./event.type.ts";

@ObjectType({ implements: Event, description: "A trace with an error arrived.", simpleResolvers: true })
export class TraceReceived extends Event {
  @Field(() => String, { description: "Its id, in hexadecimal digits." })
  readonly traceId!: string;

  @Field(() => String, { nullable: true, description: "The service of its root. Null where the root is not known." })
  readonly service!: string | null;

  @Field(() => String, { nullable: true, description: "The operation of its root. Null where the root is not known." })
  readonly operation!: string | null;

  @Field(() => Float, { nullable: true, description: "How long it took, in milliseconds. Null where nobody knows." })
  readonly durationMs!: number | null;

  @Field(() => GraphQLDateTime, { description: "When it began." })
  readonly startTime!: Date;
}
