import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { startControl } from "./control.ts";
import { type Execute, enrolFleet } from "./enrol.ts";
import { type DemoFleetOptions, startDemoFleet } from "./fleet.ts";

const RETRY_AFTER_MS = 2000;
const REQUEST_TIMEOUT_MS = 30_000;

const port = (otherwise: number) => z.coerce.number().int().min(0).max(65_535).default(otherwise);
const environment = z.object({
  AIOPS_DEMO: z.coerce.number().int().min(1).max(4000).default(5),
  AIOPS_DEMO_HOST: z.string().min(1).default("127.0.0.1"),
  AIOPS_DEMO_ADVERTISE_HOST: z.string().min(1).optional(),
  AIOPS_DEMO_BASE_PORT: port(20_000),
  AIOPS_DEMO_CONTROL_PORT: port(4080),
  AIOPS_DEMO_LATENCY_MS: z.coerce.number().min(0).default(0),
  AIOPS_GATEWAY_URL: z.url({ protocol: /^https?$/ }).optional(),
  AIOPS_TOKEN: z.string().min(1).optional(),
});
type Environment = z.infer<typeof environment>;

const operationResult = z.object({
  data: z.unknown(),
  errors: z.array(z.object({ message: z.string() })).optional(),
});

/** GraphQL over HTTP against the gateway. */
function remoteExecute(url: string, token: string | undefined, signal: AbortSignal): Execute {
  return async (query, variables) => {
    const response = await fetch(url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json",
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({ query, variables }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
    });
    const { data, errors } = operationResult.parse(await response.json());
    return errors === undefined ? { data } : { data, errors };
  };
}

function readEnvironment(): Environment | undefined {
  // An empty variable is an unset one: compose files write them so.
  const given = Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== ""));
  const parsed = environment.safeParse(given);
  if (parsed.success) return parsed.data;
  for (const { path, message } of parsed.error.issues) console.error(`${path.join(".")}: ${message}`);
  return undefined;
}

function fleetOptions(env: Environment): DemoFleetOptions {
  const advertiseHost = env.AIOPS_DEMO_ADVERTISE_HOST;
  return {
    clusters: env.AIOPS_DEMO,
    host: env.AIOPS_DEMO_HOST,
    basePort: env.AIOPS_DEMO_BASE_PORT,
    latencyMs: env.AIOPS_DEMO_LATENCY_MS,
    ...(advertiseHost === undefined ? {} : { advertiseHost }),
  };
}

/** Resolves when a signal asks the process to end, or the parent that forked it is gone. */
function stopRequested(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve());
    if (process.send !== undefined) process.once("disconnect", () => resolve());
  });
}

async function main(env: Environment): Promise<void> {
  const stop = stopRequested();
  const fleet = await startDemoFleet(fleetOptions(env));
  const control = await startControl(fleet, { host: env.AIOPS_DEMO_HOST, port: env.AIOPS_DEMO_CONTROL_PORT });
  console.log(`Demo fleet of ${fleet.clusters.length} clusters; break one at ${control.url}/`);
  for (const { name, apiServerUrl, prometheusUrl } of fleet.clusters.slice(0, 10)) {
    console.log(`  ${name.padEnd(20)} ${apiServerUrl}  ${prometheusUrl}`);
  }
  process.send?.({ clusters: fleet.clusters, controlUrl: control.url });

  const ending = new AbortController();
  const enrolling = env.AIOPS_GATEWAY_URL === undefined ? undefined : enrolUntilDone(env.AIOPS_GATEWAY_URL);
  await stop;
  ending.abort();
  await enrolling;
  await Promise.all([fleet.close(), control.close()]);
  if (process.connected) process.disconnect();

  async function enrolUntilDone(url: string): Promise<void> {
    const execute = remoteExecute(url, env.AIOPS_TOKEN, ending.signal);
    for (let said = ""; !ending.signal.aborted; ) {
      try {
        await enrolFleet(fleet.clusters, execute);
        console.log(`Enrolled at ${url}`);
        return;
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        // The same reason is told once: a gateway that starts takes many tries.
        if (message !== said && !ending.signal.aborted) console.error(`Not enrolled yet: ${message}`);
        said = message;
        await sleep(RETRY_AFTER_MS, undefined, { signal: ending.signal }).catch(() => undefined);
      }
    }
  }
}

const env = readEnvironment();
if (env === undefined) process.exitCode = 1;
else await main(env);
