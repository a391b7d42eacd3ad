import { AlertSeverity } from "../../shared/fleet/enums.type.ts";
import { Field, Float, Int, ObjectType, registerEnumType } from "../../shared/kernel/graphql.ts";
import { GraphQLDateTime } from "../../shared/kernel/scalars.ts";
import { GPUNode } from "../gpu-node.type.ts";
import { Event } from "./event.type.ts";

export const GPUPresence = { PRESENT: "PRESENT", MISSING: "MISSING" } as const;
export type GPUPresence = (typeof GPUPresence)[keyof typeof GPUPresence];
registerEnumType(GPUPresence, {
  name: "GPUPresence",
  description: "Whether a device is seen.",
  valuesConfig: {
    PRESENT: { description: "It is seen." },
    MISSING: { description: "It was there, and is seen no more." },
  },
});

@ObjectType({ description: "A GPU's readings when an event was told. What is unknown is null.", simpleResolvers: true })
export class GPUReading {
  @Field(() => String, { description: "The device's UUID." })
  readonly uuid!: string;

  @Field(() => Int, { nullable: true, description: "Its index on the node." })
  readonly index!: number | null;

  @Field(() => String, { nullable: true, description: "Its model." })
  readonly name!: string | null;

  @Field(() => GPUPresence, { description: "Whether it is seen." })
  readonly presence!: GPUPresence;

  @Field(() => Float, { nullable: true, description: "How busy it is, in percent." })
  readonly utilizationGpuPercent!: number | null;

  @Field(() => Float, { nullable: true, description: "Memory in use, in MiB." })
  readonly memoryUsedMb!: number | null;

  @Field(() => Float, { nullable: true, description: "Memory in all, in MiB." })
  readonly memoryTotalMb!: number | null;

  @Field(() => Float, { nullable: true, description: "Temperature, in degrees Celsius." })
  readonly temperatureCelsius!: number | null;

  @Field(() => Float, { nullable: true, description: "Power drawn, in watts." })
  readonly powerDrawWatts!: number | null;

  @Field(() => String, { nullable: true, description: "Namespace of the pod that has it." })
  readonly namespace!: string | null;

  @Field(() => String, { nullable: true, description: "The pod that has it." })
  readonly pod!: string | null;
}

@ObjectType({
  implements: Event,
  description: "GPUs of a node changed. The readings travel in the event; the rest is joined.",
  simpleResolvers: true,
})
export class GPUUpdated extends Event {
  @Field(() => GPUNode, { nullable: true, description: "The node, as it is now." })
  readonly gpuNode!: GPUNode | null;

  @Field(() => [GPUReading], { description: "The devices that changed." })
  readonly gpus!: GPUReading[];
}

@ObjectType({ implements: Event, description: "A GPU has trouble, or has it no more.", simpleResolvers: true })
export class GPUHealthChanged extends Event {
  @Field(() => GPUNode, { nullable: true, description: "The device's node, as it is now." })
  readonly gpuNode!: GPUNode | null;

  @Field(() => String, { description: "The device's UUID, or the node's index of one that nobody can name." })
  readonly device!: string;

  @Field(() => String, { description: "What kind of trouble, such as XID, ECC or MISSING." })
  readonly trouble!: string;

  @Field(() => String, { description: "The XID, or which counter or reason." })
  readonly code!: string;

  @Field(() => AlertSeverity, { description: "How bad it is." })
  readonly severity!: AlertSeverity;

  @Field(() => String, { description: "The trouble in a sentence." })
  readonly message!: string;

  @Field(() => GraphQLDateTime, { nullable: true, description: "When it ended. Null while it stands." })
  readonly clearedAt!: Date | null;
}
