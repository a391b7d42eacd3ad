import { z } from "zod";
import { Arg, Args, Ctx, FieldResolver, Int, Mutation, Query, Resolver, Root } from "../../shared/kernel/graphql.ts";
import { PageArgs } from "../../shared/kernel/page.input.ts";
import { GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { check } from "../../shared/kernel/validation.ts";
import type { AnomaliesContext } from "../anomalies/anomalies.context.ts";
import { toAnomaly } from "../anomalies/anomaly.mapper.ts";
import { AnomalyDetection } from "../anomalies/anomaly.type.ts";
import type { FleetContext } from "../context.ts";
import { FindRootCauseInput, IncidentFilterInput, RootCauseAnalysisFilterInput } from "./analysis.input.ts";
import { toAnalysis, toIncident } from "./analysis.mapper.ts";
import { RootCauseAnalysis, RootCauseAnalysisPage } from "./analysis.type.ts";
import { IncidentPage } from "./incident.type.ts";
import type { RootCauseContext } from "./root-cause.context.ts";

type Context = FleetContext & RootCauseContext;

const WaitRule = z.object({ waitSeconds: z.number().int().min(0, "must be 0 to 60").max(60, "must be 0 to 60") });

@Resolver(() => RootCauseAnalysis)
export class AnalysisResolver {
  @Mutation(() => RootCauseAnalysis, {
    description:
      "Search for the root cause of an alert, an anomaly or a bad stretch of time, in the cluster's metrics, logs, traces, events, rollouts and alerts. It answers at once, while the search runs: see its status, rootCauseProgress and the event RCA_COMPLETE. It sees what you may see.",
  })
  async findRootCause(
    @Ctx() { rootCauses, operation }: Context,
    @Arg("input", () => FindRootCauseInput, { description: "What to explain." }) input: FindRootCauseInput,
    @Arg("waitSeconds", () => Int, {
      defaultValue: 0,
      description: "Answer when it is over, after so many seconds at most: 0 to 60.",
    })
    waitSeconds: number,
  ): Promise<RootCauseAnalysis> {
    check(WaitRule, { waitSeconds });
    const row = await rootCauses.start(operation, input);
    return toAnalysis(await rootCauses.wait(operation, row, waitSeconds));
  }

  @Mutation(() => RootCauseAnalysis, {
    description: "End a search that runs: one's own, or anybody's with the role operator.",
  })
  async cancelRootCauseAnalysis(
    @Ctx() { rootCauses, operation }: Context,
    @Arg("id", () => GraphQLUUID, { description: "The search." }) id: string,
  ): Promise<RootCauseAnalysis> {
    return toAnalysis(await rootCauses.cancel(operation, id));
  }

  @Query(() => RootCauseAnalysis, {
    nullable: true,
    description: "One search for a root cause. Null if there is none, or none that may be seen.",
  })
  async rootCauseAnalysis(
    @Ctx() { rootCauseLoaders }: Context,
    @Arg("id", () => GraphQLUUID, { description: "Which." }) id: string,
  ): Promise<RootCauseAnalysis | null> {
    const row = await rootCauseLoaders.byId.load(id);
    return row && toAnalysis(row);
  }

  @Query(() => RootCauseAnalysisPage, { description: "Searches for root causes, the latest first." })
  async rootCauseAnalyses(
    @Ctx() { rootCauses, operation }: Context,
    @Args(() => PageArgs) page: PageArgs,
    @Arg("filter", () => RootCauseAnalysisFilterInput, { nullable: true, description: "Which; all unless given." })
    filter?: RootCauseAnalysisFilterInput | null,
  ): Promise<RootCauseAnalysisPage> {
    const { items, ...rest } = await rootCauses.page(operation, filter ?? {}, page);
    return { ...rest, items: items.map(toAnalysis) };
  }

  @Query(() => IncidentPage, {
    description:
      "What goes wrong now: the alerts that fire, critical ones and warnings, grouped by labels, time and what they are about. The latest first; of 500 alerts at most.",
  })
  async incidents(
    @Ctx() { incidents, operation }: Context,
    @Args(() => PageArgs) page: PageArgs,
    @Arg("filter", () => IncidentFilterInput, { nullable: true, description: "Which alerts; all unless given." })
    filter?: IncidentFilterInput | null,
  ): Promise<IncidentPage> {
    const { items, ...rest } = await incidents.page(operation, { ...filter }, page);
    return { ...rest, items: items.map(toIncident) };
  }

  @FieldResolver(() => AnomalyDetection, {
    nullable: true,
    description: "The anomaly that it is to explain, if it is one. Null also once that is forgotten.",
  })
  async anomaly(
    @Root() { anomalyId }: RootCauseAnalysis,
    @Ctx() { anomalies }: AnomaliesContext,
  ): Promise<AnomalyDetection | null> {
    const row = anomalyId ? await anomalies.loaders.byId.load(anomalyId) : null;
    return row && toAnomaly(row);
  }
}
