import { type DefinitionNode, type DocumentNode, Kind, parse, visit } from "graphql";
import { expect, it } from "vitest";
import { read } from "./source-files.ts";

/** Roots say what they are by their names. */
const ROOTS = new Set(["Query", "Mutation", "Subscription"]);

const nameOf = (definition: DefinitionNode): string =>
  "name" in definition && definition.name ? definition.name.value : "";

/** Every type, field, argument and input field without a description, as it would be written in an operation. */
function undescribed(document: DocumentNode): string[] {
  const missing: string[] = [];
  for (const definition of document.definitions) {
    const type = nameOf(definition);
    const described = (name: string, node: { description?: unknown }): void => {
      if (node.description === undefined) missing.push(name);
    };
    visit(definition, {
      ObjectTypeDefinition: (node) => (ROOTS.has(type) ? undefined : described(type, node)),
      InterfaceTypeDefinition: (node) => described(type, node),
      UnionTypeDefinition: (node) => described(type, node),
      EnumTypeDefinition: (node) => described(type, node),
      ScalarTypeDefinition: (node) => described(type, node),
      InputObjectTypeDefinition: (node) => described(type, node),
      FieldDefinition: (node) => {
        described(`${type}.${node.name.value}`, node);
        for (const argument of node.arguments ?? [])
          described(`${type}.${node.name.value}(${argument.name.value}:)`, argument);
        return false;
      },
      InputValueDefinition: (node) => described(`${type}.${node.name.value}`, node),
    });
  }
  return missing;
}

const document = parse(read("schema/api.graphql"));

it("everything in the API says what it is", () => {
  expect(undescribed(document), "Give each a description, where it is declared; then: npm run schema").toEqual([]);
});

it("finds what has no description", () => {
  const sdl = `"""Yes."""\ntype A { b(c: Int, "Yes." d: Int): Int }\ninput E { f: Int }\nenum G { H }`;
  expect(undescribed(parse(sdl))).toEqual(["A.b", "A.b(c:)", "E", "E.f", "G"]);
});

it("the API has the roots that are not asked for a description", () => {
  const types = document.definitions.filter(({ kind }) => kind === Kind.OBJECT_TYPE_DEFINITION).map(nameOf);
  expect(types).toEqual(expect.arrayContaining([...ROOTS]));
});
