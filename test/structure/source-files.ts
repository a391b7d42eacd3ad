import { readdirSync, readFileSync } from "node:fs";
import { dirname, posix } from "node:path";

// What the structure tests look at. Made at each run from the folder as it is, so that nothing has to be listed by hand.

export interface Import {
  /** The file that imports, from the repository's root. */
  readonly from: string;
  /** The file imported, from the repository's root; or a package, as it is written. */
  readonly to: string;
  /** An `import type` or `export type`, of which nothing is left when the program runs. */
  readonly typeOnly: boolean;
}

export const ROOT = dirname(dirname(import.meta.dirname));

const SOURCE_FOLDERS = ["gateway", "subgraphs", "prisma", "demo", "promql", "bench", "scripts", "cli", "test"];
/** Installed, built, emitted or recorded, and the programs' own data. */
const NOT_OURS = new Set(["node_modules", "dist", ".git", "coverage", ".data", "generated", "recordings"]);

/** Every file under the folder that people write, from the repository's root and with forward slashes. */
export function filesUnder(folder: string): string[] {
  return readdirSync(posix.join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    if (NOT_OURS.has(entry.name)) return [];
    const path = posix.join(folder, entry.name);
    if (entry.isDirectory()) return filesUnder(path);
    return entry.isFile() ? [path] : [];
  });
}

export const read = (path: string): string => readFileSync(posix.join(ROOT, path), "utf8");

export const sourceFiles: readonly string[] = SOURCE_FOLDERS.flatMap(filesUnder).filter((path) => path.endsWith(".ts"));

/** Tests, and what only they use. */
export const isTest = (path: string): boolean => /\.test\.ts$|^test\/|\/testing\//.test(path);

const STATEMENT = /^\s*(?:import|export)\s+(type\s+)?(?:[^"';]*?\sfrom\s+)?["']([^"']+)["']/gm;
const AT_RUN_TIME = /\bimport\(\s*["']([^"']+)["']\s*\)|\bnew URL\(\s*["'](\.[^"']+)["'],\s*import\.meta\.url/g;

/** The imports in a text: statements, `import()`, and the files that workers are started from. */
export function importsIn(path: string, text: string): Import[] {
  const resolve = (specifier: string): string =>
    specifier.startsWith(".") ? posix.join(posix.dirname(path), specifier) : specifier;
  const statements = Array.from(text.matchAll(STATEMENT), ([, type, specifier = ""]) => ({
    from: path,
    to: resolve(specifier),
    typeOnly: type !== undefined,
  }));
  const others = Array.from(text.matchAll(AT_RUN_TIME), ([, module, worker]) => ({
    from: path,
    to: resolve(module ?? worker ?? ""),
    typeOnly: false,
  }));
  return [...statements, ...others];
}

/** What the product imports; tests may import anything. */
export const productImports: readonly Import[] = sourceFiles
  .filter((path) => !isTest(path))
  .flatMap((path) => importsIn(path, read(path)));
