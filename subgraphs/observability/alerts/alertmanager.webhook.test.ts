import { expect, it } from "vitest";
import { createLogger } from "../../shared/kernel/log.ts";
import type { RouteAnswer } from "../../shared/kernel/subgraph.ts";
import { alertmanagerWebhook } from "./alertmanager.webhook.ts";
import { DeliveryService } from "./delivery.service.ts";

const NOTIFICATION = JSON.stringify({ version: "4", alerts: [] });
const LIMITS = { clusterBytes: 8192, bytes: 8192, writers: 1 };

/** What a notification of so many bytes is answered, where writing it fails so. */
async function answered(failure: Error, bytes = NOTIFICATION.length): Promise<RouteAnswer> {
  const route = alertmanagerWebhook({
    tokens: { owner: () => Promise.resolve({ clusterId: "a", tenantId: "default" }) } as never,
    deliveries: new DeliveryService({ notified: () => Promise.reject(failure) }, LIMITS),
    schedule: {} as never,
    clock: {} as never,
    log: createLogger({ level: "silent", name: "test" }),
  });
  const body = (): Promise<string> => Promise.resolve(NOTIFICATION);
  return await route.handler({ params: { token: "t" }, requestId: "r", bytes, body });
}

it.each([
  ["there is no room for it", new Error("never met"), 10_000, "LIMIT_EXCEEDED"],
  ["the database is away", new Error("Connection terminated unexpectedly"), 100, "STORAGE_UNAVAILABLE"],
  ["something is wrong here", new Error("a bug"), 100, "INTERNAL_SERVER_ERROR"],
])("is to be sent again where %s, and says so by its code", async (_, failure, bytes, code) => {
  const { status, body } = await answered(failure, bytes);
  expect([status, body]).toMatchObject([503, { error: { code, message: expect.stringContaining("Send it again.") } }]);
});
