import type { FleetClients } from "../../shared/fleet/clients.ts";
import type { Target } from "../../shared/fleet/directory.ts";
import { callScope, setCallScope } from "../../shared/kernel/call-scope.ts";
import { fanOut } from "../../shared/kernel/fan-out.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import type { TimeBounds } from "../../shared/upstreams/tempo/client.ts";
import type { TraceAnswer } from "./traces.mapper.ts";
import type { TraceMode } from "./traces.type.ts";

export interface AskedRace {
  traceId: string;
  targets: readonly Target[];
  /** ALL waits for everybody. */
  mode: TraceMode | "ALL";
  bounds: TimeBounds | null;
  timeoutSeconds: number;
}

/** Asks all clusters for one trace until one has it, and the others for as long as the mode says. In the order asked. */
export type TraceRace = (asked: AskedRace) => Promise<TraceAnswer[]>;

/** How long the others have to answer after the first that has the trace. */
const GRACE_MS = 1000;

/** Equal askings of one operation are one race. */
export function traceRace(
  operation: Operation,
  clients: FleetClients,
  onInternalError: (error: unknown) => void,
): TraceRace {
  const races = new Map<string, Promise<TraceAnswer[]>>();
  const run = async ({ traceId, targets, mode, bounds, timeoutSeconds }: AskedRace): Promise<TraceAnswer[]> => {
    const found = new AbortController();
    let grace: NodeJS.Timeout | undefined;
    // Not at once: the finder itself has to come home first.
    const onFound = (): void => {
      if (mode !== "ALL") grace ??= setTimeout(() => found.abort(), mode === "FIRST" ? 0 : GRACE_MS);
    };
    const signal = AbortSignal.any([operation.signal, found.signal]);
    setCallScope(signal, callScope(operation.signal));
    const outcomes = await fanOut(
      targets,
      async (target, patience) => {
        const tempo = await clients.tempo(target);
        const answer = await tempo.trace(traceId, bounds, { signal: patience, requestId: operation.requestId });
        if (answer.spans.length > 0) onFound();
        return answer;
      },
      { signal, patienceMs: () => timeoutSeconds * 1000, onInternalError },
    );
    clearTimeout(grace);
    return targets.flatMap((target, index) => {
      const outcome = outcomes[index];
      return outcome ? [{ target, outcome }] : [];
    });
  };
  return (asked) => {
    const { targets, ...rest } = asked;
    const key = JSON.stringify([targets.map(({ id }) => id), rest]);
    const race = races.get(key) ?? run(asked);
    races.set(key, race);
    return race;
  };
}
