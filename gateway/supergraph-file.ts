import { type FSWatcher, watch } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { ConfigError } from "../subgraphs/shared/kernel/config.ts";
import type { Logger } from "../subgraphs/shared/kernel/log.ts";
import type { SupergraphSource } from "./supergraph.ts";

/** A change shows up as several events, and a file may be half written at the first. */
const SETTLE_MS = 50;
const POLL_MS = 10_000;

/**
 * A supergraph in a file that may be replaced while the gateway runs. The directory is watched and not the file, since a
 * Kubernetes ConfigMap changes by a symbolic link beside it; the slow poll is for file systems that tell of nothing.
 */
export const watchedSupergraph = (
  path: string,
  { log, pollMs = POLL_MS }: { log: Logger; pollMs?: number },
): SupergraphSource => ({
  async load(onChange) {
    let current = await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
      throw new ConfigError(`The supergraph ${path} cannot be read (${cause.code}). Set AIOPS_SUPERGRAPH to its path.`);
    });
    let closed = false;
    let timer: NodeJS.Timeout | undefined;

    const check = async (): Promise<void> => {
      try {
        const sdl = await readFile(path, "utf8");
        if (closed || sdl === current || sdl === "") return;
        current = sdl;
        onChange(sdl);
      } catch (error) {
        log.warn({ err: error }, "the supergraph file cannot be read; the last one keeps serving");
      }
    };
    const soon = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => void check(), SETTLE_MS);
    };
    const poll = setInterval(() => void check(), pollMs).unref();
    const watcher = watchDirectory(dirname(path), soon, log);
    log.debug({ file: basename(path) }, "watching the supergraph");

    return {
      sdl: current,
      origin: path,
      async close() {
        closed = true;
        clearTimeout(timer);
        clearInterval(poll);
        watcher?.close();
      },
    };
  },
});

function watchDirectory(directory: string, onEvent: () => void, log: Logger): FSWatcher | undefined {
  try {
    return watch(directory, { persistent: false }, onEvent).on("error", (error) =>
      log.warn({ err: error }, "the supergraph's directory is polled only"),
    );
  } catch (error) {
    log.warn({ err: error }, "the supergraph's directory is polled only");
    return undefined;
  }
}
