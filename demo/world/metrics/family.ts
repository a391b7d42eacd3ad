/** A time series: its labels (`__name__` included) and its value at a unix second, a pure function. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly at: (t: number) => number;
}

/** All series of one metric, with what Prometheus tells about it at /api/v1/metadata. */
export interface MetricFamily {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly series: readonly Series[];
}

type Row = readonly [labels: Readonly<Record<string, string>>, at: (t: number) => number];

/**
 * A family from rows of labels and a value function; the name is added to the labels. The rows are made when the series are
 * first asked for: of a thousand clusters' series hardly any ever are.
 */
export function family(
  name: string,
  type: MetricFamily["type"],
  help: string,
  rows: () => readonly Row[],
): MetricFamily {
  let series: readonly Series[] | undefined;
  return {
    name,
    type,
    help,
    get series() {
      series ??= rows().map(([labels, at]) => {
        // An empty label is no label in Prometheus.
        const present = Object.entries(labels).filter(([, value]) => value !== "");
        return { labels: { __name__: name, ...Object.fromEntries(present) }, at };
      });
      return series;
    },
  };
}
