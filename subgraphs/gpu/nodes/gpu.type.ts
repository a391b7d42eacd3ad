import { Directive, Field, Float, ID, Int, ObjectType } from "../../shared/kernel/graphql.ts";
import { GraphQLDateTime, GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { Cluster } from "../cluster.type.ts";
import { Pod } from "../pod.type.ts";
import { GPUSource, GPUVendor } from "./gpu-enums.type.ts";
import type { MergedDevice } from "./merged.mapper.ts";

@ObjectType({ description: "Whether a field of a GPU is known, and by whom.", simpleResolvers: true })
export class FieldAvailability {
  @Field(() => String, { description: "The field's name." })
  readonly field!: string;

  @Field(() => Boolean, { description: "Whether its value is known." })
  readonly available!: boolean;

  @Field(() => GPUSource, { nullable: true, description: "Who told it. Null where nobody did." })
  readonly source!: GPUSource | null;

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description: "When it was read. What an exporter tells was measured up to one scrape earlier.",
  })
  readonly observedAt!: Date | null;

  @Field(() => String, { nullable: true, description: "Why it is not known, if it is not." })
  readonly reason!: string | null;
}

@ObjectType({ description: "A part of a GPU that is given to pods by itself.", simpleResolvers: true })
export class GPUInstance {
  @Field(() => Int, { description: "Unique on its GPU." })
  readonly instanceId!: number;

  @Field(() => String, { nullable: true, description: "Its size, such as 1g.10gb." })
  readonly profile!: string | null;

  @Field(() => Int, { nullable: true, description: "Its memory, in MiB." })
  readonly memoryTotalMb!: number | null;

  @Field(() => Int, { nullable: true, description: "How much of that is in use, in MiB." })
  readonly memoryUsedMb!: number | null;

  @Field(() => Int, { nullable: true, description: "How busy it is, in percent of itself." })
  readonly utilizationGpuPercent!: number | null;

  @Field(() => Pod, { nullable: true, description: "The pod that has it. Null where none is known to." })
  readonly pod!: Pod | null;
}

@Directive('@key(fields: "clusterId uuid")')
@Directive('@key(fields: "uuid")')
@ObjectType({
  description: "A GPU, or another accelerator. What is not known is null, and never 0: availability says why.",
  simpleResolvers: true,
})
export class GPU {
  /** What its fields are made of; not part of the graph. */
  readonly merged!: MergedDevice;

  @Field(() => GraphQLUUID, { description: "Its cluster's id." })
  readonly clusterId!: string;

  @Field(() => Cluster, { nullable: true, description: "Its cluster." })
  readonly cluster!: Cluster | null;

  @Field(() => String, { description: "The node it is in." })
  readonly nodeName!: string;

  @Field(() => ID, {
    description:
      "Its UUID, such as GPU-5cbe659c-d44a-0ca4-3c67-67bd71a34ca3. Of a device that tells none, its node and its place there.",
  })
  readonly uuid!: string;

  @Field(() => Int, { nullable: true, description: "Its index on the node." })
  readonly index!: number | null;

  @Field(() => String, { nullable: true, description: "Its model, such as NVIDIA H200." })
  readonly name!: string | null;

  @Field(() => GPUVendor, { description: "Who makes it." })
  readonly vendor!: GPUVendor;

  @Field(() => String, { nullable: true, description: "The driver's version." })
  readonly driverVersion!: string | null;

  @Field(() => Int, {
    nullable: true,
    description: "Its memory, in MiB; of one that is divided, that of its instances.",
  })
  readonly memoryTotalMb!: number | null;

  @Field(() => Int, { nullable: true, description: "Memory in use, in MiB." })
  readonly memoryUsedMb!: number | null;

  @Field(() => Int, { nullable: true, description: "Memory that is free, in MiB." })
  readonly memoryFreeMb!: number | null;

  @Field(() => Int, { nullable: true, description: "How much of the time it was busy, in percent." })
  readonly utilizationGpuPercent!: number | null;

  @Field(() => Int, { nullable: true, description: "How much of the time its memory was read or written, in percent." })
  readonly utilizationMemoryPercent!: number | null;

  @Field(() => Int, { nullable: true, description: "Its temperature, in degrees Celsius." })
  readonly temperatureCelsius!: number | null;

  @Field(() => Float, { nullable: true, description: "The power it draws, in watts." })
  readonly powerDrawWatts!: number | null;

  @Field(() => Float, { nullable: true, description: "The power it may draw, in watts." })
  readonly powerLimitWatts!: number | null;

  @Field(() => Int, { nullable: true, description: "The speed of its fan, in percent. Many have none." })
  readonly fanSpeedPercent!: number | null;

  @Field(() => Int, {
    nullable: true,
    description: "The last XID error that its driver told of; 0 for none. A category, not a quantity.",
  })
  readonly lastXid!: number | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      "Whether a pod or a resource claim has it, or a part of it. Null where nobody tells. A claim may have it and be reserved for no pod.",
  })
  readonly allocated!: boolean | null;

  @Field(() => [GPUInstance], { description: "Its instances, if it is divided." })
  readonly instances!: GPUInstance[];

  @Field(() => [Pod], {
    description: "The pods that have it, share it, or have instances of it, as far as they are known.",
  })
  readonly pods!: Pod[];
}
