/** 2024-01-01T00:00:00Z in unix seconds: the simulated world holds nothing older. */
export const EPOCH = 1_704_067_200;

/**
 * When a pod was created and its container last started, as pure functions of the time asked about. Pods are recreated
 * every `lifetime` seconds, containers inside restart every `restartEvery` seconds (Infinity: never).
 */
export interface Lifecycle {
  readonly lifetime: number;
  readonly phase: number;
  readonly restartEvery: number;
}

/** Unix second at which the pod that exists at `t` was created. */
export function createdAt(life: Lifecycle, t: number): number {
  return Math.floor((t - life.phase) / life.lifetime) * life.lifetime + life.phase;
}

/** Restarts of the container since the pod was created. */
export function restartsAt(life: Lifecycle, t: number): number {
  return life.restartEvery === Infinity ? 0 : Math.floor((t - createdAt(life, t)) / life.restartEvery);
}

/** Unix second at which the container that runs at `t` was started: its counters began at zero there. */
export function startedAt(life: Lifecycle, t: number): number {
  const created = createdAt(life, t);
  if (life.restartEvery === Infinity) return created;
  return created + Math.floor((t - created) / life.restartEvery) * life.restartEvery;
}
