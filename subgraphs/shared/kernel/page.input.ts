import { z } from "zod";
import { ArgsType, Field, Int } from "./graphql.ts";
import type { PageRequest } from "./page.ts";

/** The paging arguments of every list. */
@ArgsType()
export class PageArgs implements PageRequest {
  static readonly rules = z.object({
    page: z.number().int().min(1, "must be 1 or more").max(1_000_000),
    pageSize: z.number().int().min(1, "must be 1 to 100").max(100, "must be 1 to 100"),
  });

  @Field(() => Int, { defaultValue: 1, description: "Which page, from 1." })
  readonly page!: number;

  @Field(() => Int, { defaultValue: 20, description: "Items a page holds: 1 to 100." })
  readonly pageSize!: number;
}
