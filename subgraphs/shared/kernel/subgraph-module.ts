import { type Class, federatedSchema, type ReferenceResolver } from "./federate.ts";
import type { Operation, RunningSubgraph, Subgraph } from "./subgraph.ts";

/** A part of a subgraph that stands by itself: its resolvers, and what they and its jobs work with. */
export interface SubgraphModule<Platform> {
  resolvers: readonly Class[];
  /** Types reachable only through an interface. */
  orphanedTypes?: readonly Class[];
  /** Of entities that several modules contribute to, the same function each time. */
  references?: Readonly<Record<string, ReferenceResolver>>;
  /** Its fields ("Query.alerts", "Cluster.pods") and references ("Pod") that tell who sees only some namespaces nothing of others. */
  byNamespace?: string;
  start(platform: Platform): Promise<RunningSubgraph>;
}

/**
 * A subgraph of modules, so that no file knows them all from inside. An operation's context is the modules' contexts put
 * together: each brings names of its own, and may ask (by type) for what another one brings.
 */
export const subgraphOf = <Platform>(
  name: string,
  modules: readonly SubgraphModule<Platform>[],
): Subgraph<Platform> => ({
  name,

  schema: () => {
    const [first, ...rest] = modules.flatMap(({ resolvers }) => resolvers);
    if (!first) throw new Error(`The subgraph "${name}" has no resolver.`);
    return federatedSchema({
      resolvers: [first, ...rest],
      orphanedTypes: modules.flatMap(({ orphanedTypes = [] }) => orphanedTypes),
      references: merged(modules.map(({ references = {} }) => references)),
      byNamespace: modules.map(({ byNamespace = "" }) => byNamespace).join(" "),
    });
  },

  start: async (platform) => {
    const running = await Promise.all(modules.map((module) => module.start(platform)));
    return {
      context: (operation: Operation) => merged(running.map((each) => each.context(operation))),
      jobs: running.flatMap(({ jobs = [] }) => jobs),
      routes: running.flatMap(({ routes = [] }) => routes),
      webRoutes: running.flatMap(({ webRoutes = [] }) => webRoutes),
      close: async () => {
        await Promise.all(running.map(async (each) => each.close?.()));
      },
    };
  },
});

const merged = <T extends object>(parts: readonly T[]): T => Object.assign({}, ...parts) as T;
