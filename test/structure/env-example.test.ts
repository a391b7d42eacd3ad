import { describe, expect, it } from "vitest";
import { readConfig } from "../../subgraphs/shared/kernel/config.ts";
import { read } from "./source-files.ts";

const text = read(".env.example");
const shown = new Map(
  Array.from(text.matchAll(/^# ([A-Z][A-Z0-9_]*)=(.*)$/gm), ([, name = "", value = ""]) => [name, value]),
);
const defaults: Record<string, unknown> = { ...readConfig({}) };

/** The example above a variable's line, without the quotes that a shell needs. */
const exampleOf = (name: string): string | undefined =>
  new RegExp(`^# Example: (.+)\\n# ${name}=`, "m").exec(text)?.[1]?.replace(/^'(.*)'$/, "$1");

describe(".env.example", () => {
  it.each(Object.entries(defaults))("shows %s with its default", (name, value) => {
    expect([...shown.keys()]).toContain(name);
    expect({ ...readConfig({ [name]: shown.get(name) }) }[name]).toEqual(value);
  });

  it.each(Object.keys(defaults).filter(exampleOf))("gives an example of %s that is accepted", (name) => {
    expect({ ...readConfig({ [name]: exampleOf(name) }) }[name]).not.toEqual(defaults[name]);
  });

  it("shows what the demo fleet reads, with its defaults", () => {
    const demo = [...read("demo/main.ts").matchAll(/^ {2}(AIOPS_\w+): (.+),$/gm)];
    expect(demo.length).toBeGreaterThan(0);
    for (const [, name = "", schema = ""] of demo) {
      expect([...shown.keys()]).toContain(name);
      // AIOPS_DEMO means more to npm start, and shows its default there.
      if (name === "AIOPS_DEMO") continue;
      const [, value = ""] = /(?:default|port)\("?([\w.]+)"?\)/.exec(schema) ?? [];
      expect(shown.get(name), name).toBe(value.replaceAll("_", ""));
    }
  });

  it("names no variable that nothing reads", () => {
    const readers = [read("demo/main.ts"), read("docker-compose.yml")].join("\n");
    const unread = [...shown.keys()].filter(
      (name) => !(name in defaults) && !new RegExp(`\\b${name}\\b`).test(readers),
    );
    expect(unread).toEqual([]);
  });
});
