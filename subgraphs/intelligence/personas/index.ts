import type { Platform } from "../../platform.ts";
import type { SubgraphModule } from "../../shared/kernel/subgraph-module.ts";
import { PersonaRepository } from "./persona.repository.ts";
import { PersonaResolver } from "./persona.resolver.ts";
import { PersonaService } from "./persona.service.ts";
import type { PersonasContext } from "./personas.context.ts";

/** Who answers in conversations. */
export const personas: SubgraphModule<Platform> = {
  resolvers: [PersonaResolver],
  // What they are told, and nothing of any cluster.
  byNamespace: `
    Query.persona Query.personas Mutation.createPersona Mutation.deletePersona Mutation.updatePersona`,

  start: async ({ database, changes, clock }) => {
    const service = new PersonaService({ repository: new PersonaRepository(database.prisma), changes, clock });
    return { context: (): PersonasContext => ({ personas: service }) };
  },
};
