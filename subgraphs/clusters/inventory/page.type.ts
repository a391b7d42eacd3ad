import { Field, Int, ObjectType } from "../../shared/kernel/graphql.ts";
import type { Page } from "../../shared/kernel/page.ts";
import { GraphQLDateTime } from "../../shared/kernel/scalars.ts";

export interface InventoryPage<T> extends Page<T> {
  asOf: Date;
}

/** A page of what is in a cluster: the pages of spec 8.1, and the moment they show. */
export function inventoryPageType<T extends object>(item: () => new () => T, name: string): new () => InventoryPage<T> {
  @ObjectType(`${name}Page`, { description: `One page of ${name} results.`, simpleResolvers: true })
  class PageType implements InventoryPage<T> {
    @Field(() => [item()], { description: "The page's items." })
    readonly items!: T[];

    @Field(() => Int, { description: "Items over all pages." })
    readonly total!: number;

    @Field(() => Int, { description: "This page's number, from 1." })
    readonly page!: number;

    @Field(() => Int, { description: "Items a page holds." })
    readonly pageSize!: number;

    @Field(() => Int, { description: "Number of pages." })
    readonly totalPages!: number;

    @Field(() => GraphQLDateTime, {
      description: "The moment shown. It lies back only while the cluster cannot be reached, a few minutes at most.",
    })
    readonly asOf!: Date;
  }
  return PageType;
}
