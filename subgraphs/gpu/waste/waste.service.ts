import type { ClusterSelector } from "../../shared/fleet/selector.ts";
import type { AskedRange } from "../../shared/kernel/time-range.ts";
import type { HistoryService } from "../history/history.service.ts";
import { tellersOf, wasteOf } from "./device-waste.mapper.ts";
import { wasteQuery, wasteWindow } from "./waste.plan.ts";

export interface AskedWaste {
  selector?: ClusterSelector | null;
  range?: AskedRange | null;
  idleBelowPercent: number;
  idleFor: string;
  memoryBelowPercent: number;
}

/** How GPUs spent a time. */
export class WasteService {
  readonly #history: HistoryService;

  constructor(history: HistoryService) {
    this.#history = history;
  }

  /** @throws NO_CLUSTER_SUCCEEDED, CLUSTER_NOT_FOUND, INVALID_TIME_RANGE, INVALID_DURATION */
  async overFleet({ selector, range, idleFor, ...asked }: AskedWaste, now: Date) {
    const { forSeconds, ...window } = wasteWindow(range, idleFor, now);
    const rule = { belowPercent: asked.idleBelowPercent, forSeconds, memoryBelowPercent: asked.memoryBelowPercent };
    const { clusters, outcomes, complete } = await this.#history.overFleet(selector, wasteQuery(window), window);
    const devices = clusters.flatMap(({ target, tracks }) => {
      const tellPods = tellersOf(tracks);
      return tracks.map((track) => wasteOf(target, track, { rule, window, tellPods }));
    });
    return { devices, window, outcomes, complete };
  }
}
