import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startGraph, type TestGraph } from "../support/graph.ts";

const ANN = "ann-token-of-sixteen";
const BOB = "bob-token-of-sixteen";
const TOKENS = [
  { token: ANN, user: "ann", roles: ["viewer"] },
  { token: BOB, user: "bob", roles: ["admin"] },
];
const FIELDS = "id name systemPrompt capabilities icon isBuiltin createdBy";
const PERSONA = {
  id: "storage-expert",
  name: "Storage",
  description: "Knows volumes.",
  systemPrompt: "You know volumes.",
  capabilities: ["query_metrics", "query_metrics", "list_pods"],
};

describe("personas", () => {
  let graph: TestGraph;
  beforeAll(async () => {
    graph = await startGraph({ mode: "in one process", env: { AIOPS_API_TOKENS: JSON.stringify(TOKENS) } });
  });
  afterAll(async () => {
    await graph?.[Symbol.asyncDispose]();
  });

  const ask = (query: string, variables: Record<string, unknown> = {}, token = ANN) =>
    graph.ask(query, variables, { token });
  const create = (input: object, token = ANN) =>
    ask(`mutation ($input: PersonaInput!) { createPersona(input: $input) { ${FIELDS} } }`, { input }, token);
  const update = (input: object, token = ANN) =>
    ask(`mutation ($input: PersonaInput!) { updatePersona(input: $input) { ${FIELDS} } }`, { input }, token);
  const remove = (id: string, token = ANN) =>
    ask(`mutation ($id: ID!) { deletePersona(id: $id) { id } }`, { id }, token);

  it("has five that are built in, which nobody changes", async () => {
    const { data } = await ask(`{ personas { ${FIELDS} } }`);
    expect(data.personas.map(({ id }: { id: string }) => id)).toEqual([
      "default",
      "platform-ops",
      "gpu-expert",
      "network-cnf",
      "telco-5g",
    ]);
    expect(data.personas.every((each: { isBuiltin: boolean }) => each.isBuiltin)).toBe(true);
    expect((await update({ ...PERSONA, id: "default" }, BOB)).errors?.[0]?.extensions).toMatchObject({
      code: "FORBIDDEN",
    });
    expect((await remove("gpu-expert", BOB)).errors?.[0]?.extensions).toMatchObject({ code: "FORBIDDEN" });
    expect((await create({ ...PERSONA, id: "telco-5g" })).errors?.[0]?.extensions).toMatchObject({ code: "CONFLICT" });
  });

  it("is made, changed and deleted by its owner, and not there for others", async () => {
    const created = await create(PERSONA);
    expect(created).toMatchObject({
      data: {
        createPersona: {
          id: PERSONA.id,
          capabilities: ["query_metrics", "list_pods"],
          isBuiltin: false,
          createdBy: "ann",
        },
      },
    });
    expect((await create(PERSONA, BOB)).errors?.[0]?.extensions).toMatchObject({ code: "CONFLICT" });
    for (const refused of [
      await update(PERSONA, BOB),
      await remove(PERSONA.id, BOB),
      await ask(`{ persona(id: "${PERSONA.id}") { id } }`, {}, BOB),
    ]) {
      expect(refused.errors?.[0]?.extensions).toMatchObject({ code: "PERSONA_NOT_FOUND" });
    }
    const updated = await update({ ...PERSONA, name: "Volumes", capabilities: [] });
    expect(updated.data.updatePersona).toMatchObject({ name: "Volumes", capabilities: [] });
    expect((await remove(PERSONA.id)).data).toEqual({ deletePersona: { id: PERSONA.id } });
    expect((await remove(PERSONA.id)).errors?.[0]?.extensions).toMatchObject({ code: "PERSONA_NOT_FOUND" });
  });

  it.each([
    ["an id with a capital", { id: "Storage" }],
    ["an id that is too short", { id: "abc" }],
    ["an id that ends in a hyphen", { id: "storage-" }],
    ["a tool that is not there", { capabilities: ["delete_cluster"] }],
    ["an empty prompt", { systemPrompt: " " }],
    ["a prompt without end", { systemPrompt: "x".repeat(8001) }],
  ])("is refused with %s", async (_, wrong) => {
    const { errors } = await create({ ...PERSONA, ...wrong });
    expect(errors?.[0]?.extensions).toMatchObject({ code: "BAD_USER_INPUT" });
  });
});
