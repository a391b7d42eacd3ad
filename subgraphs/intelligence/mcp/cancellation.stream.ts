import { z } from "zod";
import type { Identity } from "../../shared/kernel/auth-context.ts";
import type { EventBus } from "../../shared/kernel/bus/event-bus.ts";
import { MISSED, tellWork, WorkStream, workHead } from "../../shared/kernel/bus/work.ts";

/** What a client calls one of its requests. */
export type RequestKey = string | number;

const Cancelled = z.object({
  by: z.string(),
  /** Null: all of the session's. */
  request: z.union([z.string(), z.number()]).nullable(),
});

const ownerOf = ({ tenant, user }: Identity): string => `${tenant}/${user}`;

/**
 * That a client no longer wants a request comes as a request of its own, and maybe to another process: it is told on the bus. A session
 * is no more than the name under which this finds its request; it holds nothing, and gives no rights.
 */
export class CancellationStreams {
  readonly #bus: EventBus;

  constructor(bus: EventBus) {
    this.#bus = bus;
  }

  async tell(session: string, identity: Identity, request: RequestKey | null): Promise<void> {
    await tellWork(this.#bus, session, { by: ownerOf(identity), request });
  }

  /** @param stop called when the request is cancelled @returns ends the watching */
  async watch(session: string, identity: Identity, request: RequestKey, stop: () => void): Promise<() => void> {
    const owner = ownerOf(identity);
    const stream = new WorkStream({
      bus: this.#bus,
      workId: session,
      after: await workHead(this.#bus, session),
      decode: (item) => {
        const { data } = Cancelled.safeParse(item);
        return data?.by === owner && (data.request === null || data.request === request) ? data : null;
      },
    });
    void (async () => {
      for await (const item of stream) {
        if (item === MISSED) continue;
        stop();
        break;
      }
    })().catch(() => {});
    return () => void stream.return();
  }
}
