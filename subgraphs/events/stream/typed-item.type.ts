import { Field, ObjectType } from "../../shared/kernel/graphql.ts";
import { GraphQLCursor } from "../../shared/kernel/scalars.ts";
import { AlertChanged } from "./alert-event.type.ts";
import { AnomalyDetected } from "./anomaly-event.type.ts";
import { ClusterStatusChanged } from "./cluster-event.type.ts";
import { type Event, StreamGap } from "./event.type.ts";
import { GPUHealthChanged, GPUUpdated } from "./gpu-event.type.ts";
import { MetricUpdated } from "./metric-event.type.ts";
import { ReportGenerated } from "./report-event.type.ts";
import { RootCauseCompleted } from "./root-cause-event.type.ts";
import { TraceReceived } from "./trace-event.type.ts";

/** An item of a stream of one type of event, so that its fields need no fragment. */
interface TypedItem<E> {
  cursor: string;
  event: E | null;
  gap: StreamGap | null;
}

function itemType<E extends Event>(name: string, event: () => new () => E): new () => TypedItem<E> {
  @ObjectType(name, { description: "An item of the stream: an event, or a gap.", simpleResolvers: true })
  class Item implements TypedItem<E> {
    @Field(() => GraphQLCursor, { description: "Where to go on from, after a disconnect." })
    readonly cursor!: string;

    @Field(event, { nullable: true, description: "The event, unless this is a gap." })
    readonly event!: E | null;

    @Field(() => StreamGap, { nullable: true, description: "The gap, if this is one." })
    readonly gap!: StreamGap | null;
  }
  return Item;
}

export const ClusterStatusItem = itemType("ClusterStatusItem", () => ClusterStatusChanged);
export const AlertItem = itemType("AlertItem", () => AlertChanged);
export const MetricItem = itemType("MetricItem", () => MetricUpdated);
export const TraceItem = itemType("TraceItem", () => TraceReceived);
export const GPUItem = itemType("GPUItem", () => GPUUpdated);
export const GPUHealthItem = itemType("GPUHealthItem", () => GPUHealthChanged);
export const AnomalyItem = itemType("AnomalyItem", () => AnomalyDetected);
export const RootCauseItem = itemType("RootCauseItem", () => RootCauseCompleted);
export const ReportItem = itemType("ReportItem", () => ReportGenerated);
