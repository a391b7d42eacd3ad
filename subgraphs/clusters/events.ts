import { randomUUID } from "node:crypto";
import type { EventBus } from "../shared/kernel/bus/event-bus.ts";
import { type BusEvent, EVENTS, type EventType } from "../shared/kernel/bus/events.ts";
import type { Clock } from "../shared/kernel/clock.ts";

/** Publishes what happened to a cluster; called only once the write is durable. */
export class ClusterEvents {
  readonly #bus: EventBus;
  readonly #clock: Clock;

  constructor(bus: EventBus, clock: Clock) {
    this.#bus = bus;
    this.#clock = clock;
  }

  async publish(
    type: EventType,
    cluster: { id: string; tenantId: string },
    payload: Record<string, unknown> = {},
  ): Promise<void> {
    const event: BusEvent = {
      event_id: randomUUID(),
      event_type: type,
      tenant_id: cluster.tenantId,
      cluster_id: cluster.id,
      namespace: null,
      timestamp: this.#clock.now().toISOString(),
      payload,
    };
    await this.#bus.publish(EVENTS, event);
  }
}
