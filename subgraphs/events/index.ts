import type { Platform } from "../platform.ts";
import { federatedSchema } from "../shared/kernel/federate.ts";
import type { Subgraph } from "../shared/kernel/subgraph.ts";
import type { EventsContext } from "./context.ts";
import { ActiveAlertRepository } from "./state/active-alert.repository.ts";
import { GpuNodeRepository } from "./state/gpu-node.repository.ts";
import { StateResolver } from "./state/state.resolver.ts";
import { StateService } from "./state/state.service.ts";
import { AlertChanged } from "./stream/alert-event.type.ts";
import { AnomalyDetected } from "./stream/anomaly-event.type.ts";
import { ClusterStatusChanged, FleetEvent } from "./stream/cluster-event.type.ts";
import { EventResolver } from "./stream/event.resolver.ts";
import { EventService } from "./stream/event.service.ts";
import { GPUHealthChanged, GPUUpdated } from "./stream/gpu-event.type.ts";
import { MetricUpdated } from "./stream/metric-event.type.ts";
import { ReportGenerated } from "./stream/report-event.type.ts";
import { RootCauseCompleted } from "./stream/root-cause-event.type.ts";
import { TraceReceived } from "./stream/trace-event.type.ts";
import { TypedEventResolver } from "./stream/typed-event.resolver.ts";
import { StreamingResolver } from "./streaming/streaming.resolver.ts";
import { StreamingService } from "./streaming/streaming.service.ts";

const KINDS = [
  FleetEvent,
  ClusterStatusChanged,
  AlertChanged,
  MetricUpdated,
  TraceReceived,
  GPUUpdated,
  GPUHealthChanged,
  AnomalyDetected,
  RootCauseCompleted,
  ReportGenerated,
];

/** Not what is told of GPUs and of whole traces, which are of no namespace, nor of what others made with more rights. */
const BY_NAMESPACE = `
  Query.eventHistory Query.streamingStatus Subscription.activeAlerts Subscription.alertChanged
  Subscription.anomalyDetected Subscription.clusterHealth Subscription.clusterStatusChanged Subscription.events
  Subscription.metricUpdated`;

/** Every event type, and the one general stream. Other subgraphs publish on the bus; what an event is about is joined. */
export const events: Subgraph<Platform> = {
  name: "events",

  schema: () =>
    federatedSchema({
      resolvers: [EventResolver, TypedEventResolver, StateResolver, StreamingResolver],
      orphanedTypes: KINDS,
      byNamespace: BY_NAMESPACE,
    }),

  start: async ({ bus, fleet, database, changes, config }) => {
    const service = new EventService(bus, fleet.directory);
    const state = new StateService({
      bus,
      directory: fleet.directory,
      alerts: new ActiveAlertRepository(database.prisma),
      gpuNodes: new GpuNodeRepository(database.prisma),
    });
    const streaming = new StreamingService(bus, changes);
    const retention = { count: config.AIOPS_EVENT_RETENTION_COUNT, ageMs: config.AIOPS_EVENT_RETENTION_MS };
    return { context: (operation): EventsContext => ({ operation, events: service, state, streaming, retention }) };
  },
};
