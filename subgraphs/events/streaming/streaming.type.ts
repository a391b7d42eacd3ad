import { Field, Int, ObjectType, registerEnumType } from "../../shared/kernel/graphql.ts";
import { GraphQLCursor, GraphQLDateTime, GraphQLDuration, GraphQLUUID } from "../../shared/kernel/scalars.ts";

export const StreamTransport = { WEBSOCKET: "WEBSOCKET", SSE: "SSE", MULTIPART: "MULTIPART" } as const;
export type StreamTransport = (typeof StreamTransport)[keyof typeof StreamTransport];
registerEnumType(StreamTransport, {
  name: "StreamTransport",
  description: "How a client receives its stream.",
  valuesConfig: {
    WEBSOCKET: { description: "graphql-ws: several streams on one socket." },
    SSE: { description: "Server-sent events: a request each." },
    MULTIPART: { description: "Apollo's multipart protocol: a request each." },
  },
});

@ObjectType({ description: "One client's live subscription.", simpleResolvers: true })
export class LiveSubscription {
  @Field(() => GraphQLUUID, { description: "Unique identifier." })
  readonly id!: string;

  @Field(() => String, { description: "The client's connection; several subscriptions may share it." })
  readonly clientId!: string;

  @Field(() => String, { description: "Who is subscribed." })
  readonly user!: string;

  @Field(() => StreamTransport, { description: "How it is delivered." })
  readonly transport!: StreamTransport;

  @Field(() => String, { description: "The subscription field that it follows." })
  readonly field!: string;

  @Field(() => [String], { description: "Event types it asks for; all where empty." })
  readonly eventTypes!: string[];

  @Field(() => [GraphQLUUID], { description: "Clusters it asks for; all where empty." })
  readonly clusterFilter!: string[];

  @Field(() => [String], { description: "Namespaces it asks for; all where empty." })
  readonly namespaceFilter!: string[];

  @Field(() => GraphQLDateTime, { description: "Since when." })
  readonly createdAt!: Date;

  @Field(() => Int, { description: "Results given out." })
  readonly sent!: number;

  @Field(() => Int, { description: "Results that wait for the client to read: how far it lags." })
  readonly queued!: number;

  @Field(() => Int, { description: "How often it read too slowly and was given the state anew." })
  readonly startedOver!: number;

  @Field(() => GraphQLUUID, { description: "The gateway it is connected to." })
  readonly gatewayId!: string;
}

@ObjectType({ description: "Who is subscribed, as the gateways tell it.", simpleResolvers: true })
export class LiveSubscriptions {
  @Field(() => [LiveSubscription], { description: "Up to 1,000 of each gateway, oldest first." })
  readonly items!: LiveSubscription[];

  @Field(() => Int, { description: "Gateways that answered within half a second." })
  readonly gateways!: number;
}

@ObjectType({ description: "One gateway's streams.", simpleResolvers: true })
export class GatewayStreaming {
  @Field(() => GraphQLUUID, { description: "The gateway, from its start to its end." })
  readonly id!: string;

  @Field(() => Int, { description: "Open WebSocket connections." })
  readonly sockets!: number;

  @Field(() => Int, { description: "Clients' subscriptions." })
  readonly clients!: number;

  @Field(() => Int, { description: "Streams to subgraphs that they share." })
  readonly upstreams!: number;
}

@ObjectType({ description: "How streaming stands.", simpleResolvers: true })
export class StreamingStatus {
  @Field(() => GraphQLCursor, { description: "The newest event's cursor." })
  readonly head!: string;

  @Field(() => GraphQLDuration, { description: "For how long events are kept." })
  readonly retention!: string;

  @Field(() => Int, { description: "How many events are kept, at most." })
  readonly retentionCount!: number;

  @Field(() => [GatewayStreaming], { description: "Gateways that answered within half a second." })
  readonly gateways!: GatewayStreaming[];
}
