import { isTest, read, sourceFiles } from "./source-files.ts";

const MADE = [
  // By the kernel's instruments, and the gateway's own short form of a gauge.
  /\b(counter|gauge|histogram|lastOf)\((?:\s*registry,)?\s*"((?:aiops|http)_\w+)",\s*"([^"]+)"/g,
  /new (Counter|Gauge|Histogram)\(\{\s*name: "(\w+)",\s*help: "([^"]+)"/g,
];

export interface OwnMetric {
  name: string;
  type: string;
  help: string;
}

/** The metrics that the product's sources declare. */
export const ownMetrics: readonly OwnMetric[] = sourceFiles
  .filter((path) => /^(gateway|subgraphs)\//.test(path) && !isTest(path))
  .flatMap((path) => MADE.flatMap((made) => [...read(path).matchAll(made)]))
  .map(([, type = "", name = "", help = ""]) => ({ name, type: type.toLowerCase(), help }));

/** The names under which Prometheus has them. */
export const seriesOf = ({ name, type }: OwnMetric): string[] =>
  type === "histogram" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
