import { enrolFleet } from "../../demo/enrol.ts";
import { type DemoFleet, type DemoFleetOptions, startDemoFleet } from "../../demo/fleet.ts";
import type { Identity } from "../../subgraphs/shared/kernel/auth-context.ts";
import type { TestGraph } from "./graph.ts";

export const ADMIN: Identity = { user: "test", groups: [], roles: ["admin"], tenant: "default", scope: null };

/** A demo fleet, registered through the API. */
export async function enrolledFleet(graph: TestGraph, options: DemoFleetOptions): Promise<DemoFleet> {
  const fleet = await startDemoFleet(options);
  await enrolFleet(fleet.clusters, (query, variables) => graph.gateway.execute(query, variables, ADMIN), {
    concurrency: 8,
  });
  fleet.resetRequests();
  return fleet;
}
