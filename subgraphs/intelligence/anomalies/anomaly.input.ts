import { z } from "zod";
import { ClusterSelectorInput } from "../../shared/fleet/selector.input.ts";
import { Field, Float, InputType, registerEnumType } from "../../shared/kernel/graphql.ts";
import { GraphQLDateTime, GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { SortDirection } from "../../shared/kernel/sort-direction.type.ts";
import type { AnomalyFilter } from "./anomaly.filter.ts";
import type { AnomalyOrderBy } from "./anomaly.repository.ts";
import { AnomalySeverity, AnomalyType, DetectionType } from "./anomaly.type.ts";

const names = z.array(z.string().min(1).max(1000)).max(1000, "at most 1000").nullish();

@InputType({ description: "Which anomalies: those that match every given part." })
export class AnomalyFilterInput implements AnomalyFilter {
  static readonly rules = z.object({
    clusterIds: z.array(z.string()).max(1000, "at most 1000 clusters").nullish(),
    ruleIds: z.array(z.string()).max(1000, "at most 1000 rules").nullish(),
    namespaces: names,
    metricNames: names,
  });

  @Field(() => [GraphQLUUID], {
    nullable: true,
    description: "Of these clusters; all where empty. On a cluster's own field it must be left out.",
  })
  readonly clusterIds?: string[] | null;

  @Field(() => ClusterSelectorInput, {
    nullable: true,
    description: "Of clusters by what they are. On a cluster's own field it must be left out.",
  })
  readonly selector?: ClusterSelectorInput | null;

  @Field(() => [AnomalySeverity], { nullable: true, description: "As rare as these; all where empty." })
  readonly severities?: AnomalySeverity[] | null;

  @Field(() => [AnomalyType], { nullable: true, description: "Of these kinds; all where empty." })
  readonly types?: AnomalyType[] | null;

  @Field(() => [DetectionType], { nullable: true, description: "Looked for in these ways; all where empty." })
  readonly detectionTypes?: DetectionType[] | null;

  @Field(() => [GraphQLUUID], { nullable: true, description: "Found by these rules; all where empty." })
  readonly ruleIds?: string[] | null;

  @Field(() => [String], { nullable: true, description: "About these namespaces; all where empty." })
  readonly namespaces?: string[] | null;

  @Field(() => [String], { nullable: true, description: "Of these metrics; all where empty." })
  readonly metricNames?: string[] | null;

  @Field(() => Boolean, { nullable: true, description: "That somebody has acknowledged, or nobody." })
  readonly acknowledged?: boolean | null;

  @Field(() => Boolean, { nullable: true, description: "That somebody marked as expected, or nobody." })
  readonly expected?: boolean | null;

  @Field(() => Float, { nullable: true, description: "With this score or a higher one." })
  readonly minScore?: number | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: "Detected then or later." })
  readonly detectedAfter?: Date | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: "Detected before." })
  readonly detectedBefore?: Date | null;
}

const AnomalyOrderField: { readonly [K in AnomalyOrderBy["field"]]: K } = {
  DETECTED_AT: "DETECTED_AT",
  SCORE: "SCORE",
  SEVERITY: "SEVERITY",
};
registerEnumType(AnomalyOrderField, { name: "AnomalyOrderField", description: "What anomalies are sorted by." });

@InputType({ description: "How anomalies are sorted; ties by when they were detected, the latest first." })
export class AnomalyOrder implements AnomalyOrderBy {
  @Field(() => AnomalyOrderField, { defaultValue: "DETECTED_AT", description: "What to sort by." })
  readonly field!: AnomalyOrderBy["field"];

  @Field(() => SortDirection, {
    defaultValue: "DESC",
    description: "In which direction; descending is the latest, or the rarest, first.",
  })
  readonly direction!: AnomalyOrderBy["direction"];
}
