import { randomUUID } from "node:crypto";
import { getArgumentValues } from "graphql";
import type { EventBus } from "../../subgraphs/shared/kernel/bus/event-bus.ts";
import { follow } from "../../subgraphs/shared/kernel/bus/follow.ts";
import {
  GATEWAY_ANSWERS,
  GATEWAY_QUESTIONS,
  type GatewayAnswer,
  GatewayQuestion,
  MOST_STREAMS,
  type ToldStream,
} from "../../subgraphs/shared/kernel/bus/gateway-talk.ts";
import { CodedError } from "../../subgraphs/shared/kernel/errors.ts";
import type { Logger } from "../../subgraphs/shared/kernel/log.ts";
import type { LiveStream, Subscriptions } from "./subscriptions.ts";

export interface AnswersOptions {
  bus: EventBus;
  subscriptions: Subscriptions;
  sockets: () => number;
  log: Logger;
}

/** Answer what subgraphs ask of every gateway: who is connected, and that a stream be closed. @returns how to stop. */
export function answerQuestions(options: AnswersOptions): () => void {
  const { bus, log } = options;
  const gatewayId = randomUUID();
  return follow({
    bus,
    topic: GATEWAY_QUESTIONS,
    decode: (question) => GatewayQuestion.safeParse(question).data ?? null,
    heard: (question) => bus.publish(GATEWAY_ANSWERS, answerTo(question, gatewayId, options)),
    failed: (error) => log.warn({ err: error }, "the bus cannot be read; who is connected here is not told"),
  });
}

function answerTo(
  question: GatewayQuestion,
  gatewayId: string,
  { subscriptions, sockets }: AnswersOptions,
): GatewayAnswer {
  const own = [...subscriptions.streams.values()].filter(({ caller }) => caller.identity.tenant === question.tenant_id);
  const target = question.kind === "CLOSE" && own.find(({ stream }) => stream.id === question.subscription_id);
  if (target) target.stream.end(closedByAdmin());
  return {
    question_id: question.question_id,
    gateway_id: gatewayId,
    sockets: sockets(),
    ...subscriptions.counts,
    streams: question.kind === "LIST" ? own.slice(0, MOST_STREAMS).map(told) : [],
    closed: Boolean(target),
  };
}

function told({ stream, request, plan, caller }: LiveStream): ToldStream {
  const { sent, queued, startedOver } = stream.counts;
  const definition = plan.operation.schema.getSubscriptionType()?.getFields()[plan.root.name.value];
  // The variables were checked when it began.
  const { filter = {} } = (definition && getArgumentValues(definition, plan.root, request.variables)) as {
    filter?: { eventTypes?: string[]; clusterIds?: string[]; namespaces?: string[] } | null;
  };
  return {
    id: stream.id,
    client_id: caller.clientId,
    user: caller.identity.user,
    transport: caller.transport,
    field: plan.root.name.value,
    event_types: filter?.eventTypes ?? [],
    cluster_filter: filter?.clusterIds ?? [],
    namespace_filter: filter?.namespaces ?? [],
    created_at: stream.createdAt.toISOString(),
    sent,
    queued,
    started_over: startedOver,
  };
}

const closedByAdmin = (): CodedError => new CodedError("CANCELLED", "An administrator closed this subscription.");
