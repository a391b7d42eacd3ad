import { z } from "zod";
import { ArgsType, Field } from "../../shared/kernel/graphql.ts";
import { TimeRangeInput } from "../../shared/kernel/time-range.input.ts";
import { CatalogueArgs } from "../metrics/catalogue.input.ts";
import { logql } from "./logs.input.ts";

/** Of which log streams, and of when. */
@ArgsType()
export class LogLabelsArgs extends CatalogueArgs {
  @Field(() => TimeRangeInput, {
    nullable: true,
    description: "Of streams with lines of that time; the last hour unless given.",
  })
  readonly range?: TimeRangeInput | null;
}

@ArgsType()
export class LogLabelValuesArgs extends LogLabelsArgs {
  static override readonly rules: z.ZodType = LogLabelsArgs.rules.and(
    z.object({
      label: z
        .string()
        .regex(/^[a-zA-Z_][a-zA-Z0-9_:]{0,199}$/, "must be a label name: letters, digits, _ and :, no digit first"),
      query: logql("lines").nullish(),
    }),
  );

  @Field(() => String, { description: "The label, such as namespace." })
  readonly label!: string;

  @Field(() => String, { nullable: true, description: "Of the streams that this selects; of all unless given." })
  readonly query?: string | null;
}

@ArgsType()
export class LogSeriesArgs extends LogLabelsArgs {
  static override readonly rules: z.ZodType = LogLabelsArgs.rules.and(z.object({ match: logql("lines") }));

  @Field(() => String, { description: 'A selector of streams, such as {namespace="shop"}.' })
  readonly match!: string;
}
