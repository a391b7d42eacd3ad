import { EventType } from "../../shared/kernel/bus/events.ts";
import { Field, Int, InterfaceType, ObjectType, registerEnumType } from "../../shared/kernel/graphql.ts";
import { GraphQLCursor, GraphQLDateTime, GraphQLJSONObject, GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { Cluster } from "../cluster.type.ts";

registerEnumType(EventType, {
  name: "EventType",
  description: "What happened.",
  valuesConfig: {
    CLUSTER_REGISTERED: { description: "A cluster was registered." },
    CLUSTER_UPDATED: { description: "A cluster's registration was changed." },
    CLUSTER_DELETED: { description: "A cluster was deleted." },
    CLUSTER_STATUS_CHANGED: { description: "A health check found a cluster in another state." },
    CLUSTER_CREDENTIALS_UPDATED: { description: "A cluster's credentials were set, replaced or deleted." },
    CLUSTER_CREDENTIALS_EXPIRING: {
      description: "A cluster's credentials end within seven days; told once for each end.",
    },
    CLUSTER_CAPABILITIES_CHANGED: { description: "Something was detected in a cluster, or is gone." },
    METRIC_UPDATE: { description: "A watched metric has new values." },
    ALERT_FIRED: { description: "An alert began to fire." },
    ALERT_RESOLVED: { description: "An alert ended." },
    TRACE_RECEIVED: { description: "A watched trace arrived." },
    GPU_UPDATE: { description: "A GPU node has new readings." },
    GPU_HEALTH: { description: "A GPU has trouble, or has it no more." },
    ANOMALY_DETECTED: { description: "An anomaly was detected." },
    RCA_COMPLETE: {
      description: "A root cause analysis is done. Of one with an owner, only they and administrators are told.",
    },
    REPORT_GENERATED: { description: "A report is done. Of one with an owner, only they and administrators are told." },
    CHAT_MESSAGE: { description: "A chat session has a new message." },
  },
});

export const GapReason = { RETENTION: "RETENTION", LOG_REPLACED: "LOG_REPLACED" } as const;
export type GapReason = (typeof GapReason)[keyof typeof GapReason];
registerEnumType(GapReason, {
  name: "GapReason",
  description: "Why items of a stream are missing.",
  valuesConfig: {
    RETENTION: { description: "They were older, or more, than is kept." },
    LOG_REPLACED: { description: "The log that the cursor is of is gone, for instance after a restart without Redis." },
  },
});

/** The types that an event can be; what has no fields of its own is a FleetEvent. */
export type EventKind =
  | "FleetEvent"
  | "ClusterStatusChanged"
  | "AlertChanged"
  | "MetricUpdated"
  | "TraceReceived"
  | "GPUUpdated"
  | "GPUHealthChanged"
  | "AnomalyDetected"
  | "RootCauseCompleted"
  | "ReportGenerated";

@InterfaceType({
  description: "Something that happened in the fleet.",
  resolveType: ({ kind }: Event) => kind,
})
export abstract class Event {
  /** The object type that it is. */
  readonly kind!: EventKind;

  @Field(() => GraphQLUUID, { description: "Unique identifier of the event." })
  readonly eventId!: string;

  @Field(() => EventType, { description: "What happened." })
  readonly eventType!: EventType;

  @Field(() => GraphQLUUID, { nullable: true, description: "The cluster it happened to, if it did to one." })
  readonly clusterId!: string | null;

  @Field(() => Cluster, { nullable: true, description: "That cluster, as it is now. Null once it is deleted." })
  readonly cluster!: Cluster | null;

  @Field(() => String, { nullable: true, description: "The namespace it happened in, if it did in one." })
  readonly namespace!: string | null;

  @Field(() => GraphQLDateTime, { description: "When it happened." })
  readonly timestamp!: Date;

  @Field(() => GraphQLJSONObject, { description: "What else is known, by event type; names are snake_case." })
  readonly payload!: Record<string, unknown>;
}

@ObjectType({ description: "What a reader has missed and cannot be given any more.", simpleResolvers: true })
export class StreamGap {
  @Field(() => GraphQLCursor, { description: "The reader's last cursor." })
  readonly from!: string;

  @Field(() => GraphQLCursor, { description: "The last missing item." })
  readonly to!: string;

  @Field(() => Int, {
    nullable: true,
    description: "How many items are missing, before any filter. Null where nobody knows.",
  })
  readonly count!: number | null;

  @Field(() => GapReason, { description: "Why they are missing." })
  readonly reason!: GapReason;
}

@ObjectType({ description: "An item of the event stream: an event, or a gap.", simpleResolvers: true })
export class EventItem {
  @Field(() => GraphQLCursor, { description: "Where to go on from, after a disconnect." })
  readonly cursor!: string;

  @Field(() => Event, { nullable: true, description: "The event, unless this is a gap." })
  readonly event!: Event | null;

  @Field(() => StreamGap, { nullable: true, description: "The gap, if this is one." })
  readonly gap!: StreamGap | null;
}

@ObjectType({ description: "A stretch of the event stream.", simpleResolvers: true })
export class EventConnection {
  @Field(() => [EventItem], { description: "Items, oldest first." })
  readonly items!: EventItem[];

  @Field(() => GraphQLCursor, { description: "Where to go on from." })
  readonly endCursor!: string;

  @Field(() => Boolean, { description: "Whether there is more after endCursor now." })
  readonly hasMore!: boolean;
}
