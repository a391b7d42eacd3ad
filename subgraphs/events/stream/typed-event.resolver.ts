import type { BusEvent, EventType } from "../../shared/kernel/bus/events.ts";
import type { Reading } from "../../shared/kernel/bus/reader.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import { Arg, Resolver, Root, Subscription } from "../../shared/kernel/graphql.ts";
import { GraphQLCursor } from "../../shared/kernel/scalars.ts";
import { check } from "../../shared/kernel/validation.ts";
import type { EventsContext } from "../context.ts";
import { EventFilterInput } from "./event.input.ts";
import { toTypedItem } from "./event.mapper.ts";
import {
  AlertItem,
  AnomalyItem,
  ClusterStatusItem,
  GPUHealthItem,
  GPUItem,
  MetricItem,
  ReportItem,
  RootCauseItem,
  TraceItem,
} from "./typed-item.type.ts";

/** What is said of both arguments, wherever they stand. */
const FILTER = { nullable: true, description: "Which of them; all unless given. Without eventTypes." } as const;
const AFTER = { nullable: true, description: "The last cursor seen; only what is to come unless given." } as const;
const filterInput = () => EventFilterInput;
const cursor = () => GraphQLCursor;

interface StreamArgs {
  filter?: EventFilterInput | null;
  after?: string | null;
}

/** The general stream, of these types. type-graphql hands `subscribe` the raw arguments: the rules are checked here. */
const only = (...eventTypes: EventType[]) =>
  (({ args, context }: { args: StreamArgs; context: EventsContext }) => {
    const filter = args.filter ?? {};
    check(EventFilterInput.rules, filter);
    if (filter.eventTypes?.length) {
      throw new CodedError(
        "BAD_USER_INPUT",
        "filter.eventTypes: this stream is of one kind; leave it out, or use events.",
        {
          fields: ["filter.eventTypes"],
        },
      );
    }
    return context.events.stream(context.operation, { ...filter, eventTypes }, args.after ?? null);
  }) as never;

/** The event stream by type: what `events` has, with the type's own fields at hand. */
@Resolver()
export class TypedEventResolver {
  @Subscription(() => ClusterStatusItem, {
    description: "Clusters whose state changes, as it happens.",
    subscribe: only("CLUSTER_STATUS_CHANGED"),
  })
  clusterStatusChanged(
    @Root() reading: Reading<BusEvent>,
    @Arg("filter", filterInput, FILTER) _filter?: EventFilterInput,
    @Arg("after", cursor, AFTER) _after?: string,
  ): InstanceType<typeof ClusterStatusItem> {
    return toTypedItem(reading);
  }

  @Subscription(() => AlertItem, {
    description: "Alerts that begin to fire or end, as it happens.",
    subscribe: only("ALERT_FIRED", "ALERT_RESOLVED"),
  })
  alertChanged(
    @Root() reading: Reading<BusEvent>,
    @Arg("filter", filterInput, FILTER) _filter?: EventFilterInput,
    @Arg("after", cursor, AFTER) _after?: string,
  ): InstanceType<typeof AlertItem> {
    return toTypedItem(reading);
  }

  @Subscription(() => MetricItem, {
    description: "Values of watched metrics that are worth telling (createMetricWatch), as they are found.",
    subscribe: only("METRIC_UPDATE"),
  })
  metricUpdated(
    @Root() reading: Reading<BusEvent>,
    @Arg("filter", filterInput, FILTER) _filter?: EventFilterInput,
    @Arg("after", cursor, AFTER) _after?: string,
  ): InstanceType<typeof MetricItem> {
    return toTypedItem(reading);
  }

  @Subscription(() => TraceItem, {
    description: "Traces with errors, as they are found.",
    subscribe: only("TRACE_RECEIVED"),
  })
  traceReceived(
    @Root() reading: Reading<BusEvent>,
    @Arg("filter", filterInput, FILTER) _filter?: EventFilterInput,
    @Arg("after", cursor, AFTER) _after?: string,
  ): InstanceType<typeof TraceItem> {
    return toTypedItem(reading);
  }

  @Subscription(() => GPUItem, {
    description: "GPUs whose readings change, by node, as it is found.",
    subscribe: only("GPU_UPDATE"),
  })
  gpuUpdated(
    @Root() reading: Reading<BusEvent>,
    @Arg("filter", filterInput, FILTER) _filter?: EventFilterInput,
    @Arg("after", cursor, AFTER) _after?: string,
  ): InstanceType<typeof GPUItem> {
    return toTypedItem(reading);
  }

  @Subscription(() => GPUHealthItem, {
    description: "GPUs that have trouble or have it no more, as it is found.",
    subscribe: only("GPU_HEALTH"),
  })
  gpuHealthChanged(
    @Root() reading: Reading<BusEvent>,
    @Arg("filter", filterInput, FILTER) _filter?: EventFilterInput,
    @Arg("after", cursor, AFTER) _after?: string,
  ): InstanceType<typeof GPUHealthItem> {
    return toTypedItem(reading);
  }

  @Subscription(() => AnomalyItem, {
    description: "Anomalies that are found in metrics, as it happens.",
    subscribe: only("ANOMALY_DETECTED"),
  })
  anomalyDetected(
    @Root() reading: Reading<BusEvent>,
    @Arg("filter", filterInput, FILTER) _filter?: EventFilterInput,
    @Arg("after", cursor, AFTER) _after?: string,
  ): InstanceType<typeof AnomalyItem> {
    return toTypedItem(reading);
  }

  @Subscription(() => RootCauseItem, {
    description: "Root cause analyses that are done. Somebody's own are for them and for administrators only.",
    subscribe: only("RCA_COMPLETE"),
  })
  rootCauseCompleted(
    @Root() reading: Reading<BusEvent>,
    @Arg("filter", filterInput, FILTER) _filter?: EventFilterInput,
    @Arg("after", cursor, AFTER) _after?: string,
  ): InstanceType<typeof RootCauseItem> {
    return toTypedItem(reading);
  }

  @Subscription(() => ReportItem, {
    description: "Reports that are done. Somebody's own are for them and for administrators only.",
    subscribe: only("REPORT_GENERATED"),
  })
  reportGenerated(
    @Root() reading: Reading<BusEvent>,
    @Arg("filter", filterInput, FILTER) _filter?: EventFilterInput,
    @Arg("after", cursor, AFTER) _after?: string,
  ): InstanceType<typeof ReportItem> {
    return toTypedItem(reading);
  }
}
