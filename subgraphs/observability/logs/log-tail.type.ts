import { Field, Int, ObjectType, registerEnumType } from "../../shared/kernel/graphql.ts";
import { GraphQLDateTime, GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { Cluster } from "../cluster.type.ts";
import type { TailState } from "./cluster-tail.stream.ts";
import { LogEntry } from "./logs.type.ts";

const LogTailState = {
  CONNECTING: "CONNECTING",
  CONNECTED: "CONNECTED",
  RECONNECTING: "RECONNECTING",
  ENDED: "ENDED",
} as const satisfies Record<TailState, TailState>;
registerEnumType(LogTailState, {
  name: "LogTailState",
  description: "How one cluster's tail is.",
  valuesConfig: {
    CONNECTING: { description: "It is being opened for the first time." },
    CONNECTED: { description: "New lines come as they arrive." },
    RECONNECTING: { description: "It broke off, for the reason given, and is opened again; it goes on where it was." },
    ENDED: { description: "It is over, for the reason given." },
  },
});

@ObjectType({ description: "How one cluster's part of a tail is.", simpleResolvers: true })
export class LogTailCluster {
  @Field(() => GraphQLUUID, { description: "The cluster's id." })
  readonly clusterId!: string;

  @Field(() => String, { description: "The cluster's name." })
  readonly clusterName!: string;

  @Field(() => Cluster, { nullable: true, description: "The cluster." })
  readonly cluster!: Cluster | null;

  @Field(() => LogTailState, { description: "How it is." })
  readonly state!: TailState;

  @Field(() => String, {
    nullable: true,
    description:
      "Why it is over or opened again; of one that is connected, why it broke off last, or what it has missed.",
  })
  readonly reason!: string | null;

  @Field(() => GraphQLDateTime, { description: "Since when." })
  readonly since!: Date;
}

@ObjectType({ description: "What has come in since the item before.", simpleResolvers: true })
export class LogTailItem {
  @Field(() => [LogEntry], {
    description: "New lines, each after those that were written before it; the late ones come first.",
  })
  readonly entries!: LogEntry[];

  @Field(() => Int, { description: "How many of them are late." })
  readonly late!: number;

  @Field(() => Int, { description: "Lines left out here, oldest first: they came faster than they were read." })
  readonly dropped!: number;

  @Field(() => Int, { description: "Lines that the clusters' Lokis left out, for the same reason." })
  readonly droppedUpstream!: number;

  @Field(() => [LogTailCluster], { description: "Every cluster of the tail, by name." })
  readonly clusters!: LogTailCluster[];
}
