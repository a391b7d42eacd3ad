import { graphql } from "graphql";
import { describe, expect, it } from "vitest";
import { federatedSchema } from "./federate.ts";
import { Directive, Field, FieldResolver, ObjectType, Query, Resolver } from "./graphql.ts";

@Directive('@key(fields: "id")')
@ObjectType({ simpleResolvers: true })
class Shelf {
  @Field(() => String)
  readonly id!: string;
}

@Resolver(() => Shelf)
class ShelfResolver {
  @Query(() => Shelf, { nullable: true })
  openShelf(): Shelf {
    return { id: "open" };
  }

  @Query(() => Shelf, { nullable: true })
  closedShelf(): Shelf {
    return { id: "closed" };
  }

  @FieldResolver(() => String, { nullable: true })
  openJoin(): string {
    return "joined";
  }

  @FieldResolver(() => String, { nullable: true })
  closedJoin(): string {
    return "joined";
  }
}

const build = (...byNamespace: string[]) =>
  federatedSchema({
    resolvers: [ShelfResolver],
    references: { Shelf: (shelf: Shelf) => shelf },
    byNamespace: byNamespace.join(" "),
  });
const contextOf = (namespaces: string[] | undefined) => ({
  operation: { identity: { scope: namespaces ? { namespaces } : null } },
});
const SOURCE = `query ($of: [_Any!]!) {
  openShelf { id openJoin closedJoin } closedShelf { id } _entities(representations: $of) { ... on Shelf { id } }
}`;
const variableValues = { of: [{ __typename: "Shelf", id: "a" }] };

describe("a field or reference that is not declared for namespaces", () => {
  it("is refused to who sees only some, and those alone", async () => {
    const { schema } = await build("Query.openShelf", "Shelf.openJoin");
    const ask = async (namespaces?: string[]) =>
      await graphql({ schema, source: SOURCE, variableValues, contextValue: contextOf(namespaces) });
    const narrow = await ask(["a"]);
    expect(narrow.errors?.map(({ message }) => message.split(" ")[0]).toSorted()).toEqual([
      "Shelf",
      "Shelf.closedJoin",
      "closedShelf",
    ]);
    expect(narrow.errors?.every(({ extensions }) => extensions["code"] === "FORBIDDEN")).toBe(true);
    expect(narrow.data).toMatchObject({ openShelf: { openJoin: "joined", closedJoin: null }, closedShelf: null });
    expect((await ask()).errors).toBeUndefined();
  });

  it("opens where it is declared", async () => {
    const { schema } = await build(
      "Query.openShelf",
      "Query.closedShelf",
      "Shelf",
      "Shelf.openJoin",
      "Shelf.closedJoin",
    );
    const { errors } = await graphql({ schema, source: SOURCE, variableValues, contextValue: contextOf(["a"]) });
    expect(errors).toBeUndefined();
  });

  it("has to be there to be declared", async () => {
    await expect(build("Query.openShelf", "Query.noShelf", "Shelf.id")).rejects.toThrow("Query.noShelf, Shelf.id");
  });
});
