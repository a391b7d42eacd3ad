/** 2024-01-01T00:00:00Z in unix seconds: the simulated world holds nothing older. */
export const EPOCH = 1_704_067_200;

/** A time, in unix seconds; `to` is no part of it. */
export interface Period {
  readonly from: number;
  readonly to: number;
}

export const holds = (period: Period | undefined, t: number): boolean =>
  period !== undefined && t >= period.from && t < period.to;

/**
 * When a pod was created and its container last started, as pure functions of the time asked about. Pods are recreated
 * every `lifetime` seconds, containers inside restart every `restartEvery` seconds (Infinity: never).
 */
export interface Lifecycle {
  readonly lifetime: number;
  readonly phase: number;
  readonly restartEvery: number;
  /** A time in which containers restart besides, every so many seconds from its begin on. */
  readonly ill?: Period & { readonly every: number };
}

/** Unix second at which the pod that exists at `t` was created. */
export function createdAt(life: Lifecycle, t: number): number {
  return Math.floor((t - life.phase) / life.lifetime) * life.lifetime + life.phase;
}

/** Restarts by unix second `t` of those in the time of illness. */
function illRestarts({ ill }: Lifecycle, t: number): number {
  return ill === undefined || t <= ill.from ? 0 : Math.floor((Math.min(t, ill.to) - ill.from) / ill.every);
}

/** Restarts of the container since the pod was created. */
export function restartsAt(life: Lifecycle, t: number): number {
  const created = createdAt(life, t);
  const usual = life.restartEvery === Infinity ? 0 : Math.floor((t - created) / life.restartEvery);
  return usual + illRestarts(life, t) - illRestarts(life, created);
}

/** Unix second at which the container that runs at `t` was started: its counters began at zero there. */
export function startedAt(life: Lifecycle, t: number): number {
  const created = createdAt(life, t);
  const { ill, restartEvery } = life;
  const usual = restartEvery === Infinity ? created : created + Math.floor((t - created) / restartEvery) * restartEvery;
  const restarts = illRestarts(life, t);
  return ill === undefined || restarts === 0 ? usual : Math.max(usual, ill.from + restarts * ill.every);
}
