import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { SUBGRAPHS } from "../../subgraphs/index.ts";
import { filesUnder, ROOT, read } from "./source-files.ts";

/** What a file of a module may be, and what that is. Something truly new is a line here, with a sentence on what it is. */
const KINDS: Record<string, string> = {
  type: "GraphQL output types",
  input: "GraphQL inputs with their rules",
  resolver: "fields of the graph: whom to ask, and nothing else",
  service: "what can be done, and who may do it; no GraphQL",
  loader: "many askings of one operation made into few",
  repository: "rows in the database",
  store: "bytes outside of the database",
  watch: "what a foreign API has, listed once and kept up to date for all operations",
  detector: "what a look at a cluster tells of it; pure",
  mapper: "from rows and answers to the graph's types; pure",
  webhook: "HTTP that others call",
  route: "HTTP beside the graph, for callers who are signed in",
  job: "work on a schedule",
  worker: "work on a thread of its own",
  filter: "which of many; pure",
  window: "which stretch of time; pure",
  score: "how well; pure",
  plan: "how a question is answered before anybody is asked; pure",
  merge: "the answers of many as one; pure",
  stream: "items of a subscription, by a hand-made iterator; no GraphQL",
  context: "what the module brings to an operation's resolvers; a type",
  catalogue: "what there is, as data",
  contract: "what parts agree on; types",
};
const FILE = new RegExp(`^[a-z0-9]+(-[a-z0-9]+)*\\.(${Object.keys(KINDS).join("|")})(\\.test)?\\.ts$`);
/** Beside the modules: wiring, what an operation's resolvers work with, how changes are recorded, and types that modules share. */
const BESIDE_MODULES = /^(index|context|changes)(\.test)?\.ts$|^README\.md$|^[a-z0-9-]+\.type\.ts$/;
const HEADINGS = ["Owns", "Asks", "Publishes", "Promises"];

const names = SUBGRAPHS.map(({ subgraph }) => subgraph.name);

describe.each(names)("the subgraph %s", (name) => {
  const files = filesUnder(`subgraphs/${name}`).map((path) => path.slice(`subgraphs/${name}/`.length));

  it("has its files as <module>/<noun>.<kind>.ts, and a module's wiring as its index.ts", () => {
    const kinds = Object.entries(KINDS).map(([kind, meaning]) => `${kind} (${meaning})`);
    const odd = files.filter((path) => {
      const [file = "", ...folders] = path.split("/").reverse();
      if (folders.length === 0) return !BESIDE_MODULES.test(file);
      // A part of a module that is a body of its own (a detector, a renderer) names its files as it likes.
      return folders.length === 1 && file !== "index.ts" && !FILE.test(file);
    });
    expect(odd, `Name each <module>/<noun>.<kind>.ts, in kebab-case. Kinds: ${kinds.join("; ")}.`).toEqual([]);
  });

  it("has bodies of code of their own in folders inside a module, and no GraphQL in them", () => {
    const inside = files.filter((path) => path.split("/").length > 2 && path.endsWith(".ts"));
    const odd = inside.filter((path) => /kernel\/graphql\.ts|from "graphql"/.test(read(`subgraphs/${name}/${path}`)));
    expect(odd, "GraphQL belongs into the module itself: its resolvers, types and inputs.").toEqual([]);
  });

  it("has an index.ts, and a README.md that says what it owns, asks, publishes and promises", () => {
    expect(files).toContain("index.ts");
    expect(files).toContain("README.md");
    const headings = [...read(`subgraphs/${name}/README.md`).matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual(HEADINGS);
  });

  it("names only files that exist in its README.md, its own or from the repository's root", () => {
    const paths = [...read(`subgraphs/${name}/README.md`).matchAll(/`((?:[\w.-]+\/)+[\w.-]*)`/g)].map(
      ([, path = ""]) => path,
    );
    expect(paths.length).toBeGreaterThan(0);
    const exists = (path: string): boolean =>
      existsSync(join(ROOT, path)) || existsSync(join(ROOT, "subgraphs", name, path));
    expect(paths.filter((path) => !exists(path))).toEqual([]);
  });
});

describe("file names", () => {
  it("are in kebab-case", () => {
    const folders = ["gateway", "subgraphs", "demo", "promql", "bench", "scripts", "cli", "test"];
    const odd = folders
      .flatMap(filesUnder)
      .filter((path) => /[A-Z_ ]/.test(path.replace(/(^|\/)(README|BENCHMARKS)\.md$/, "")));
    expect(odd, "Words in small letters, joined by hyphens.").toEqual([]);
  });

  it("name what is in them", () => {
    const vague = ["gateway", "subgraphs", "demo", "promql", "test"].flatMap(filesUnder);
    const odd = vague.filter((path) => /(^|[/.-])(utils?|helpers?|managers?|common|misc)([/.-]|$)/.test(path));
    expect(odd, "A name that fits everything says nothing: name the file by what it does.").toEqual([]);
  });
});
