import type { WorldPod } from "./inventory.ts";
import { holds, startedAt } from "./lifecycle.ts";
import type { Fate } from "./workloads.ts";

/** How long a crashing container lives before it falls over. */
export const RUN_SECONDS = 50;
const RUNNING: ReadonlySet<Fate> = new Set(["steady", "leaking", "crashing"]);

/** Whether it ever has live containers. */
export const mayRun = ({ fate }: WorldPod): boolean => RUNNING.has(fate);

/** What becomes of a pod at a unix second. */
export const fateAt = (pod: WorldPod, t: number): Fate =>
  pod.illness !== undefined && holds(pod.life.ill, t) ? pod.illness : pod.fate;

export const existsAt = ({ within, away }: WorldPod, t: number): boolean =>
  (within === undefined || holds(within, t)) && !holds(away, t);

/** Whether it has live containers, hence logs and series of their own. */
export const runsAt = (pod: WorldPod, t: number): boolean => existsAt(pod, t) && RUNNING.has(fateAt(pod, t));

/** Since when the container is as it is: since its start, or since it became ill. */
export const stateSince = ({ life }: WorldPod, t: number): number => {
  const started = startedAt(life, t);
  return holds(life.ill, t) ? Math.max(started, life.ill?.from ?? started) : started;
};

/** Whether the container answers: a crashing one mostly does not. */
export const answersAt = (pod: WorldPod, t: number): boolean =>
  runsAt(pod, t) && (fateAt(pod, t) !== "crashing" || t - stateSince(pod, t) < RUN_SECONDS);
