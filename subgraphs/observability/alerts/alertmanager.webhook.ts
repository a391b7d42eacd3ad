import type { Schedule } from "../../shared/fleet/schedule.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import { CodedError, type ErrorCode } from "../../shared/kernel/errors.ts";
import type { Logger } from "../../shared/kernel/log.ts";
import { storageFailure } from "../../shared/kernel/storage-failures.ts";
import type { Route, RouteAnswer, RouteRequest } from "../../shared/kernel/subgraph.ts";
import { notifiedWord } from "./alert-word.mapper.ts";
import type { DeliveryService } from "./delivery.service.ts";
import { type Notification, NotificationBody } from "./notification.mapper.ts";
import type { TokenOwner } from "./webhook-token.repository.ts";
import { WEBHOOK_PATH, type WebhookTokenService } from "./webhook-token.service.ts";

/** A group of ten thousand alerts is some ten of them. */
export const MAX_NOTIFICATION_BYTES = 32 * 1024 * 1024;

interface Dependencies {
  tokens: WebhookTokenService;
  deliveries: DeliveryService;
  schedule: Schedule;
  clock: Clock;
  log: Logger;
}

/**
 * Where Alertmanagers post their notifications. Alertmanager sends one again only after a 5xx, and forgets it after a 4xx: so a
 * 2xx comes once it is durable, a 503 for whatever may pass, and a 4xx only for what would be refused again.
 */
export function alertmanagerWebhook({ tokens, deliveries, schedule, clock, log }: Dependencies): Route {
  async function take(owner: TokenOwner, request: RouteRequest): Promise<RouteAnswer> {
    const cluster = { id: owner.clusterId, tenantId: owner.tenantId };
    const leave = deliveries.admit(
      cluster.id,
      Math.min(request.bytes ?? MAX_NOTIFICATION_BYTES, MAX_NOTIFICATION_BYTES),
    );
    if (!leave) return later("LIMIT_EXCEEDED", "Too many notifications wait to be written.");
    try {
      const { alerts, truncated } = read(await request.body(MAX_NOTIFICATION_BYTES));
      await deliveries.deliver(cluster, alerts.map(notifiedWord));
      // What was left out of it, its Alertmanager has all the same.
      if (truncated > 0) await schedule.hurry(cluster.id, clock.now());
      await tokens.used(owner);
      return { status: 200, body: { alerts: alerts.length } };
    } finally {
      leave();
    }
  }

  return {
    method: "POST",
    path: `${WEBHOOK_PATH}/:token`,
    handler: async (request) => {
      try {
        const owner = await tokens.owner(request.params["token"] ?? "");
        return owner ? await take(owner, request) : refusal(401, "UNAUTHENTICATED", "No such webhook.");
      } catch (error) {
        if (error instanceof CodedError && error.code === "LIMIT_EXCEEDED")
          return refusal(413, error.code, error.message);
        if (error instanceof CodedError && error.code === "BAD_USER_INPUT")
          return refusal(400, error.code, error.message);
        log.warn({ err: error, requestId: request.requestId }, "a notification was not written");
        return later(storageFailure(error)?.code ?? "INTERNAL_SERVER_ERROR", "It was not written.");
      }
    },
  };
}

/** @throws BAD_USER_INPUT for what is no notification. */
function read(body: string): Notification {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    throw new CodedError("BAD_USER_INPUT", "The body is not JSON.");
  }
  const parsed = NotificationBody.safeParse(json);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues
    .slice(0, 3)
    .map(({ path, message }) => `${path.map(String).join(".")}: ${message}`);
  throw new CodedError("BAD_USER_INPUT", `Not a notification of version 4: ${problems.join("; ")}`);
}

const refusal = (status: number, code: ErrorCode, message: string): RouteAnswer => ({
  status,
  body: { error: { code, message } },
});

const later = (code: ErrorCode, message: string): RouteAnswer => refusal(503, code, `${message} Send it again.`);
