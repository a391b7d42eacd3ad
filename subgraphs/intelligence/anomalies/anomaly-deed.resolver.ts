import { z } from "zod";
import { Arg, Ctx, Mutation, Resolver } from "../../shared/kernel/graphql.ts";
import { GraphQLDateTime, GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { check } from "../../shared/kernel/validation.ts";
import type { AnomaliesContext } from "./anomalies.context.ts";
import { toAnomaly } from "./anomaly.mapper.ts";
import { AnomalyDetection } from "./anomaly.type.ts";

const NoteRule = z.object({ note: z.string().max(2000, "at most 2000 characters").nullish() });
const NOTE = { nullable: true, description: "What others should know: at most 2000 characters." } as const;
const WHICH = { description: "Which anomaly." } as const;

@Resolver(() => AnomalyDetection)
export class AnomalyDeedResolver {
  @Mutation(() => AnomalyDetection, {
    description: "Say that you have seen an anomaly; whoever said so before is replaced. Needs the role operator.",
  })
  async acknowledgeAnomaly(
    @Ctx() { anomalyDeeds }: AnomaliesContext,
    @Arg("id", () => GraphQLUUID, WHICH) id: string,
    @Arg("note", () => String, NOTE) note?: string | null,
  ): Promise<AnomalyDetection> {
    check(NoteRule, { note });
    return toAnomaly(await anomalyDeeds.acknowledge(id, note ?? null));
  }

  @Mutation(() => AnomalyDetection, { description: "Nobody has seen an anomaly after all. Needs the role operator." })
  async unacknowledgeAnomaly(
    @Ctx() { anomalyDeeds }: AnomaliesContext,
    @Arg("id", () => GraphQLUUID, WHICH) id: string,
  ): Promise<AnomalyDetection> {
    return toAnomaly(await anomalyDeeds.withdraw(id));
  }

  @Mutation(() => AnomalyDetection, {
    description:
      "Say that an anomaly was to be expected. Its rule learns it: from then on the series' anomalies must be ten times rarer for each one so marked, half as much after two weeks. Bounds are not learned. Needs the role operator.",
  })
  async markAnomalyExpected(
    @Ctx() { anomalyDeeds }: AnomaliesContext,
    @Arg("id", () => GraphQLUUID, WHICH) id: string,
    @Arg("note", () => String, NOTE) note?: string | null,
  ): Promise<AnomalyDetection> {
    check(NoteRule, { note });
    return toAnomaly(await anomalyDeeds.markExpected(id, note ?? null));
  }

  @Mutation(() => AnomalyDetection, {
    description:
      "Let an anomaly's rule tell nothing more of its series for a while: it goes on recording. Needs the role operator.",
  })
  async muteAnomalySeries(
    @Ctx() { anomalyDeeds }: AnomaliesContext,
    @Arg("id", () => GraphQLUUID, WHICH) id: string,
    @Arg("until", () => GraphQLDateTime, { nullable: true, description: "Until when; null ends it now." })
    until?: Date | null,
  ): Promise<AnomalyDetection> {
    return toAnomaly(await anomalyDeeds.muteSeries(id, until ?? null));
  }
}
