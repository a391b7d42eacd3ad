import { SUBGRAPHS } from "../../subgraphs/index.ts";
import type { Deployment } from "./deployment.ts";

/** Something that breaks, and is there again. */
export interface Fault {
  name: string;
  /** How long it lasts, where that matters. */
  awayMs?: number;
  begin(): Promise<void>;
  /** Resolves once what broke runs again. */
  end(): Promise<void>;
}

/** Each part of a deployment, one after another. */
export function faultsOf(deployment: Deployment): Fault[] {
  const { redis, postgresql } = deployment;
  const parts = (name: string, signal: NodeJS.Signals, ...ids: string[]): Fault => ({
    name,
    begin: async () => void (await Promise.all(ids.map((id) => deployment.part(id).stop(signal)))),
    end: async () => void (await Promise.all(ids.map((id) => deployment.part(id).start()))),
  });
  const names = SUBGRAPHS.map(({ subgraph }) => subgraph.name);
  return [
    {
      // Whoever follows the events has to be told.
      name: "Redis is lost, and comes back empty",
      begin: async () => {
        await redis.command("FLUSHALL");
        await redis.kill();
      },
      end: () => redis.start(),
    },
    // For longer than anybody waits for it.
    { name: "Redis is killed", awayMs: 6000, begin: () => redis.kill(), end: () => redis.start() },
    { name: "PostgreSQL is killed", begin: () => postgresql.kill(), end: () => postgresql.start() },
    parts("a gateway is killed", "SIGKILL", "gateway-0"),
    ...names.map((name) => parts(`one of ${name} is killed`, "SIGKILL", `${name}-0`)),
    parts("both of clusters are killed", "SIGKILL", "clusters-0", "clusters-1"),
    parts("one of each is replaced in good order", "SIGTERM", "gateway-0", ...names.map((name) => `${name}-0`)),
  ];
}
