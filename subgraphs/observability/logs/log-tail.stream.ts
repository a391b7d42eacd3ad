import type { Target } from "../../shared/fleet/directory.ts";
import { clusterGone, RECHECK_MS } from "../../shared/fleet/named-clusters.ts";
import { Channel } from "../../shared/kernel/channel.ts";
import { ClusterTail, type ClusterTailOptions, type TailSink, type TailState } from "./cluster-tail.stream.ts";
import { type OrderedLine, ReorderWindow } from "./reorder.window.ts";

export interface ClusterTailState {
  target: Target;
  state: TailState;
  reason: string | null;
  since: Date;
}

export interface TailItem {
  lines: OrderedLine[];
  /** Lines left out here, since the reader is slower than they come. */
  dropped: number;
  /** Lines that the clusters' Lokis left out. */
  droppedUpstream: number;
  /** Every cluster, by name. */
  clusters: ClusterTailState[];
}

export interface LogTailOptions extends Omit<ClusterTailOptions, "target" | "sink"> {
  targets: readonly Target[];
  now: () => Date;
  /** The clusters as they are now, in the same order; null for one that its reader may no longer see. */
  recheck: () => Promise<readonly (Target | null)[]>;
  /** Clusters that the reader named: the tail ends with CLUSTER_NOT_FOUND once one may no longer be seen. */
  named?: ReadonlySet<string>;
  /** Calls back when a cluster may have changed. @returns how to stop. */
  onChange?: (touched: () => void) => () => void;
  recheckMs?: number;
  waitMs?: number;
  tickMs?: number;
}

/** How long a line waits for those that were written before it. */
const WAIT_MS = 1000;
/** Lines waiting so, and lines waiting for the reader. */
const MOST_WAITING = 2000;
const MOST_UNREAD = 1000;
/** So often at most there is an item: a busy tail is told in batches. */
const TICK_MS = 250;

/**
 * The new lines of many clusters as one stream. Its reader gets what has come in since the item before; what comes faster than it is
 * read is left out, oldest first, and counted. It ends when all clusters' tails have.
 */
export function logTail(options: LogTailOptions): Channel<TailItem> {
  const { targets, recheck, now, named, onChange, onInternalError } = options;
  const { recheckMs = RECHECK_MS, waitMs = WAIT_MS, tickMs = TICK_MS } = options;
  const window = new ReorderWindow({ waitMs, most: MOST_WAITING });
  const states = new Map<string, ClusterTailState>();
  let unread: OrderedLine[] = [];
  let [dropped, droppedUpstream, isChanged] = [0, 0, false];

  const sink: TailSink = {
    lines: (lines) => {
      for (const line of lines) window.add(line, performance.now());
      collect();
    },
    dropped: (_, count) => {
      droppedUpstream += count;
    },
    state: (target, state, reason) => {
      states.set(target.id, { target, state, reason, since: now() });
      isChanged = true;
    },
  };
  const collect = (): void => {
    unread = unread.concat(window.due(performance.now()));
    const excess = unread.length - MOST_UNREAD;
    if (excess <= 0) return;
    unread = unread.slice(excess);
    dropped += excess;
  };
  const tick = (): void => {
    collect();
    const isNews = isChanged || unread.length > 0 || dropped + droppedUpstream > 0;
    if (isNews && items.length === 0) {
      items.push({ lines: unread, dropped, droppedUpstream, clusters: [...states.values()] });
      unread = [];
      [dropped, droppedUpstream, isChanged] = [0, 0, false];
    } else if (!isNews && window.size === 0 && [...states.values()].every(({ state }) => state === "ENDED"))
      items.close();
  };
  const check = async (): Promise<void> => {
    for (const [at, target] of (await recheck()).entries()) {
      const { id = "" } = targets[at] ?? {};
      if (target) tails[at]?.update(target);
      else if (named?.has(id)) items.close(clusterGone(id));
      else tails[at]?.end("The cluster is not there any more, or no longer yours to see.");
    }
  };

  const look = (): void => void check().catch(onInternalError);
  const timers = [setInterval(tick, tickMs).unref(), setInterval(look, recheckMs).unref()];
  const items = new Channel<TailItem>({
    limit: 1,
    onClose: () => {
      for (const timer of timers) clearInterval(timer);
      stopWatching?.();
      for (const tail of tails) tail.close();
    },
  });
  const tails = targets.map((target) => new ClusterTail({ ...options, target, sink }, now()));
  const stopWatching = onChange?.(look);
  return items;
}
