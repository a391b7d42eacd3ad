import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Supergraph } from "@apollo/federation-internals";
import { CriticalityLevel, diff } from "@graphql-inspector/core";
import { buildSchema, print, printSchema } from "graphql";
import { composeSupergraph } from "../gateway/composition.ts";
import { SUBGRAPHS } from "../subgraphs/index.ts";

// `npm run schema` writes schema/ from the code; with --check it compares instead, and reports what a client would notice.

const FOLDER = "schema";

async function emitted(): Promise<Map<string, string>> {
  const services = await Promise.all(
    SUBGRAPHS.map(async ({ subgraph, port }) => ({
      name: subgraph.name,
      url: `http://127.0.0.1:${port}/graphql`,
      typeDefs: (await subgraph.schema()).typeDefs,
    })),
  );
  const files = new Map(services.map(({ name, typeDefs }) => [`${name}.graphql`, `${print(typeDefs)}\n`]));
  const { sdl: supergraph } = composeSupergraph(services);
  files.set("supergraph.graphql", supergraph);
  files.set("api.graphql", `${apiSchema(supergraph)}\n`);
  return files;
}

/** What clients see: the supergraph without its federation directives. */
const apiSchema = (supergraph: string): string =>
  printSchema(Supergraph.build(supergraph).apiSchema().toGraphQLJSSchema());

const committed = (file: string): Promise<string> => readFile(join(FOLDER, file), "utf8").catch(() => "");

async function check(files: Map<string, string>): Promise<void> {
  const stale: string[] = [];
  for (const [file, text] of files) if ((await committed(file)) !== text) stale.push(file);
  if (stale.length === 0) return;
  console.error(`${FOLDER}/ is not what the code says: ${stale.join(", ")}. Run: npm run schema`);
  const before = await committed("api.graphql");
  if (before) {
    const changes = await diff(buildSchema(before), buildSchema(files.get("api.graphql") ?? ""));
    for (const { criticality, message } of changes) {
      console.error(`  ${criticality.level === CriticalityLevel.Breaking ? "BREAKING " : ""}${message}`);
    }
  }
  process.exitCode = 1;
}

async function write(files: Map<string, string>): Promise<void> {
  await mkdir(FOLDER, { recursive: true });
  for (const [file, text] of files) await writeFile(join(FOLDER, file), text);
}

const files = await emitted();
await (process.argv.includes("--check") ? check(files) : write(files));
