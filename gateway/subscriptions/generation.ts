import { type Schema, Supergraph } from "@apollo/federation-internals";
import { QueryPlanner } from "@apollo/query-planner";
import type { GraphQLSchema } from "graphql";
import type { LRUCache } from "lru-cache";
import { textCache } from "../../subgraphs/shared/kernel/text-cache.ts";
import type { SubgraphDataSource } from "../data-sources/data-source.ts";
import type { SubscriptionPlan } from "./plan.ts";

/** Of subscriptions whose plans are kept, in characters. */
const MOST_CHARACTERS = 300_000;

/** All that subscriptions need of one supergraph, never changed: an event and the plan that reads it are of one generation. */
export interface Generation {
  supergraph: Supergraph;
  /** What clients see, for validation and result shaping; in graphql-js's and in federation's terms. */
  apiSchema: GraphQLSchema;
  api: Schema;
  supergraphSchema: GraphQLSchema;
  planner: QueryPlanner;
  sources: Readonly<Record<string, SubgraphDataSource>>;
  plans: LRUCache<string, SubscriptionPlan>;
}

export function createGeneration(options: {
  sdl: string;
  apiSchema: GraphQLSchema;
  sources: Readonly<Record<string, SubgraphDataSource>>;
}): Generation {
  const supergraph = Supergraph.build(options.sdl, { validateSupergraph: false });
  return {
    supergraph,
    apiSchema: options.apiSchema,
    api: supergraph.apiSchema(),
    supergraphSchema: supergraph.schema.toGraphQLJSSchema(),
    planner: new QueryPlanner(supergraph),
    sources: options.sources,
    plans: textCache(MOST_CHARACTERS),
  };
}
