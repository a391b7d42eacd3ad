import type { GatewayAnswer } from "../../shared/kernel/bus/gateway-talk.ts";
import type { GatewayStreaming, LiveSubscriptions } from "./streaming.type.ts";

export const toLiveSubscriptions = (answers: readonly GatewayAnswer[]): LiveSubscriptions => ({
  gateways: answers.length,
  items: answers.flatMap(({ gateway_id: gatewayId, streams }) =>
    streams.map((stream) => ({
      id: stream.id,
      clientId: stream.client_id,
      user: stream.user,
      transport: stream.transport,
      field: stream.field,
      eventTypes: stream.event_types,
      clusterFilter: stream.cluster_filter,
      namespaceFilter: stream.namespace_filter,
      createdAt: new Date(stream.created_at),
      sent: stream.sent,
      queued: stream.queued,
      startedOver: stream.started_over,
      gatewayId,
    })),
  ),
});

export const toGateway = ({ gateway_id: id, sockets, clients, upstreams }: GatewayAnswer): GatewayStreaming => ({
  id,
  sockets,
  clients,
  upstreams,
});
