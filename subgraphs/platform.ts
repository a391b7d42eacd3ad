import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Registry } from "prom-client";
import { type Database, openDatabase } from "../prisma/client.ts";
import { migrate } from "../prisma/migrate.ts";
import { Outbox } from "../prisma/outbox.ts";
import { Changes } from "./shared/fleet/changes.ts";
import { type Fleet, openFleet } from "./shared/fleet/index.ts";
import { type EncryptionKey, Vault } from "./shared/fleet/vault.ts";
import type { EventBus } from "./shared/kernel/bus/event-bus.ts";
import { openBus } from "./shared/kernel/bus/open-bus.ts";
import { type Clock, systemClock } from "./shared/kernel/clock.ts";
import type { Config } from "./shared/kernel/config.ts";
import type { Graph } from "./shared/kernel/graph.ts";
import { type Probes, statesOf } from "./shared/kernel/health-report.ts";
import type { Lifecycle } from "./shared/kernel/lifecycle.ts";
import type { Logger } from "./shared/kernel/log.ts";
import { LanguageModels } from "./shared/upstreams/llm/language-models.ts";

/** What a process lends to its subgraphs: everything that varies between runs, opened once. */
export interface Platform {
  config: Config;
  log: Logger;
  clock: Clock;
  database: Database;
  bus: EventBus;
  /** Events whose write is durable, on their way to the bus. */
  outbox: Outbox;
  /** How what is kept is changed: the write, its audit entry and its events in one transaction. */
  changes: Changes;
  vault: Vault;
  fleet: Fleet;
  /** Checks every URL that a user gives, before it is stored and again when it is connected to. */
  guard: Fleet["guard"];
  /** The whole graph, through the gateway: how one subgraph asks for what others own. */
  graph: Graph;
  /** The language models that are configured; none is a state of its own. */
  models: LanguageModels;
  /** What this process counts, for /metrics. Labels never name a user, a cluster or anything else that they made. */
  registry: Registry;
  /** Its components. */
  probes: Probes;
  /** Each component's state: "ok", or what is wrong. */
  readiness(): Promise<Record<string, string>>;
}

/**
 * @param loopbackOnly whether nobody can ask this deployment from another machine. Only a process that is the whole of it can
 * tell: a subgraph on loopback may serve a gateway that listens to the world.
 */
export async function openPlatform(
  config: Config,
  log: Logger,
  lifecycle: Lifecycle,
  { loopbackOnly, graph }: { loopbackOnly: boolean; graph: Graph },
): Promise<Platform> {
  const clock = systemClock;
  const registry = new Registry();
  const database = await openDatabase({
    url: config.DATABASE_URL,
    dataDir: config.DATA_DIR,
    poolSize: config.AIOPS_DATABASE_CONNECTIONS,
    log: (message, fields) => log.warn(fields ?? {}, message),
  });
  lifecycle.onClose("database", () => database.close());
  const { applied } = await migrate(database);
  if (applied.length > 0) log.info({ applied }, "database migrated");

  const bus = await openBus(config, log, clock);
  lifecycle.onClose("bus", () => bus.close());
  const outbox = new Outbox(database.prisma, (topic, event, id) => bus.publish(topic, event, id));
  const changes = new Changes({ prisma: database.prisma, outbox, clock, log });
  const vault = new Vault(config.AIOPS_ENCRYPTION_KEYS ?? [await localKey(config.DATA_DIR)]);
  const fleet = openFleet({
    prisma: database.prisma,
    vault,
    rules: { loopbackOnly, allow: config.AIOPS_TARGET_ALLOW },
    secrets: { kubeconfigFile: config.AIOPS_SECRETS_KUBECONFIG, namespaces: config.AIOPS_SECRETS_NAMESPACES },
    restMs: config.AIOPS_UPSTREAM_REST_MS,
    registry,
  });
  lifecycle.onClose("fleet", () => fleet.close());
  const models = new LanguageModels(config.AIOPS_LLM_MODELS, registry);
  const probes = { database: () => state(database), bus: () => state(bus) };
  const shared = { database, bus, outbox, changes, vault, fleet, guard: fleet.guard, graph, models };
  return { config, log, clock, registry, ...shared, probes, readiness: () => statesOf(probes) };
}

const state = (component: { ping(): Promise<void> }): Promise<string> =>
  component.ping().then(
    () => "ok",
    () => "unreachable",
  );

/** The newcomer's key: made once, kept beside the embedded database, readable by this user alone. */
async function localKey(dataDir: string): Promise<EncryptionKey> {
  const file = join(dataDir, "encryption.key");
  try {
    return { id: "local", key: Buffer.from(await readFile(file, "utf8"), "base64") };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const key = randomBytes(32);
  await mkdir(dataDir, { recursive: true });
  await writeFile(file, key.toString("base64"), { mode: 0o600, flag: "wx" });
  return { id: "local", key };
}
