import type { UpstreamRequest } from "../fleet.ts";

const KEPT = 10_000;

/** A request that has begun: settled once it is answered, given up by its client, or cut off by a fault of ours. */
export interface Flight {
  readonly request: UpstreamRequest;
  settle: (how: "answered" | "aborted" | "cut") => void;
}

/** What came in, what is still under way and what was given up. The log keeps the newest 10,000 requests. */
export class Traffic {
  #log: UpstreamRequest[] = [];
  #flights = new Set<Flight>();
  #aborted = 0;

  begin(request: UpstreamRequest): Flight {
    this.#log.push(request);
    // Cutting rarely, and much, keeps the cost per request constant.
    if (this.#log.length >= 2 * KEPT) this.#log = this.#log.slice(-KEPT);
    const flight: Flight = {
      request,
      settle: (how) => {
        if (this.#flights.delete(flight) && how === "aborted") this.#aborted++;
      },
    };
    this.#flights.add(flight);
    return flight;
  }

  requests(): readonly UpstreamRequest[] {
    return this.#log.slice(-KEPT);
  }

  reset(): void {
    this.#log = [];
  }

  inFlight(filter: { cluster?: string; upstream?: string } = {}): number {
    let count = 0;
    for (const { request } of this.#flights) {
      const wanted = filter.cluster === undefined || filter.cluster === request.cluster;
      if (wanted && (filter.upstream === undefined || filter.upstream === request.upstream)) count++;
    }
    return count;
  }

  aborted(): number {
    return this.#aborted;
  }
}
