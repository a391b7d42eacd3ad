import { Field, Float, ID, Int, ObjectType } from "../../shared/kernel/graphql.ts";
import { GraphQLDateTime } from "../../shared/kernel/scalars.ts";
import { GPU } from "../gpu.type.ts";
import { Node } from "../node.type.ts";
import { Pod } from "../pod.type.ts";
import type { EntityKind, Signal, Verdict as StoredVerdict } from "./core/index.ts";
import { CauseKind, EvidenceSignal, QueryLanguage, Verdict } from "./root-cause-enums.type.ts";

@ObjectType({ description: "What may be at the root of an incident.", simpleResolvers: true })
export class RootCauseEntity {
  @Field(() => CauseKind, { description: "What it is." })
  readonly kind!: EntityKind;

  @Field(() => String, { nullable: true, description: "Its namespace. Null for nodes and GPUs." })
  readonly namespace!: string | null;

  @Field(() => String, { description: "Its name; of a GPU its UUID." })
  readonly name!: string;

  @Field(() => [Pod], { description: "Its pods that stand out; of a pod, itself. At most ten." })
  readonly pods!: Pod[];

  @Field(() => Node, { nullable: true, description: "The node, if it is one." })
  readonly node!: Node | null;

  @Field(() => GPU, { nullable: true, description: "The GPU, if it is one." })
  readonly gpu!: GPU | null;
}

@ObjectType({ description: "How far something is from what it usually shows.", simpleResolvers: true })
export class RootCauseSignalScore {
  @Field(() => EvidenceSignal, { description: "In what." })
  readonly signal!: Signal;

  @Field(() => Float, { description: "How far, in its own usual deviations; 0 is as usual." })
  readonly z!: number;
}

@ObjectType({ description: "A finding that speaks for a cause, and how to look at it again.", simpleResolvers: true })
export class RootCauseEvidence {
  @Field(() => EvidenceSignal, { description: "Which signal it is." })
  readonly signal!: Signal;

  @Field(() => Float, { description: "How far it is from what is usual, in its own usual deviations." })
  readonly z!: number;

  @Field(() => String, { description: "What was found, with its figures." })
  readonly statement!: string;

  @Field(() => QueryLanguage, { nullable: true, description: "The query's language." })
  readonly language!: keyof typeof QueryLanguage | null;

  @Field(() => String, { nullable: true, description: "The query that shows it, for the cluster's own backend." })
  readonly query!: string | null;

  @Field(() => String, { nullable: true, description: "An operation of this API that shows it, with its times." })
  readonly graphql!: string | null;

  @Field(() => GraphQLDateTime, { description: "When it shows most." })
  readonly at!: Date;

  @Field(() => GraphQLDateTime, { description: "From when to look." })
  readonly start!: Date;

  @Field(() => GraphQLDateTime, { description: "Until when to look." })
  readonly end!: Date;

  @Field(() => Float, { nullable: true, description: "What was measured. Null where it is not a figure." })
  readonly value!: number | null;

  @Field(() => Float, { nullable: true, description: "What is usual. Null where that is not known." })
  readonly expected!: number | null;

  @Field(() => [ID], { description: "A few traces that show it." })
  readonly traceIds!: string[];
}

@ObjectType({ description: "A possible root cause, with what speaks for it.", simpleResolvers: true })
export class RootCause {
  @Field(() => Int, { description: "Its place, from 1: the likeliest." })
  readonly rank!: number;

  @Field(() => Float, { description: "What it is ranked by; only for comparing it with the others." })
  readonly score!: number;

  @Field(() => Verdict, { description: "How sure it is." })
  readonly verdict!: StoredVerdict;

  @Field(() => RootCauseEntity, { description: "What it is." })
  readonly entity!: RootCauseEntity;

  @Field(() => String, { description: "Why, in a sentence." })
  readonly explanation!: string;

  @Field(() => [RootCauseSignalScore], { description: "The signals that stand out, the strongest first." })
  readonly signals!: RootCauseSignalScore[];

  @Field(() => [RootCauseEvidence], { description: "What was found, the strongest first." })
  readonly evidence!: RootCauseEvidence[];
}
