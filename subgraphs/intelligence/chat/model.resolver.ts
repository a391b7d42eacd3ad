import { Ctx, Query, Resolver } from "../../shared/kernel/graphql.ts";
import type { FleetContext } from "../context.ts";
import type { ChatContext } from "./chat.context.ts";
import { AvailableModel, AvailableTool } from "./model.type.ts";

type Context = FleetContext & ChatContext;

@Resolver()
export class ModelResolver {
  @Query(() => [AvailableModel], {
    description:
      "The language models that are configured, in the order they are asked. Without any, answers are made by rules, and say so.",
  })
  async availableModels(@Ctx() { chat, operation }: Context): Promise<AvailableModel[]> {
    const states = await chat.models.states(operation.signal);
    return states.map(({ problem, ...state }) => ({ ...state, problem, available: problem === null }));
  }

  @Query(() => [AvailableTool], {
    description: "What the assistant and MCP clients can do: each is an operation on this graph, as the asking user.",
  })
  tools(@Ctx() { chat }: Context): AvailableTool[] {
    return [...chat.toolbox.tools];
  }
}
