import { Arg, Ctx, ID, Mutation, Query, Resolver } from "../../shared/kernel/graphql.ts";
import type { FleetContext } from "../context.ts";
import { PersonaInput } from "./persona.input.ts";
import { toPersona } from "./persona.mapper.ts";
import { Persona } from "./persona.type.ts";
import type { PersonasContext } from "./personas.context.ts";

type Context = FleetContext & PersonasContext;

@Resolver(() => Persona)
export class PersonaResolver {
  @Query(() => [Persona], { description: "Who may answer: the built-in personas first, then one's own by name." })
  async personas(@Ctx() { personas, operation }: Context): Promise<Persona[]> {
    return (await personas.all(operation.identity)).map(toPersona);
  }

  @Query(() => Persona, { nullable: true, description: "One persona." })
  async persona(
    @Ctx() { personas, operation }: Context,
    @Arg("id", () => ID, { description: "Its identifier." }) id: string,
  ): Promise<Persona> {
    return toPersona(await personas.byId(operation.identity, id));
  }

  @Mutation(() => Persona, { description: "Make a persona of one's own." })
  async createPersona(
    @Ctx() { personas, operation }: Context,
    @Arg("input", () => PersonaInput, { description: "The persona." }) input: PersonaInput,
  ): Promise<Persona> {
    return toPersona(await personas.create(operation, input));
  }

  @Mutation(() => Persona, { description: "Replace a persona of one's own, found by its id." })
  async updatePersona(
    @Ctx() { personas, operation }: Context,
    @Arg("input", () => PersonaInput, { description: "The persona as it is to be." }) input: PersonaInput,
  ): Promise<Persona> {
    return toPersona(await personas.update(operation, input));
  }

  @Mutation(() => Persona, {
    description:
      "Delete a persona of one's own; its conversations go on with the default one. Answers with it as it was.",
  })
  async deletePersona(
    @Ctx() { personas, operation }: Context,
    @Arg("id", () => ID, { description: "Its identifier." }) id: string,
  ): Promise<Persona> {
    return toPersona(await personas.delete(operation, id));
  }
}
