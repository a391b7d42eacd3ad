import { z } from "zod";
import { Field, InputType } from "../../shared/kernel/graphql.ts";

const text = (most: number) => z.string().trim().min(1, "must not be empty").max(most, `at most ${most} characters`);

@InputType({ description: "A persona of one's own." })
export class PersonaInput {
  static readonly rules = z.object({
    id: z
      .string()
      .regex(
        /^[a-z][a-z0-9-]{2,30}[a-z0-9]$/,
        "4 to 32 small letters, digits and hyphens; a letter first, no hyphen last",
      ),
    name: text(100),
    description: text(500),
    systemPrompt: text(8000),
    capabilities: z
      .array(z.string())
      .max(50, "at most 50")
      .transform((names) => [...new Set(names)]),
    icon: z.string().regex(/^[a-z0-9-]{1,40}$/, "1 to 40 small letters, digits and hyphens"),
  });

  @Field(() => String, { description: "Unique identifier: 4 to 32 small letters, digits and hyphens." })
  readonly id!: string;

  @Field(() => String, { description: "What it is called." })
  readonly name!: string;

  @Field(() => String, { description: "What it is for." })
  readonly description!: string;

  @Field(() => String, { description: "How it answers. What keeps answers honest and safe is added to it, and wins." })
  readonly systemPrompt!: string;

  @Field(() => [String], { description: "The tools it may use, of those that `tools` lists." })
  readonly capabilities!: string[];

  @Field(() => String, { defaultValue: "message", description: "Icon for the console." })
  readonly icon!: string;
}
