import type { Registry } from "prom-client";
import type { Outbox } from "../../../prisma/outbox.ts";
import { gauge } from "../../shared/kernel/instruments.ts";
import type { Job } from "../../shared/kernel/subgraph.ts";

/** Publishes what a writer could not: because it died after its commit, or because the bus was away. */
export function publishOutbox(outbox: Outbox, registry: Registry): Job {
  gauge(
    registry,
    "aiops_outbox_events",
    "Events of durable changes that are not published yet, over all processes: take any one's. More than a few for longer than 10 s: Redis is away, or nobody publishes.",
    [],
    async () => [[{}, await outbox.waiting()]] as const,
  );
  return {
    name: "clusters.publish-outbox",
    everyMs: 5000,
    // The outbox has a lock of its own; and a replica that died must not hold up what it left.
    onEveryReplica: true,
    run: () => outbox.flush(),
  };
}
