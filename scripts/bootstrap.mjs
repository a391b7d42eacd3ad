// Brings a checkout to where npm scripts can run: dependencies, the database client, and (with "build") the compiled code.
// Each step is left out while what it depends on has not changed. Plain JavaScript: it runs before anything is installed,
// on whatever Node the machine has.
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

// Below this, Prisma's own check ends the installation with a riddle.
const LEAST = [20, 19];
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < LEAST[0] || (major === LEAST[0] && minor < LEAST[1])) {
  console.error(`Node ${LEAST.join(".")} or newer is needed to install, and this is ${process.versions.node}.`);
  process.exit(1);
}

const root = new URL("..", import.meta.url).pathname;
const at = (path) => join(root, path);
const modified = (path) => (existsSync(at(path)) ? statSync(at(path)).mtimeMs : 0);

function run(command, args, what) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: "inherit" });
  if (status === 0) return;
  console.error(`${what} failed${error ? `: ${error.message}` : ""}.`);
  process.exit(1);
}

/** Node 24 comes with the dependencies; where it does not (macOS, say), the system's must do. */
const node = () => (existsSync(at("node_modules/.bin/node")) ? at("node_modules/.bin/node") : process.execPath);

if (modified("node_modules/.package-lock.json") < modified("package-lock.json")) {
  console.log("Installing dependencies (once)…");
  const npm = process.env.npm_execpath;
  // Through the npm and Node that run now: the Node in node_modules is about to be replaced.
  if (npm) run(process.execPath, [npm, "ci", "--loglevel=warn"], "npm ci");
  else run("npm", ["ci", "--loglevel=warn"], "npm ci");
}

if (modified("prisma/generated/client.ts") < modified("prisma/schema.prisma")) {
  run(node(), [at("node_modules/prisma/build/index.js"), "generate"], "prisma generate");
}

const SOURCES = [
  "gateway",
  "subgraphs",
  "prisma",
  "demo",
  "promql",
  "bench",
  "scripts",
  "cli",
  "tsconfig.json",
  "tsconfig.build.json",
];

/** When a source file last changed. */
function newest(path) {
  const stat = statSync(at(path));
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(
    stat.mtimeMs,
    ...readdirSync(at(path))
      .filter((name) => name !== "node_modules")
      .map((name) => newest(join(path, name))),
  );
}

if (process.argv[2] === "build" && modified("dist/.tsbuildinfo") < Math.max(...SOURCES.map(newest))) {
  run(node(), [at("node_modules/typescript/bin/tsc"), "-p", "tsconfig.build.json"], "The build");
  // npx starts it by its own name.
  chmodSync(at("dist/cli/main.js"), 0o755);
}
