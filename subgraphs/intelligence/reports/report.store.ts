/** Where the bytes of reports lie. Names are this module's own: `<report>-<turn>.<extension>`. */
export interface ReportStore {
  put(name: string, bytes: Uint8Array, contentType: string): Promise<void>;
  /** Null for what is not there. */
  get(name: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array> | null>;
  /** What is not there is no error. */
  delete(name: string): Promise<void>;
  /** Some of what lies there, and where to go on; null at the end. Also what other programs put there, if they did. */
  list(after: string | null): Promise<{ items: StoredItem[]; next: string | null }>;
}

export interface StoredItem {
  name: string;
  modifiedAt: Date;
}

const NAME = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-\d{1,9}\.(?:html|pdf|md|json)$/;

/** The report that a name is of, or null: then it is not ours to touch. */
export const reportOf = (name: string): string | null => NAME.exec(name)?.[1] ?? null;

/** No path is ever made of anything else. */
export function requireName(name: string): string {
  if (reportOf(name) === null) throw new Error(`${JSON.stringify(name)} is no name of a stored report.`);
  return name;
}
