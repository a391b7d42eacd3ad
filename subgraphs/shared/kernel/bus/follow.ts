import type { EventBus } from "./event-bus.ts";
import { BusReader } from "./reader.ts";

export interface FollowOptions<T> {
  bus: EventBus;
  topic: string;
  /** The event, or null for one to pass over. */
  decode: (event: unknown) => T | null;
  heard: (event: T) => Promise<unknown>;
  /** The bus cannot be read, and is tried again in a moment. */
  failed: (error: unknown) => void;
}

const RETRY_MS = 1000;

/** Hear what is said on a topic from now on, also after the bus was away. @returns how to stop. */
export function follow<T>({ bus, topic, decode, heard, failed }: FollowOptions<T>): () => void {
  let reader: BusReader<T> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  const listen = async (): Promise<void> => {
    reader = new BusReader({ bus, topic, after: null, decode });
    for await (const reading of reader) if ("event" in reading) await heard(reading.event);
  };
  const begin = (): void => {
    listen().catch((error: unknown) => {
      if (stopped) return;
      failed(error);
      timer = setTimeout(begin, RETRY_MS);
    });
  };
  begin();
  return () => {
    stopped = true;
    clearTimeout(timer);
    void reader?.return();
  };
}
