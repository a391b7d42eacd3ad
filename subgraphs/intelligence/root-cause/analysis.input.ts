import { z } from "zod";
import { ClusterSelectorInput } from "../../shared/fleet/selector.input.ts";
import { Field, InputType } from "../../shared/kernel/graphql.ts";
import { GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { TimeRangeInput } from "../../shared/kernel/time-range.input.ts";
import { AnalysisStatus, Verdict } from "./root-cause-enums.type.ts";

const SUBJECTS = ["alertId", "anomalyId", "clusterId", "clusterName"] as const;
export const namespace = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, "must be the name of a namespace")
  .nullish();

@InputType({ description: "What to explain: an alert, an anomaly, or a stretch of time of a cluster." })
export class FindRootCauseInput {
  static readonly rules = z
    .object({ namespace })
    .loose()
    .superRefine((input, ctx) => {
      const given = SUBJECTS.filter((name) => (input[name] ?? null) !== null);
      const issue = (path: string, message: string) => ctx.addIssue({ code: "custom", path: [path], message });
      if (given.length !== 1) issue(given[1] ?? "alertId", "give one of alertId, anomalyId, clusterId and clusterName");
      if (input["clusterId"] || input["clusterName"]) return;
      for (const name of ["namespace", "window"]) {
        if ((input[name] ?? null) !== null)
          issue(name, "is only for a cluster; an alert and an anomaly have their own");
      }
    });

  @Field(() => GraphQLUUID, { nullable: true, description: "The alert to explain." })
  readonly alertId?: string | null;

  @Field(() => GraphQLUUID, { nullable: true, description: "The anomaly to explain." })
  readonly anomalyId?: string | null;

  @Field(() => GraphQLUUID, { nullable: true, description: "The cluster in which something is wrong." })
  readonly clusterId?: string | null;

  @Field(() => String, { nullable: true, description: "That cluster by its name, instead." })
  readonly clusterName?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "With a cluster: the namespace in which it shows, if it is known.",
  })
  readonly namespace?: string | null;

  @Field(() => TimeRangeInput, {
    nullable: true,
    description:
      "With a cluster: when something was wrong. The last hour unless given; what was before it is taken for usual.",
  })
  readonly window?: TimeRangeInput | null;
}

@InputType({ description: "Which searches for root causes: those that match every given part." })
export class RootCauseAnalysisFilterInput {
  static readonly rules = z.object({ namespace, clusterIds: z.array(z.string()).max(1000, "at most 1000").nullish() });

  @Field(() => [GraphQLUUID], { nullable: true, description: "In these clusters; in all where empty." })
  readonly clusterIds?: string[] | null;

  @Field(() => ClusterSelectorInput, { nullable: true, description: "In clusters by what they are." })
  readonly selector?: ClusterSelectorInput | null;

  @Field(() => String, { nullable: true, description: "Begun in this namespace." })
  readonly namespace?: string | null;

  @Field(() => GraphQLUUID, { nullable: true, description: "Of this alert." })
  readonly alertId?: string | null;

  @Field(() => GraphQLUUID, { nullable: true, description: "Of this anomaly." })
  readonly anomalyId?: string | null;

  @Field(() => [AnalysisStatus], { nullable: true, description: "In these states; in any where empty." })
  readonly statuses?: (keyof typeof AnalysisStatus)[] | null;

  @Field(() => [Verdict], { nullable: true, description: "With these verdicts; with any where empty." })
  readonly verdicts?: (keyof typeof Verdict)[] | null;
}

@InputType({ description: "Which alerts to group to incidents: those that fire and match every given part." })
export class IncidentFilterInput {
  static readonly rules = z.object({
    clusterIds: z.array(z.string()).max(1000, "at most 1000").nullish(),
    namespaces: z.array(z.string().min(1).max(253)).max(100, "at most 100").nullish(),
  });

  @Field(() => [GraphQLUUID], { nullable: true, description: "Of these clusters; of all where empty." })
  readonly clusterIds?: string[] | null;

  @Field(() => ClusterSelectorInput, { nullable: true, description: "Of clusters by what they are." })
  readonly selector?: ClusterSelectorInput | null;

  @Field(() => [String], { nullable: true, description: "About these namespaces; about any where empty." })
  readonly namespaces?: string[] | null;
}
