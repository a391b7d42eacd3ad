import type { SourceSeries } from "../../../promql/source.ts";
import type { Alerts } from "./alerts.ts";

/** The series that Prometheus writes of its own alerts; they have no samples while the alert is not in their state. */
export function alertSeries(alerts: Alerts): SourceSeries[] {
  return alerts.known().flatMap(({ rule, labels }) =>
    (["pending", "firing"] as const).map((alertstate) => ({
      labels: { __name__: "ALERTS", alertstate, ...labels },
      at: (t: number) => (alerts.stateOf(rule, labels, t) === alertstate ? 1 : undefined),
    })),
  );
}
