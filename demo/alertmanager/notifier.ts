import { monitoringNamespace } from "../world/workloads.ts";
import type { World } from "../world/world.ts";
import { type ReceivedAlert, receivedAlerts, suppressed } from "./alerts.ts";
import { VERSION } from "./configuration.ts";
import { type AlertGroup, GROUP_BY, grouped } from "./groups.ts";
import type { Silences } from "./silences.ts";

const EVERY_MS = 1000;
const TIMEOUT_MS = 5000;
const NOBODY = "null";
const STILL_FIRING = "0001-01-01T00:00:00Z";

type Told = AlertGroup & { readonly firing: ReadonlyMap<string, ReceivedAlert> };

interface Notification {
  readonly group: AlertGroup;
  readonly firing: readonly ReceivedAlert[];
  readonly resolved: readonly ReceivedAlert[];
  readonly first: boolean;
}

const keyOf = ({ receiver, labels }: AlertGroup) => JSON.stringify([receiver, labels]);

/** What all of the maps have in common. */
function common(maps: readonly Readonly<Record<string, string>>[]): Record<string, string> {
  const [first = {}, ...others] = maps;
  return Object.fromEntries(
    Object.entries(first).filter(([name, value]) => others.every((other) => other[name] === value)),
  );
}

function reason({ firing, resolved, first }: Notification): string {
  if (first) return "first notification";
  if (firing.length === 0) return "all alerts resolved";
  return resolved.length > 0 ? "some alerts resolved" : "new alerts in group";
}

/** The body that Alertmanager posts to a webhook, version 4. */
function body(world: World, notification: Notification, now: number): string {
  const { group, firing, resolved } = notification;
  const shown = (alert: ReceivedAlert, status: string, endsAt: string) => {
    const { labels, annotations, generatorURL, fingerprint } = alert;
    const startsAt = new Date(alert.startsAt).toISOString();
    return { status, labels, annotations, startsAt, endsAt, generatorURL, fingerprint };
  };
  const alerts = [...firing, ...resolved];
  const matched = group.receiver === "critical" ? '/{severity="critical"}' : "";
  const by = GROUP_BY.map((name) => `${name}=${JSON.stringify(group.labels[name] ?? "")}`).join(", ");
  return JSON.stringify({
    receiver: group.receiver,
    status: firing.length > 0 ? "firing" : "resolved",
    alerts: [
      ...firing.map((alert) => shown(alert, "firing", STILL_FIRING)),
      ...resolved.map((alert) => shown(alert, "resolved", new Date(now).toISOString())),
    ],
    notification_reason: reason(notification),
    groupLabels: group.labels,
    commonLabels: common(alerts.map(({ labels }) => labels)),
    commonAnnotations: common(alerts.map(({ annotations }) => annotations)),
    externalURL: `http://alertmanager.${monitoringNamespace(world.spec)}.svc:9093`,
    version: "4",
    groupKey: `{}${matched}:{${by}}`,
    truncatedAlerts: 0,
  });
}

/** Posts to a webhook what begins and ends, while it is told of one; otherwise it does nothing at all. */
export class Notifier {
  readonly #world: World;
  readonly #silences: Silences;
  readonly #now: () => number;
  #told = new Map<string, Told>();
  #stop = new AbortController();
  #busy = false;

  constructor(world: World, silences: Silences, now: () => number) {
    this.#world = world;
    this.#silences = silences;
    this.#now = now;
  }

  /** From now on posts to this URL, all that fires first; with null to none. */
  send(url: string | null): void {
    this.#stop.abort();
    this.#told = new Map();
    if (url === null) return;
    const stop = new AbortController();
    this.#stop = stop;
    const turn = () => void this.#turn(url, stop.signal);
    const timer = setInterval(turn, EVERY_MS);
    stop.signal.addEventListener("abort", () => clearInterval(timer));
    turn();
  }

  async #turn(url: string, stop: AbortSignal): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      await Promise.all(this.#due().map((notification) => this.#post(url, notification, stop)));
    } finally {
      this.#busy = false;
    }
  }

  #due(): Notification[] {
    const alerts = receivedAlerts(this.#world, this.#silences, this.#now());
    const firing = new Map(grouped(alerts).map((group) => [keyOf(group), group]));
    const groups = new Map<string, AlertGroup>([...this.#told, ...firing]);
    return [...groups].flatMap(([key, group]) => {
      const now = (firing.get(key)?.alerts ?? []).filter((alert) => !suppressed(alert));
      const told = this.#told.get(key);
      const there = new Set((firing.get(key)?.alerts ?? []).map(({ fingerprint }) => fingerprint));
      const resolved = [...(told?.firing.values() ?? [])].filter(({ fingerprint }) => !there.has(fingerprint));
      const fresh = now.some(({ fingerprint }) => told?.firing.has(fingerprint) !== true);
      if (group.receiver === NOBODY || (!fresh && resolved.length === 0)) return [];
      return [{ group, firing: now, resolved, first: told === undefined }];
    });
  }

  async #post(url: string, notification: Notification, stop: AbortSignal): Promise<void> {
    const { group, firing } = notification;
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json", "user-agent": `Alertmanager/${VERSION}` },
        body: body(this.#world, notification, this.#now()),
        signal: AbortSignal.any([stop, AbortSignal.timeout(TIMEOUT_MS)]),
      });
      await response.body?.cancel();
      // Like the real one: only what may pass is tried again, at the next turn.
      if (response.status >= 500) return;
    } catch {
      return;
    }
    if (stop.aborted) return;
    const known = new Map(firing.map((alert) => [alert.fingerprint, alert]));
    if (known.size === 0) this.#told.delete(keyOf(group));
    else this.#told.set(keyOf(group), { ...group, firing: known });
  }
}
