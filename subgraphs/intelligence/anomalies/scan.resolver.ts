import { AsksClusters } from "../../shared/kernel/asks-clusters.ts";
import { Arg, Ctx, Mutation, Resolver } from "../../shared/kernel/graphql.ts";
import type { AnomaliesContext } from "./anomalies.context.ts";
import { toAnomaly } from "./anomaly.mapper.ts";
import { DetectAnomaliesInput } from "./scan.input.ts";
import { AnomalyScan } from "./scan.type.ts";

@Resolver(() => AnomalyScan)
export class ScanResolver {
  @AsksClusters()
  @Mutation(() => AnomalyScan, {
    description:
      "Look for anomalies in all series that a query has over many clusters. Changes nothing, unless what is found is to be kept. A cluster that fails is a row with a status.",
  })
  async detectAnomalies(
    @Ctx() { scans }: AnomaliesContext,
    @Arg("input", () => DetectAnomaliesInput, { description: "What to look at, where, and how." })
    input: DetectAnomaliesInput,
  ): Promise<AnomalyScan> {
    const { rows, window, ...scan } = await scans.scan(input);
    return {
      ...scan,
      anomalies: rows.map(toAnomaly),
      startTime: new Date(window.start * 1000),
      endTime: new Date(window.end * 1000),
      stepSeconds: window.step,
    };
  }
}
