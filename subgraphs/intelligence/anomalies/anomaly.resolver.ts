import { z } from "zod";
import { Arg, Args, Ctx, FieldResolver, Int, Query, Resolver, Root } from "../../shared/kernel/graphql.ts";
import { PageArgs } from "../../shared/kernel/page.input.ts";
import type { Page } from "../../shared/kernel/page.ts";
import { GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { check } from "../../shared/kernel/validation.ts";
import { Alert } from "../alert.type.ts";
import { Cluster } from "../cluster.type.ts";
import type { AnomaliesContext } from "./anomalies.context.ts";
import { AnomalyFilterInput, AnomalyOrder } from "./anomaly.input.ts";
import { toAnomaly, toAnomalyPage } from "./anomaly.mapper.ts";
import { AnomalyDetection, AnomalyPage } from "./anomaly.type.ts";
import { toDetectionRule } from "./rule.mapper.ts";
import { DetectionRule } from "./rule.type.ts";

const LimitRule = z.object({ limit: z.number().int().min(1, "must be 1 to 50").max(50, "must be 1 to 50") });

@Resolver(() => AnomalyDetection)
export class AnomalyResolver {
  @Query(() => AnomalyPage, {
    description: "Anomalies that rules found, or scans that were kept: the latest first unless asked for otherwise.",
  })
  async anomalies(
    @Ctx() { anomalies }: AnomaliesContext,
    @Args(() => PageArgs) page: PageArgs,
    @Arg("filter", () => AnomalyFilterInput, { nullable: true, description: "Which anomalies; all unless given." })
    filter?: AnomalyFilterInput | null,
    @Arg("orderBy", () => AnomalyOrder, { defaultValue: {}, description: "How they are sorted." })
    orderBy: AnomalyOrder = new AnomalyOrder(),
  ): Promise<Page<AnomalyDetection>> {
    return toAnomalyPage(await anomalies.page(filter ?? {}, orderBy, page), page);
  }

  @Query(() => AnomalyDetection, {
    nullable: true,
    description: "One anomaly that is kept. Null if there is none, or none that may be seen.",
  })
  async anomaly(
    @Ctx() { anomalies }: AnomaliesContext,
    @Arg("id", () => GraphQLUUID, { description: "Which anomaly." }) id: string,
  ): Promise<AnomalyDetection | null> {
    const row = await anomalies.loaders.byId.load(id);
    return row && toAnomaly(row);
  }

  @FieldResolver(() => [Alert], {
    description:
      "Alerts of its cluster from within 15 minutes of its time that name the same namespace, pod, node or service, or nothing of the kind: those that share most first.",
  })
  async relatedAlerts(
    @Root() { clusterId, labels, startedAt: start, detectedAt: end }: AnomalyDetection,
    @Ctx() { anomalies }: AnomaliesContext,
    @Arg("limit", () => Int, { defaultValue: 10, description: "How many to show: 1 to 50." }) limit: number,
  ): Promise<Alert[]> {
    check(LimitRule, { limit });
    return (await anomalies.loaders.alertsOf.load({ clusterId, labels, start, end, limit })).map(({ id }) => ({ id }));
  }

  @FieldResolver(() => DetectionRule, {
    nullable: true,
    description: "The rule that found it. Null where somebody only asked, or the rule is not yours to see.",
  })
  async rule(
    @Root() { ruleId }: AnomalyDetection,
    @Ctx() { detectionRules }: AnomaliesContext,
  ): Promise<DetectionRule | null> {
    const row = ruleId ? await detectionRules.byId.load(ruleId) : null;
    return row && toDetectionRule(row);
  }
}

@Resolver(() => Cluster)
export class ClusterAnomaliesResolver {
  @FieldResolver(() => AnomalyPage, { nullable: true, description: "Its anomalies that are kept, the latest first." })
  async anomalies(
    @Root() { id }: Cluster,
    @Ctx() { anomalies }: AnomaliesContext,
    @Args(() => PageArgs) page: PageArgs,
    @Arg("filter", () => AnomalyFilterInput, {
      nullable: true,
      description: "Which anomalies; all unless given. Without clusterIds and selector.",
    })
    filter?: AnomalyFilterInput | null,
  ): Promise<Page<AnomalyDetection>> {
    return toAnomalyPage(await anomalies.ofCluster(id, filter ?? {}, page), page);
  }
}

@Resolver(() => Alert)
export class AlertAnomaliesResolver {
  @FieldResolver(() => [AnomalyDetection], {
    nullable: true,
    description:
      "Anomalies of its cluster from within 15 minutes of its time that name the same namespace, pod, node or service, or nothing of the kind: those that share most first.",
  })
  async relatedAnomalies(
    @Root() { id }: Alert,
    @Ctx() { anomalies }: AnomaliesContext,
    @Arg("limit", () => Int, { defaultValue: 10, description: "How many to show: 1 to 50." }) limit: number,
  ): Promise<AnomalyDetection[]> {
    check(LimitRule, { limit });
    return (await anomalies.loaders.ofAlert.load({ id, limit })).map(toAnomaly);
  }
}
