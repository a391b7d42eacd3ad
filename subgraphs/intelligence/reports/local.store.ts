import { mkdir, open, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { type ReportStore, requireName, type StoredItem } from "./report.store.ts";

const BATCH = 500;
/** What a name is called until all of it is written. */
const PART = ".part";

/** Reports as files of one directory. Several processes may share it. */
export class LocalReportStore implements ReportStore {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Whole or not at all, also where the machine stops meanwhile. */
  async put(name: string, bytes: Uint8Array): Promise<void> {
    const file = this.#file(name);
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    await writeFile(file + PART, bytes, { mode: 0o600, flush: true });
    await rename(file + PART, file);
  }

  async get(name: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array> | null> {
    const file = await open(this.#file(name)).catch(unlessMissing);
    if (!file) return null;
    return Readable.toWeb(file.createReadStream({ signal })) as ReadableStream<Uint8Array>;
  }

  async delete(name: string): Promise<void> {
    const file = this.#file(name);
    await Promise.all([rm(file, { force: true }), rm(file + PART, { force: true })]);
  }

  /** In the order of their names. */
  async list(after: string | null): Promise<{ items: StoredItem[]; next: string | null }> {
    const files = (await readdir(this.#directory).catch(unlessMissing)) ?? [];
    const names = [...new Set(files.map((file) => (file.endsWith(PART) ? file.slice(0, -PART.length) : file)))];
    const rest = names.sort().filter((name) => after === null || name > after);
    const items: StoredItem[] = [];
    for (const name of rest.slice(0, BATCH)) {
      const path = join(this.#directory, name);
      const found = (await stat(path).catch(unlessMissing)) ?? (await stat(path + PART).catch(unlessMissing));
      if (found) items.push({ name, modifiedAt: found.mtime });
    }
    return { items, next: rest.length > BATCH ? (rest[BATCH - 1] ?? null) : null };
  }

  #file(name: string): string {
    return join(this.#directory, requireName(name));
  }
}

function unlessMissing(error: unknown): null {
  if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
  throw error;
}
