import type { FleetRow, Tally } from "./capabilities.repository.ts";
import type { CapabilityTally, FleetCapabilities } from "./fleet-capabilities.type.ts";

export function toFleetCapabilities({ clusters, tallies, ...rest }: FleetRow): FleetCapabilities {
  const tally = ({ present, unknown }: Tally): CapabilityTally => ({
    present,
    absent: clusters - present - unknown,
    unknown,
  });
  return {
    total: clusters,
    ...rest,
    gpus: tally(tallies.gpus),
    prometheus: tally(tallies.prometheus),
    thanos: tally(tallies.thanos),
    tempo: tally(tallies.tempo),
    loki: tally(tallies.loki),
    serviceMesh: tally(tallies.serviceMesh),
    cnf: tally(tallies.cnf),
  };
}
