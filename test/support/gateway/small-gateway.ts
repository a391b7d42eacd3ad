import { onTestFinished } from "vitest";
import { inProcessDataSource } from "../../../gateway/data-sources/in-process.ts";
import { remoteDataSource } from "../../../gateway/data-sources/remote.ts";
import { type GatewayOptions, startGateway } from "../../../gateway/gateway.ts";
import type { SupergraphSource } from "../../../gateway/supergraph.ts";
import { type Config, readConfig } from "../../../subgraphs/shared/kernel/config.ts";
import { serveSubgraph } from "../../../subgraphs/shared/kernel/subgraph-server.ts";
import { log, smallFleet, tokens } from "./small-fleet.ts";

export const MODES = ["in process", "over HTTP"] as const;
export type Mode = (typeof MODES)[number];

/** The small fleet behind a gateway, both gone when the test is. */
export async function startSmallGateway(
  options: { mode?: Mode; config?: Partial<Config>; readiness?: GatewayOptions["readiness"] } = {},
) {
  const { mode = "in process" } = options;
  const fleet = smallFleet();
  const servers = mode === "over HTTP" ? await serveAll(fleet) : new Map<string, Server>();
  const urls = Object.fromEntries([...servers].map(([name, { url }]) => [name, url]));
  const source = switchable(fleet.supergraph({ urls }));
  const gateway = await startGateway({
    config: {
      ...readConfig({ PORT: "0", AIOPS_SHUTDOWN_GRACE_MS: "5000" }),
      ...options.config,
    },
    log,
    supergraph: source,
    dataSource: (name, url) => {
      const executor = fleet.executors.get(name);
      if (!executor) throw new Error(`no ${name}`);
      return mode === "in process"
        ? inProcessDataSource({ executor, tokens })
        : remoteDataSource({ name, url, tokens, log, keepAliveMs: 200 });
    },
    readiness: options.readiness ?? (async () => ({ store: "ok" })),
  });
  onTestFinished(async () => {
    await gateway.close();
    await Promise.all([...servers.values()].map((server) => server.close()));
  });
  return {
    fleet,
    gateway,
    servers,
    /** Replace the supergraph. */
    reload: (change: { events?: string } = {}) => source.change(fleet.supergraph({ urls, ...change })),
    replaceBy: (sdl: string) => source.change(sdl),
  };
}

type Server = Awaited<ReturnType<typeof serveSubgraph>>;

async function serveAll(fleet: ReturnType<typeof smallFleet>): Promise<Map<string, Server>> {
  const servers = await Promise.all(
    [...fleet.executors].map(async ([name, executor]) => {
      const server = await serveSubgraph({
        name,
        executor,
        host: "127.0.0.1",
        port: 0,
        log,
        readiness: async () => ({}),
        graceMs: 1000,
      });
      return [name, server] as const;
    }),
  );
  return new Map(servers);
}

function switchable(sdl: string): SupergraphSource & { change(sdl: string): void } {
  let listener: (sdl: string) => void = () => {};
  return {
    change: (next) => listener(next),
    async load(onChange) {
      listener = onChange;
      return { sdl, origin: "test", close: async () => {} };
    },
  };
}
