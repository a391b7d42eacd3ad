import type { Clock } from "../../shared/kernel/clock.ts";
import type { Job } from "../../shared/kernel/subgraph.ts";
import type { ReportRepository } from "./report.repository.ts";
import { type ReportStore, reportOf, type StoredItem } from "./report.store.ts";

const EVERY_MS = 10 * 60_000;
const BATCH = 100;
/** What is put into the storage may be younger than the row that says so. */
const YOUNG_MS = 3_600_000;

export interface ExpireOptions {
  repository: ReportRepository;
  store: ReportStore;
  clock: Clock;
  onError: (error: unknown) => void;
}

/** Removes reports whose time is over, and what the storage has of none. Bytes go first: what fails is tried again. */
export const expireReports = (options: ExpireOptions): Job => ({
  name: "intelligence.expire-reports",
  everyMs: EVERY_MS,
  run: async (signal) => {
    while (!signal.aborted && (await expireSome(options)) === BATCH) {
      // There may be more.
    }
    let after: string | null = null;
    do {
      const { items, next } = await options.store.list(after);
      await removeOrphans(options, items);
      after = next;
    } while (after !== null && !signal.aborted);
  },
});

/** @returns how many are gone */
async function expireSome({ repository, store, clock, onError }: ExpireOptions): Promise<number> {
  const gone: string[] = [];
  for (const { id, storagePath } of await repository.expired(clock.now(), BATCH)) {
    try {
      if (storagePath !== null) await store.delete(storagePath);
      gone.push(id);
    } catch (error) {
      onError(error);
    }
  }
  await repository.remove(gone);
  return gone.length;
}

async function removeOrphans({ repository, store, clock, onError }: ExpireOptions, items: readonly StoredItem[]) {
  const before = clock.now().getTime() - YOUNG_MS;
  const old = items.flatMap(({ name, modifiedAt }) => {
    const id = reportOf(name);
    return id !== null && modifiedAt.getTime() < before ? [{ name, id }] : [];
  });
  if (old.length === 0) return;
  const rows = new Map((await repository.stored(old.map(({ id }) => id))).map((row) => [row.id, row]));
  for (const { name, id } of old) {
    const row = rows.get(id);
    if (row && (row.storagePath === name || row.status === "RUNNING")) continue;
    await store.delete(name).catch(onError);
  }
}
