import { z } from "zod";
import { ClusterSelectorInput } from "../../shared/fleet/selector.input.ts";
import { Field, InputType } from "../../shared/kernel/graphql.ts";
import { Namespaces } from "../../shared/kernel/namespaces.ts";
import { GraphQLDuration } from "../../shared/kernel/scalars.ts";
import { Role } from "./api-token.type.ts";

@InputType({
  description: "What an API token sees: what matches every given part; all that its maker sees where nothing is given.",
})
export class ApiTokenScopeInput extends ClusterSelectorInput {
  @Field(() => [String], {
    nullable: true,
    description:
      "Of those clusters only what is of these namespaces, by name or by how they begin, such as team-a-*; nodes, GPUs and what else is of none is not seen.",
  })
  readonly namespaces?: string[] | null;
}

@InputType({ description: "An API token to make." })
export class ApiTokenInput {
  static readonly rules = z.object({
    name: z.string().trim().min(1, "must not be empty").max(100, "at most 100 characters"),
    scope: z.object({ namespaces: Namespaces.nullish() }).nullish(),
  });

  @Field(() => String, { description: "What it is for: 1 to 100 characters." })
  readonly name!: string;

  @Field(() => Role, { defaultValue: Role.VIEWER, description: "What it may do: not more than you." })
  readonly role!: Role;

  @Field(() => ApiTokenScopeInput, {
    nullable: true,
    description: "What it sees, of what you see; all of this unless given.",
  })
  readonly scope?: ApiTokenScopeInput | null;

  @Field(() => GraphQLDuration, { description: "How long it is accepted: 1h to 365d." })
  readonly expiresIn!: string;
}
