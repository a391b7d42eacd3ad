import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ConfigError } from "../subgraphs/shared/kernel/config.ts";

const run = promisify(execFile);

/** The folder of a day: as it is, or unpacked from an archive for as long as it is used. */
export async function withFolder<T>(path: string, use: (folder: string) => Promise<T>): Promise<T> {
  const archive = await archiveOf(path);
  if (archive === null) return use(path);
  const folder = await mkdtemp(join(tmpdir(), "aiops-bench-"));
  try {
    await unpack(archive, folder);
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The path itself, or the one archive in its folder; null for a folder of files. */
async function archiveOf(path: string): Promise<string | null> {
  const found = await stat(path).catch(() => null);
  if (!found) {
    throw new ConfigError(
      `${path} is not there. Name an archive (.tar.xz) or a folder of a day of faults: npm run bench -- rca --data <path>`,
    );
  }
  if (!found.isDirectory()) return path;
  const [archive, another] = (await readdir(path)).filter((name) => name.endsWith(".tar.xz")).sort();
  if (another) throw new ConfigError(`${path} has several archives: name one of them with --data.`);
  return archive === undefined ? null : join(path, archive);
}

async function unpack(archive: string, folder: string): Promise<void> {
  try {
    await run("tar", ["-xJf", archive, "-C", folder]);
  } catch (error) {
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    const why = missing ? "tar is not installed" : error instanceof Error ? error.message.trim() : String(error);
    throw new ConfigError(`${archive} cannot be unpacked (it takes tar and xz): ${why}`);
  }
}
