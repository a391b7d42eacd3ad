import { Field, ObjectType } from "../../shared/kernel/graphql.ts";
import type { Page } from "../../shared/kernel/page.ts";
import { pageType } from "../../shared/kernel/page.type.ts";
import { GraphQLDateTime } from "../../shared/kernel/scalars.ts";

export interface InventoryPage<T> extends Page<T> {
  asOf: Date;
}

/** A page of what is in a cluster: the pages of spec 8.1, and the moment they show. */
export function inventoryPageType<T extends object>(item: () => new () => T, name: string): new () => InventoryPage<T> {
  @ObjectType(`${name}Page`, { description: `One page of ${name} results.`, simpleResolvers: true })
  class PageType extends pageType(item, name) implements InventoryPage<T> {
    @Field(() => GraphQLDateTime, {
      description: "The moment shown. It lies back only while the cluster cannot be reached, a few minutes at most.",
    })
    readonly asOf!: Date;
  }
  return PageType;
}
