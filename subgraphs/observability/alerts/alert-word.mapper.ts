import type { AlertSeverity, AlertState } from "../../../prisma/generated/enums.ts";
import type { ActiveAlert } from "../../shared/upstreams/alertmanager/schema.ts";
import type { PendingAlert } from "../../shared/upstreams/prometheus/alerts.ts";
import { fingerprintOf } from "./fingerprint.mapper.ts";
import { labelPairs } from "./matcher.filter.ts";
import type { NotifiedAlert } from "./notification.mapper.ts";
import { severityOf } from "./severity.mapper.ts";

/** What somebody says of one occurrence of an alert. */
export interface AlertWord {
  fingerprint: string;
  startsAt: Date;
  /** When it ended; null unless it is RESOLVED. */
  endsAt: Date | null;
  state: AlertState;
  alertname: string;
  severity: AlertSeverity;
  labels: Record<string, string>;
  labelPairs: string[];
  annotations: Record<string, string>;
  namespace: string | null;
  pod: string | null;
  node: string | null;
  generatorUrl: string | null;
  silencedBy: string[];
  inhibitedBy: string[];
  /** The moment that the word is about. */
  saidAt: Date;
}

type Labels = Readonly<Record<string, string>>;

/** Of an alert that its Alertmanager lists. */
export const firingWord = (alert: ActiveAlert, at: Date): AlertWord =>
  word(alert, { ...alert, state: "FIRING", endsAt: null, saidAt: at });

/** Of an alert that Prometheus does not send on yet. */
export const pendingWord = ({ activeAt, ...alert }: PendingAlert, at: Date): AlertWord =>
  word({ ...alert, generatorUrl: "" }, { state: "PENDING", startsAt: activeAt, endsAt: null, saidAt: at });

/** Of an alert that a notification tells of: it does not say when it was written, so a firing one is as old as the alert. */
export const notifiedWord = ({ startsAt, endsAt, ...alert }: NotifiedAlert): AlertWord =>
  word(alert, { ...alert, state: endsAt ? "RESOLVED" : "FIRING", startsAt, endsAt, saidAt: endsAt ?? startsAt });

function word(
  { labels: given, annotations, generatorUrl }: { labels: Labels; annotations: Labels; generatorUrl: string },
  said: Pick<AlertWord, "state" | "startsAt" | "endsAt" | "saidAt"> &
    Partial<Pick<AlertWord, "silencedBy" | "inhibitedBy">> & { fingerprint?: string | undefined },
): AlertWord {
  const labels = storable(given);
  const first = (...names: string[]): string | null => names.map((name) => labels[name]).find((value) => value) ?? null;
  return {
    fingerprint: said.fingerprint ?? fingerprintOf(given),
    startsAt: said.startsAt,
    endsAt: said.endsAt,
    state: said.state,
    alertname: labels["alertname"] ?? "",
    severity: severityOf(labels),
    labels,
    labelPairs: labelPairs(labels),
    annotations: storable(annotations),
    // What was scraped, not who was asked for it: an exporter's own namespace and pod stand in the plain labels then.
    namespace: first("exported_namespace", "namespace"),
    pod: first("exported_pod", "pod"),
    node: first("exported_node", "node", "nodename", "Hostname", "hostname"),
    generatorUrl: link(generatorUrl),
    silencedBy: said.silencedBy ?? [],
    inhibitedBy: said.inhibitedBy ?? [],
    saidAt: said.saidAt,
  };
}

/** PostgreSQL's JSON takes no NUL and no half of a character, which a label may have. */
const storable = (labels: Labels): Record<string, string> =>
  Object.fromEntries(Object.entries(labels).map(([name, value]) => [text(name), text(value)]));

const text = (value: string): string => value.replaceAll("\0", "\u{fffd}").toWellFormed();

/** Somebody will click on it: nothing but the web. */
const link = (url: string): string | null =>
  URL.canParse(url) && ["http:", "https:"].includes(new URL(url).protocol) ? url : null;
