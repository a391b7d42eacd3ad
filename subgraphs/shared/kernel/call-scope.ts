/** What a call's signal tells beside its end: who waits for it, and for how long. */
export interface CallScope {
  /** Whose operation it belongs to; without, we ask for ourselves. */
  caller?: string;
  /** When patience ends, as `performance.now()` counts. */
  deadline?: number;
}

const scopes = new WeakMap<AbortSignal, CallScope>();

/** A signal goes the whole way down to the upstream with each call: so what belongs to the call goes with it. */
export const setCallScope = (signal: AbortSignal, scope: CallScope): void => void scopes.set(signal, scope);

export const callScope = (signal: AbortSignal): CallScope => scopes.get(signal) ?? {};
