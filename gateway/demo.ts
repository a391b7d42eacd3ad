import { startControl } from "../demo/control.ts";
import { enrolFleet, withdrawDemo } from "../demo/enrol.ts";
import { startDemoFleet } from "../demo/fleet.ts";
import type { Identity } from "../subgraphs/shared/kernel/auth-context.ts";
import type { Config } from "../subgraphs/shared/kernel/config.ts";
import type { Lifecycle } from "../subgraphs/shared/kernel/lifecycle.ts";
import type { Logger } from "../subgraphs/shared/kernel/log.ts";
import { DEMO_HOST, mayAskDemo } from "./demo-host.ts";
import type { Gateway } from "./gateway.ts";

/** The demo is a client of the API like any other: it registers its clusters, and knows nothing of the inside. */
const DEMO: Identity = { user: "demo", groups: [], roles: ["admin"], tenant: "default", scope: null };
const DEFAULT_CLUSTERS = 5;
const CONCURRENCY = 8;

interface Options {
  config: Config;
  log: Logger;
  lifecycle: Lifecycle;
  gateway: Gateway;
}

/** Simulated clusters to look at, while the user has none of their own. */
export async function startDemo({ config, log, lifecycle, gateway }: Options): Promise<void> {
  const execute = (query: string, variables: Record<string, unknown>) => gateway.execute(query, variables, DEMO);
  const clusters = await wanted(config, execute);
  if (clusters === 0) {
    await withdrawDemo(execute);
    return;
  }
  const fleet = await startDemoFleet({ clusters, host: DEMO_HOST });
  lifecycle.onClose("demo fleet", () => fleet.close());
  const control = await controlOn(config.AIOPS_DEMO_CONTROL_PORT, (port) =>
    startControl(fleet, { host: DEMO_HOST, port }),
  );
  lifecycle.onClose("demo control", () => control.close());
  // Those of an earlier start keep their ids, and get their new addresses.
  await withdrawDemo(execute, { except: fleet.clusters.map(({ name }) => name) });
  await enrolFleet(fleet.clusters, execute, { concurrency: CONCURRENCY });
  log.info({ clusters }, "demo fleet enrolled");
  const [first] = fleet.clusters;
  console.log(`  Demo fleet     ${control.url}/  (${clusters} simulated clusters)

  To see one fail: curl -X POST ${control.url}/clusters/${first?.name}/prometheus/fault -H 'content-type: application/json' -d '{"fault":"refuse"}'
  And to heal it:  curl -X DELETE ${control.url}/clusters/${first?.name}/prometheus/fault
`);
}

/** On the usual port, or on any: the demo must not fail because another copy runs. */
const controlOn = <T>(port: number, start: (port: number) => Promise<T>): Promise<T> =>
  start(port).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EADDRINUSE") throw error;
    return start(0);
  });

type Execute = (query: string, variables: Record<string, unknown>) => ReturnType<Gateway["execute"]>;

async function wanted(config: Config, execute: Execute): Promise<number> {
  const { AIOPS_DEMO } = config;
  if (AIOPS_DEMO === "off") return 0;
  if (AIOPS_DEMO !== "auto") return AIOPS_DEMO;
  if (!mayAskDemo(config)) return 0;
  const { data } = await execute(`{ clusters(filter: { labelSelector: "demo!=true" }, pageSize: 1) { total } }`, {});
  const own = (data as { clusters: { total: number } } | null)?.clusters.total ?? 0;
  return own === 0 ? DEFAULT_CLUSTERS : 0;
}
