import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import {
  bindMigrationAwareSqlAdapterFactory,
  DriverAdapterError,
  type SqlDriverAdapter,
} from "@prisma/driver-adapter-utils";
import type { SchemaEngine } from "@prisma/schema-engine-wasm/schema_engine_bg";
import type pg from "pg";

type EngineModule = typeof import("@prisma/schema-engine-wasm/schema_engine_bg");

/** The databases the engine works on. */
export interface EngineDatabases {
  connect(): Promise<SqlDriverAdapter>;
  /** An empty database to replay migrations on; needed for a diff only. */
  connectToShadowDb(): Promise<SqlDriverAdapter>;
}

let loading: Promise<EngineModule> | undefined;

/**
 * Prisma Migrate's own engine, as WebAssembly, over a driver adapter: migrations run offline, without the native binary
 * that the prisma command would download. The package is internal to Prisma: pin it to the client's exact engine.
 * The caller frees it (`using`).
 */
export async function openSchemaEngine(databases: EngineDatabases): Promise<SchemaEngine> {
  loading ??= load();
  const { SchemaEngine } = await loading;
  const factory = bindMigrationAwareSqlAdapterFactory({
    provider: "postgres",
    adapterName: "aiops",
    connect: () => databases.connect(),
    connectToShadowDb: () => databases.connectToShadowDb(),
  });
  return SchemaEngine.new({ datamodels: undefined }, () => {}, factory);
}

/**
 * Makes an adapter run a migration as one text, which PostgreSQL takes as one transaction. The stock adapter for
 * node-postgres cuts it at every semicolon, be it in a comment, a string or a function body; the one for PGlite does
 * not wait for the end.
 */
export function withWholeScripts(
  adapter: SqlDriverAdapter,
  run: (script: string) => Promise<unknown>,
): SqlDriverAdapter {
  adapter.executeScript = async (script) => {
    try {
      await run(script);
    } catch (error) {
      throw driverError(error);
    }
  };
  return adapter;
}

/** In the engine's terms, so that its report and its row in `_prisma_migrations` carry PostgreSQL's own words. */
function driverError(error: unknown): unknown {
  if (!(error instanceof Error && "severity" in error && "code" in error)) return error;
  const { message, code, severity, detail, column, hint } = error as Error & Partial<pg.DatabaseError>;
  return new DriverAdapterError({
    kind: "postgres",
    code: code ?? "",
    severity: severity ?? "ERROR",
    message,
    detail,
    column,
    hint,
  });
}

/** What of WebAssembly is needed here; its types come with the DOM's, which a server should not have. */
interface WebAssemblyApi {
  instantiate(bytes: Uint8Array, imports: object): Promise<{ instance: { exports: { __wbindgen_start(): void } } }>;
}

/** By hand, because importing .wasm is experimental in Node and unknown to vite. */
async function load(): Promise<EngineModule> {
  const { WebAssembly } = globalThis as unknown as { WebAssembly: WebAssemblyApi };
  const glue = await import("@prisma/schema-engine-wasm/schema_engine_bg");
  const path = createRequire(import.meta.url).resolve("@prisma/schema-engine-wasm/schema_engine_bg");
  const bytes = await readFile(join(dirname(path), "schema_engine_bg.wasm"));
  const { instance } = await WebAssembly.instantiate(bytes, { "./schema_engine_bg.js": withIdleTimers(glue) });
  (glue as unknown as { __wbg_set_wasm(exports: object): void }).__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  return glue;
}

/** The engine never clears the 10 s timer of its own database lock, which would hold up the end of every short process. */
function withIdleTimers(glue: EngineModule): object {
  const imports = Object.entries(glue).map(([name, value]) =>
    name.startsWith("__wbg_setTimeout_")
      ? [name, (callback: () => void, milliseconds: number) => setTimeout(callback, milliseconds).unref()]
      : [name, value],
  );
  return Object.fromEntries(imports) as object;
}
