import type { Outbox } from "../../../prisma/outbox.ts";
import type { Job } from "../../shared/kernel/subgraph.ts";

/** Publishes what a writer could not: because it died after its commit, or because the bus was away. */
export const publishOutbox = (outbox: Outbox): Job => ({
  name: "clusters.publish-outbox",
  everyMs: 5000,
  run: () => outbox.flush(),
});
