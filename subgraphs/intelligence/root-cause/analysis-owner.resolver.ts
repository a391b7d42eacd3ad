import { Ctx, FieldResolver, Resolver, Root } from "../../shared/kernel/graphql.ts";
import { Alert } from "../alert.type.ts";
import { AnomalyDetection } from "../anomalies/anomaly.type.ts";
import { toAnalysis } from "./analysis.mapper.ts";
import { RootCauseAnalysis } from "./analysis.type.ts";
import type { RootCauseContext } from "./root-cause.context.ts";

const LATEST = "The latest search for its root cause that was finished. Null where there is none.";

@Resolver(() => Alert)
export class AlertRootCauseResolver {
  @FieldResolver(() => RootCauseAnalysis, { nullable: true, description: LATEST })
  async rootCause(
    @Root() { id }: Alert,
    @Ctx() { rootCauseLoaders }: RootCauseContext,
  ): Promise<RootCauseAnalysis | null> {
    const row = await rootCauseLoaders.ofAlert.load(id);
    return row && toAnalysis(row);
  }
}

@Resolver(() => AnomalyDetection)
export class AnomalyRootCauseResolver {
  @FieldResolver(() => RootCauseAnalysis, { nullable: true, description: LATEST })
  async rootCause(
    @Root() { id }: AnomalyDetection,
    @Ctx() { rootCauseLoaders }: RootCauseContext,
  ): Promise<RootCauseAnalysis | null> {
    const row = await rootCauseLoaders.ofAnomaly.load(id);
    return row && toAnalysis(row);
  }
}
