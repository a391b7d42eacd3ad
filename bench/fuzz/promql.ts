/** Numbers from 0 to 1, the same for the same seed. */
export function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Compositions of what PromQL has, over the series of `fleetSamples`. The same for the same seed. */
export function randomExpressions(seed: number, count: number): string[] {
  const random = generator(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const some = (of: string[], most: number): string =>
    of
      .toSorted(() => random() - 0.5)
      .slice(0, Math.floor(random() * (most + 1)))
      .join(", ");
  const labels = ["cluster", "instance", "job", "room", "code", "version"];

  const matchers = (): string =>
    pick([
      "",
      "",
      "",
      '{cluster="alpha"}',
      '{cluster!="alpha"}',
      '{cluster=~"a.*"}',
      '{instance!="node-0"}',
      '{instance=~"node-[01]"}',
    ]);
  const metric = (): string =>
    pick(["temperature", "memory_bytes", "replicas", "sometimes", "requests_total", "only_alpha", "build_info"]);
  const modifier = (): string => pick(["", "", "", " offset 10m", " offset 7s", " @ end()"]);
  const selector = (): string => `${metric()}${matchers()}${modifier()}`;
  // No two alike, and no NaN: which of equals is a top one is not laid down.
  const distinct = (): string => pick(["temperature > 0", "memory_bytes", "rate(requests_total[5m])"]);
  const grouping = (): string =>
    pick(["", ` by (${some(labels, 2)}) `, ` by (${some(labels, 2)}) `, ` without (${some(labels, 3)}) `]);

  const vector = (depth: number): string => {
    if (depth <= 0) return random() < 0.7 ? selector() : `rate(requests_total${matchers()}[5m])`;
    const next = () => vector(depth - 1 - Math.floor(random() * 2));
    return pick([
      () => `${pick(["sum", "avg", "min", "max", "count", "group"])}${grouping()}(${next()})`,
      // Of a NaN alone, Prometheus 2 says 0 and 3 says NaN.
      () => `${pick(["stddev", "stdvar"])}${grouping()}(${distinct()})`,
      () => `${pick(["topk", "bottomk"])}${grouping()}(${pick([1, 2])}, ${distinct()})`,
      () => `quantile${grouping()}(${pick([0.1, 0.5, 0.9])}, ${next()})`,
      () => `count_values${grouping()}("v", replicas${matchers()})`,
      () => `${pick(["abs", "ceil", "sgn", "sqrt", "sort", "timestamp"])}(${next()})`,
      () => `-(${next()})`,
      () => `(${next()} ${pick(["+", "-", "*", "/", "%"])} ${scalar(depth - 1)})`,
      () => `(${next()} ${pick([">", "<", ">=", "==", "!="])}${pick([" ", " bool "])}${scalar(depth - 1)})`,
      () => `(${next()} ${pick(["+", "-", "*", "/", ">", "<="])}${matching()}${next()})`,
      () => `(${next()} ${pick(["and", "or", "unless"])}${matching()}${next()})`,
      () =>
        `${pick(["max", "min", "avg", "count", "last", "present"])}_over_time((${next()})[9m30s:${pick([1, 2])}m]${pick(["", " offset 3m"])})`,
      () =>
        `label_replace(${next()}, "${pick(["x", "room", "cluster"])}", "$1", "${pick(["instance", "cluster"])}", "(.*)")`,
      () => `absent(${next()})`,
      () => `vector(${scalar(depth - 1)})`,
    ])();
  };
  const matching = (): string =>
    pick([" ", " ", ` on (cluster, instance) `, " on (instance) ", ` ignoring (${some(labels, 2)}) `, " on () "]);
  const scalar = (depth: number): string =>
    depth > 0 && random() < 0.3 ? `scalar(${vector(depth - 1)})` : pick(["2", "0.5", "time() / 1e9", "-1", "20"]);

  return Array.from({ length: count }, () => vector(1 + Math.floor(random() * 3)));
}
