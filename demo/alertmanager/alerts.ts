import type { Matcher } from "../../promql/ast.ts";
import { matcher } from "../../promql/matchers.ts";
import type { ActiveAlert, Labels } from "../world/alerts/rule.ts";
import { monitoringNamespace } from "../world/workloads.ts";
import type { World } from "../world/world.ts";
import { fingerprint } from "./fingerprint.ts";
import { satisfies } from "./matchers.ts";
import type { Silences } from "./silences.ts";

/** Prometheus tells of a firing alert again every minute; one it does not tell of for four ends. */
const RESEND = 60;
const GRACE = 240;

/** What a critical alert keeps quiet: the lesser ones about the same thing. */
export const INHIBITION = {
  source: [matcher("severity", "=", "critical")],
  target: [matcher("severity", "=~", "warning|info")],
  equal: ["namespace", "service"],
} as const satisfies { source: readonly Matcher[]; target: readonly Matcher[]; equal: readonly string[] };

/** In the order in which they are tried. */
export const ROUTES: readonly { readonly receiver: string; readonly matchers: readonly Matcher[] }[] = [
  { receiver: "null", matchers: [matcher("alertname", "=", "Watchdog")] },
  { receiver: "critical", matchers: [matcher("severity", "=", "critical")] },
];
export const DEFAULT_RECEIVER = "fleet";

export interface ReceivedAlert {
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly fingerprint: string;
  readonly receiver: string;
  readonly generatorURL: string;
  /** Milliseconds. */
  readonly startsAt: number;
  readonly updatedAt: number;
  readonly endsAt: number;
  readonly silencedBy: readonly string[];
  readonly inhibitedBy: readonly string[];
}

/** As Go escapes a query string. */
const escaped = (text: string) =>
  encodeURIComponent(text)
    .replaceAll("%20", "+")
    .replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

type Firing = ActiveAlert & { readonly firedAt: number };

function received(world: World, alert: Firing, now: number): Omit<ReceivedAlert, "silencedBy" | "inhibitedBy"> {
  // Prometheus adds its external labels on the way out.
  const labels = { cluster: world.spec.name, ...alert.labels };
  const updatedAt = alert.firedAt + Math.floor((now / 1000 - alert.firedAt) / RESEND) * RESEND;
  const prometheus = `http://prometheus-k8s.${monitoringNamespace(world.spec)}.svc:9090`;
  return {
    labels,
    annotations: alert.annotations,
    fingerprint: fingerprint(labels),
    receiver: ROUTES.find(({ matchers }) => satisfies(labels, matchers))?.receiver ?? DEFAULT_RECEIVER,
    generatorURL: `${prometheus}/graph?g0.expr=${escaped(alert.rule.query)}&g0.tab=1`,
    startsAt: alert.firedAt * 1000,
    updatedAt: updatedAt * 1000,
    endsAt: (updatedAt + GRACE) * 1000,
  };
}

/** The alerts that an Alertmanager has at `now` (milliseconds), by their fingerprints. */
export function receivedAlerts(world: World, silences: Silences, now: number): ReceivedAlert[] {
  const firing = world.alerts.active(now / 1000).filter((alert): alert is Firing => alert.firedAt !== undefined);
  const alerts = firing.map((alert) => received(world, alert, now));
  const sources = alerts.filter(({ labels }) => satisfies(labels, INHIBITION.source));
  const active = silences.active(now);
  const same = (a: Labels, b: Labels) => INHIBITION.equal.every((name) => a[name] === b[name]);
  return alerts
    .map((alert) => {
      const inhibitable = satisfies(alert.labels, INHIBITION.target);
      return {
        ...alert,
        silencedBy: active.filter(({ compiled }) => satisfies(alert.labels, compiled)).map(({ id }) => id),
        inhibitedBy: inhibitable
          ? sources.filter(({ labels }) => same(labels, alert.labels)).map((source) => source.fingerprint)
          : [],
      };
    })
    .sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1));
}

export const suppressed = ({ silencedBy, inhibitedBy }: ReceivedAlert): boolean =>
  silencedBy.length > 0 || inhibitedBy.length > 0;
