import { Counter, Gauge, Histogram, type Registry } from "prom-client";

/** From what a cache answers to what a fleet-wide query may take. */
export const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

type Labels<L extends string> = Partial<Record<L, string | number>>;

// Each is made where there is none of its name yet: several parts of a process may count under one.

export function counter<L extends string>(
  registry: Registry,
  name: string,
  help: string,
  labelNames: readonly L[],
): Counter<L> {
  const known = registry.getSingleMetric(name) as Counter<L> | undefined;
  return known ?? new Counter({ name, help, labelNames: [...labelNames], registers: [registry] });
}

export function histogram<L extends string>(
  registry: Registry,
  name: string,
  help: string,
  labelNames: readonly L[],
  buckets: number[] = SECONDS,
): Histogram<L> {
  const known = registry.getSingleMetric(name) as Histogram<L> | undefined;
  return known ?? new Histogram({ name, help, labelNames: [...labelNames], buckets, registers: [registry] });
}

/** A value that is set when something happens. */
export function lastOf<L extends string>(
  registry: Registry,
  name: string,
  help: string,
  labelNames: readonly L[],
): Gauge<L> {
  const known = registry.getSingleMetric(name) as Gauge<L> | undefined;
  return known ?? new Gauge({ name, help, labelNames: [...labelNames], registers: [registry] });
}

type Read<L extends string> = () => Iterable<readonly [Labels<L>, number]>;

/** What there is when somebody asks. Where it cannot be told, as while the database is away, the metric has no value. */
export function gauge<L extends string>(
  registry: Registry,
  name: string,
  help: string,
  labelNames: readonly L[],
  read: Read<L> | (() => Promise<Iterable<readonly [Labels<L>, number]>>),
): void {
  if (registry.getSingleMetric(name)) return;
  const made: Gauge<L> = new Gauge({
    name,
    help,
    labelNames: [...labelNames],
    registers: [registry],
    async collect() {
      const told = await Promise.resolve()
        .then(read)
        .catch(() => []);
      made.reset();
      // Without labels a reset is a 0, which is not what is not known.
      if (labelNames.length === 0) made.remove();
      for (const [labels, value] of told) made.set(labels, value);
    },
  });
}

/** The sum of a gauge over its labels, or of those that `matching` names; null where nothing here counts it. */
export async function gaugeValue(
  registry: Registry,
  name: string,
  matching: Readonly<Record<string, string>> = {},
): Promise<number | null> {
  const metric = registry.getSingleMetric(name);
  if (!metric) return null;
  const { values } = await metric.get();
  const meant = values.filter(({ labels }) =>
    Object.entries(matching).every(([label, value]) => (labels as Record<string, unknown>)[label] === value),
  );
  return meant.length === 0 ? null : meant.reduce((sum, { value }) => sum + value, 0);
}
