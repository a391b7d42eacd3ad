import type { Entities } from "./entities.ts";
import { acknowledge, silence } from "./intent.act.ts";
import { alerts, clusterStatus, fleetStatus } from "./intent.fleet.ts";
import { gpuHealth, gpuProcesses, gpuSummary, gpuWaste } from "./intent.gpu.ts";
import { certificates, events, nodes, pods } from "./intent.kubernetes.ts";
import { anomalies, changes, explain, logs, metrics, trace, traces } from "./intent.signals.ts";
import { ENOUGH, type Intent } from "./intent.ts";
import { why } from "./intent.why.ts";

/** What the rules understand. Of several that fit a question equally well, the first is meant. */
export const INTENTS: readonly Intent[] = [
  silence,
  acknowledge,
  trace,
  explain,
  why,
  changes,
  anomalies,
  gpuHealth,
  gpuWaste,
  gpuProcesses,
  gpuSummary,
  certificates,
  logs,
  traces,
  events,
  nodes,
  pods,
  metrics,
  alerts,
  clusterStatus,
  fleetStatus,
];

const HELP =
  /^(?:help|\?+|hi|hello|hey)\b[ !.?]*$|\bwhat can (?:you|i|it)\b|\bwhat (?:questions|kind)\b.*\b(?:ask|answer)|\bhow (?:do|can) (?:i|you) (?:use|ask|help)|\bwho are you\b|\bwhat do you (?:do|know)\b/;

export const asksForHelp = (text: string): boolean => HELP.test(text);

/** The intent with most points, if any has enough. */
export function intentOf(text: string, entities: Entities): Intent | null {
  let best: Intent | null = null;
  let most = ENOUGH - 0.5;
  for (const intent of INTENTS) {
    if (intent.needs && !intent.needs.test(text)) continue;
    const points = intent.signs.reduce((sum, [sign, worth]) => sum + (sign.test(text) ? worth : 0), 0);
    const all =
      points + (points > 0 || intent.signs.length === 0 || entities.query ? (intent.points?.(entities) ?? 0) : 0);
    if (all > most) {
      best = intent;
      most = all;
    }
  }
  return best;
}
