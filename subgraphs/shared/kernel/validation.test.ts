import { describe, expect, it } from "vitest";
import { z } from "zod";
import { check, coded, validateInput } from "./validation.ts";

const rules = z.object({
  name: coded("INVALID_CLUSTER_NAME", "must be lower case", (text) => text === text.toLowerCase()),
  size: z.number().max(10, "at most 10").default(1),
  parts: z.array(z.object({ key: z.string().min(1, "must not be empty") })).optional(),
});

class Ruled {
  static readonly rules = rules;
  readonly name!: string;
}
class Free {}

const thrown = (act: () => unknown): unknown => {
  try {
    return { nothing: act() };
  } catch (error) {
    return error;
  }
};

describe("check", () => {
  it("answers the parsed value", () => {
    expect(check(rules, { name: "a" })).toEqual({ name: "a", size: 1 });
  });

  it("makes one error of all issues, each with its field", () => {
    expect(thrown(() => check(rules, { name: "a", size: 11, parts: [{ key: "k" }, { key: "" }] }))).toMatchObject({
      code: "BAD_USER_INPUT",
      message: "size: at most 10; parts.1.key: must not be empty",
      details: {
        issues: [
          { path: "size", message: "at most 10" },
          { path: "parts.1.key", message: "must not be empty" },
        ],
      },
    });
  });

  it("takes the code of a rule that has one, wherever it stands", () => {
    expect(thrown(() => check(rules, { name: "A", size: 11 }))).toMatchObject({
      code: "INVALID_CLUSTER_NAME",
      message: "name: must be lower case; size: at most 10",
    });
  });

  it("has no field to name for the value itself", () => {
    expect(thrown(() => check(z.string({ message: "must be text" }), 5))).toMatchObject({ message: "must be text" });
  });
});

describe("validateInput", () => {
  it("applies the rules of the input's class", () => {
    expect(thrown(() => validateInput({ name: "A" }, Ruled))).toMatchObject({ code: "INVALID_CLUSTER_NAME" });
    expect(() => validateInput(Object.assign(new Ruled(), { name: "a" }), Ruled)).not.toThrow();
  });

  it.each<[string, object | undefined, unknown]>([
    ["a class without rules", { name: "A" }, Free],
    ["an argument that was left out", undefined, Ruled],
    ["an argument that is null", null as unknown as undefined, Ruled],
    ["a type that is no class", { name: "A" }, { rules }],
  ])("lets %s pass", (_, value, type) => expect(() => validateInput(value, type)).not.toThrow());
});
