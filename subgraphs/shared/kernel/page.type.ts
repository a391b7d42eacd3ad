import { Field, Int, ObjectType } from "./graphql.ts";
import type { Page } from "./page.ts";

/** A page of `name`s: the object type of spec 8.1. */
export function pageType<T extends object>(item: () => new () => T, name: string): new () => Page<T> {
  @ObjectType(`${name}Page`, { description: `One page of ${name} results.`, simpleResolvers: true })
  class PageType implements Page<T> {
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
  }
  return PageType;
}
