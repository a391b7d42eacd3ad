import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { z } from "zod";
import { thirdParties } from "./third-party.ts";

// npm run -s sbom > sbom.cdx.json: what an image holds, for those who watch for vulnerabilities (CycloneDX). npm makes it of the whole
// lockfile; what an image does not hold is taken out here, since npm, asked to omit that, leaves out direct dependencies too.

const Bom = z.looseObject({
  components: z.array(z.looseObject({ "bom-ref": z.string(), name: z.string(), version: z.string() })),
  dependencies: z.array(z.looseObject({ ref: z.string(), dependsOn: z.array(z.string()).default([]) })),
  metadata: z.looseObject({ component: z.looseObject({ "bom-ref": z.string() }) }),
});

const args = ["sbom", "--package-lock-only", "--sbom-format", "cyclonedx", "--sbom-type", "application"];
const npm = process.env["npm_execpath"];
const [command, first] = npm ? [process.execPath, [npm]] : ["npm", []];
const text = execFileSync(command, [...first, ...args], { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
const bom = Bom.parse(JSON.parse(text));

const parties = thirdParties(JSON.parse(readFileSync("package-lock.json", "utf8")));
const held = new Set(parties.filter(({ inImage }) => inImage).map(({ name, version }) => `${name}@${version}`));
const components = bom.components.filter(({ name, version }) => held.has(`${name}@${version}`));
if (components.length !== held.size) throw new Error(`npm tells ${components.length} of ${held.size} packages.`);

const refs = new Set([...components.map((component) => component["bom-ref"]), bom.metadata.component["bom-ref"]]);
const dependencies = bom.dependencies
  .filter(({ ref }) => refs.has(ref))
  .map((dependency) => ({ ...dependency, dependsOn: dependency.dependsOn.filter((ref) => refs.has(ref)) }));
process.stdout.write(`${JSON.stringify({ ...bom, components, dependencies }, null, 2)}\n`);
