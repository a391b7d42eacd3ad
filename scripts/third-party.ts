import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { z } from "zod";

// npm run licences: writes THIRD_PARTY.md, what an image holds of others and under which licences, from package-lock.json.
// A structure test compares both, and refuses licences that nobody has agreed to.

const Lockfile = z.object({
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      license: z.string().optional(),
      dev: z.boolean().default(false),
      devOptional: z.boolean().default(false),
      optional: z.boolean().default(false),
    }),
  ),
});

export interface ThirdParty {
  name: string;
  version: string;
  /** An SPDX expression; "unknown" where the package names none. */
  licence: string;
  /** Whether the Dockerfile leaves it in: what only work on the code needs, or only some machines, it takes out. */
  inImage: boolean;
}

/** Packages that name none, and what their licence file is. */
const READ_BY_US: Readonly<Record<string, string>> = { "png-js": "MIT", "seq-queue": "MIT" };

export function thirdParties(lockfile: unknown): ThirdParty[] {
  const { packages } = Lockfile.parse(lockfile);
  const found = new Map<string, ThirdParty>();
  for (const [path, { version = "", license, dev, devOptional, optional }] of Object.entries(packages)) {
    if (path === "") continue;
    const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
    const licence = license ?? READ_BY_US[name] ?? "unknown";
    const inImage = !dev && !devOptional && !optional;
    const key = `${name}@${version}`;
    found.set(key, { name, version, licence, inImage: inImage || (found.get(key)?.inImage ?? false) });
  }
  const inOrder = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  return [...found.values()].sort((a, b) => inOrder(a.name, b.name) || inOrder(a.version, b.version));
}

export function asMarkdown(all: readonly ThirdParty[]): string {
  const groups = Map.groupBy(
    all.filter(({ inImage }) => inImage),
    ({ licence }) => licence,
  );
  const sections = [...groups]
    .sort(([a, some], [b, others]) => others.length - some.length || (a < b ? -1 : 1))
    .map(
      ([licence, members]) =>
        `## ${licence} (${members.length})\n\n${members.map(({ name, version }) => `- ${name} ${version}`).join("\n")}\n`,
    );
  return `# What an image holds of others

Written by \`npm run licences\` from package-lock.json. Each licence's text lies in the package's folder under node_modules, in a
checkout as in an image. [NOTICE](NOTICE) says what the Elastic License 2.0 means here.

${sections.join("\n")}`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const lockfile: unknown = JSON.parse(readFileSync("package-lock.json", "utf8"));
  writeFileSync("THIRD_PARTY.md", asMarkdown(thirdParties(lockfile)));
}
