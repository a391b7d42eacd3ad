import type { TailItem } from "./log-tail.stream.ts";
import type { LogTailItem } from "./log-tail.type.ts";
import { toEntry } from "./logs.mapper.ts";

/** An item as the graph shows it. */
export const toTailItem = ({ lines, clusters, ...counts }: TailItem): LogTailItem => ({
  ...counts,
  entries: lines.map(({ line, late }) => toEntry(line, late)),
  late: lines.filter(({ late }) => late).length,
  clusters: clusters.map(({ target: { id, name }, ...state }) => ({
    clusterId: id,
    clusterName: name,
    cluster: { id },
    ...state,
  })),
});
