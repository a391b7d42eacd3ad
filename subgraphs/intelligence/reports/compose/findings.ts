import type { AlertCounts, AlertPage } from "./alerts.ts";
import type { ReportAnomaly } from "./anomalies.ts";
import type { Usage } from "./capacity.ts";
import type { RootCause } from "./causes.ts";
import type { FleetCluster } from "./fleet.ts";
import type { GpuSummary, Waste } from "./gpu.ts";
import type { IncidentSubject, Track } from "./incident.ts";

/** What was gathered. Null where it was not asked for, or could not be had: a gap says the latter. */
export interface Findings {
  readonly clusters: readonly FleetCluster[];
  readonly counts: AlertCounts | null;
  readonly active: AlertPage | null;
  readonly past: AlertPage | null;
  readonly usage: readonly Usage[];
  readonly gpus: GpuSummary | null;
  readonly waste: Waste | null;
  readonly anomalies: { readonly items: readonly ReportAnomaly[]; readonly total: number } | null;
  readonly rootCause: RootCause | null;
  readonly subject: IncidentSubject | null;
  readonly tracks: readonly Track[];
}

export const NOTHING: Omit<Findings, "clusters"> = {
  counts: null,
  active: null,
  past: null,
  usage: [],
  gpus: null,
  waste: null,
  anomalies: null,
  rootCause: null,
  subject: null,
  tracks: [],
};

/** Critical, firing, and nobody's: neither acknowledged nor silenced. */
export const unattendedOf = ({ active }: Pick<Findings, "active">) =>
  (active?.items ?? []).filter(
    ({ severity, acknowledgement, silencedBy }) =>
      severity === "CRITICAL" && !acknowledgement && silencedBy.length === 0,
  );

/** Those that will be full, the soonest first. */
export const fillingOf = ({ usage }: Pick<Findings, "usage">): Usage[] =>
  usage
    .filter(({ outlook }) => outlook.status === "FULL" || outlook.status === "FILLING")
    .sort((a, b) => daysOf(a) - daysOf(b) || (a.cluster < b.cluster ? -1 : 1));

export const daysOf = ({ outlook }: Pick<Usage, "outlook">): number =>
  outlook.daysToFull?.expected ?? Number.POSITIVE_INFINITY;

export const inState = ({ clusters }: Pick<Findings, "clusters">, state: string): readonly FleetCluster[] =>
  clusters.filter(({ status }) => status.state === state);
