import type { Outbox } from "../../../prisma/outbox.ts";
import type { Job } from "../../shared/kernel/subgraph.ts";

/** Publishes what a writer could not: because it died after its commit, or because the bus was away. */
export const publishOutbox = (outbox: Outbox): Job => ({
  name: "clusters.publish-outbox",
  everyMs: 5000,
  // The outbox has a lock of its own; and a replica that died must not hold up what it left.
  onEveryReplica: true,
  run: () => outbox.flush(),
});
