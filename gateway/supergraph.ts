import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Supergraph } from "@apollo/federation-internals";
import { QueryPlanner } from "@apollo/query-planner";
import { print } from "graphql";
import { packageRoot } from "../subgraphs/shared/kernel/package-root.ts";
import type { composeSupergraph } from "./composition.ts";

/** A supergraph, and where it is from, for people. */
export interface LoadedSupergraph {
  sdl: string;
  origin: string;
  close: () => Promise<void>;
}

/** Where the gateway's schema comes from. */
export interface SupergraphSource {
  /** The first one; `onChange` is told each later SDL until `close`. */
  load(onChange: (sdl: string) => void): Promise<LoadedSupergraph>;
}

export const fixedSupergraph = (sdl: string): SupergraphSource => ({
  load: async () => ({ sdl, origin: "composed here", close: async () => {} }),
});

/** The supergraph of these subgraphs: the released one where it is of these very schemas, since composing it takes a fifth of a start. */
export async function supergraphOf(subgraphs: Parameters<typeof composeSupergraph>[0]): Promise<string> {
  const [supergraph, ...schemas] = await Promise.all(
    ["supergraph", ...subgraphs.map(({ name }) => name)].map(released),
  );
  const isOfThese = subgraphs.every(({ typeDefs }, at) => schemas[at] === `${print(typeDefs)}\n`);
  if (supergraph && isOfThese) return supergraph;
  const { composeSupergraph } = await import("./composition.ts");
  return composeSupergraph(subgraphs).sdl;
}

/** What `npm run schema` wrote; empty where there is none. */
const released = (name: string): Promise<string> =>
  readFile(join(packageRoot(), "schema", `${name}.graphql`), "utf8").catch(() => "");

/**
 * Build everything the gateway will build from this SDL. ApolloGateway's own update can apply a bad one by half, so nothing
 * reaches it that has not passed here. @throws for an SDL that cannot serve.
 */
export function preflight(sdl: string): void {
  const supergraph = Supergraph.build(sdl);
  supergraph.apiSchema().toGraphQLJSSchema();
  supergraph.schema.toGraphQLJSSchema();
  new QueryPlanner(supergraph);
}
