import { z } from "zod";
import { ClusterSelectorInput } from "../../shared/fleet/selector.input.ts";
import { Field, InputType } from "../../shared/kernel/graphql.ts";
import { GraphQLDateTime, GraphQLDuration, GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { SilenceState } from "../../shared/upstreams/alertmanager/schema.ts";
import { matchersRule } from "../alerts/alert.input.ts";
import type { AskedSilence, SilenceKey } from "./silence-deed.service.ts";
import type { AskedClusters, SilenceFilter } from "./silences.service.ts";

const clusterIds = z.array(z.string()).max(1000, "at most 1000 clusters").nullish();
const comment = z.string().regex(/\S/, "must say why").max(2000, "at most 2000 characters");
const matchers = matchersRule.min(1, "at least one matcher");
const MATCHERS =
  'Which alerts: those that match all of these, in Alertmanager\'s syntax, such as alertname="NodeDown".';

@InputType({ description: "Which silences: those that match every given part." })
export class SilenceFilterInput implements SilenceFilter {
  static readonly rules = z.object({ clusterIds, search: z.string().min(1).max(200).nullish() });

  @Field(() => [GraphQLUUID], { nullable: true, description: "Of these clusters; all where empty." })
  readonly clusterIds?: string[] | null;

  @Field(() => ClusterSelectorInput, { nullable: true, description: "Of clusters by what they are." })
  readonly selector?: ClusterSelectorInput | null;

  @Field(() => [SilenceState], {
    nullable: true,
    description: "In these states; unless given, active and pending ones.",
  })
  readonly states?: SilenceState[] | null;

  @Field(() => String, { nullable: true, description: "Made by this user." })
  readonly createdBy?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "That have this text in their comment, maker or matchers; case does not matter.",
  })
  readonly search?: string | null;
}

@InputType({ description: "A silence to be made: which alerts, of which clusters, how long and why." })
export class SilenceInput implements AskedSilence, AskedClusters {
  static readonly rules = z.object({ clusterIds, matchers, comment });

  @Field(() => [String], { description: MATCHERS })
  readonly matchers!: string[];

  @Field(() => GraphQLDateTime, { nullable: true, description: "When it starts; now unless given." })
  readonly startsAt?: Date | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: "When it ends. This or duration." })
  readonly endsAt?: Date | null;

  @Field(() => GraphQLDuration, { nullable: true, description: "How long after its start it ends. This or endsAt." })
  readonly duration?: string | null;

  @Field(() => String, { description: "Why; it is shown wherever the silence is." })
  readonly comment!: string;

  @Field(() => [GraphQLUUID], { nullable: true, description: "In these clusters." })
  readonly clusterIds?: string[] | null;

  @Field(() => ClusterSelectorInput, {
    nullable: true,
    description: "In clusters by what they are; in all, if it is empty.",
  })
  readonly selector?: ClusterSelectorInput | null;
}

@InputType({ description: "Which alerts a silence would be of." })
export class SilencePreviewInput implements AskedClusters {
  static readonly rules = z.object({ clusterIds, matchers });

  @Field(() => [String], { description: MATCHERS })
  readonly matchers!: string[];

  @Field(() => [GraphQLUUID], { nullable: true, description: "In these clusters; in all where nothing is given." })
  readonly clusterIds?: string[] | null;

  @Field(() => ClusterSelectorInput, { nullable: true, description: "In clusters by what they are." })
  readonly selector?: ClusterSelectorInput | null;
}

@InputType({ description: "What changes of a silence; what is left out stays." })
export class UpdateSilenceInput {
  static readonly rules = z.object({ matchers: matchers.nullish(), comment: comment.nullish() });

  @Field(() => [String], { nullable: true, description: `${MATCHERS} With others, it becomes another silence.` })
  readonly matchers?: string[];

  @Field(() => GraphQLDateTime, { nullable: true, description: "When it starts." })
  readonly startsAt?: Date | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: "When it ends." })
  readonly endsAt?: Date | null;

  @Field(() => GraphQLDuration, { nullable: true, description: "How long from now, or from its start, it lasts." })
  readonly duration?: string | null;

  @Field(() => String, { nullable: true, description: "Why." })
  readonly comment?: string;
}

@InputType({ description: "A silence of a cluster's Alertmanager." })
export class SilenceKeyInput implements SilenceKey {
  @Field(() => GraphQLUUID, { description: "The cluster's id." })
  readonly clusterId!: string;

  @Field(() => String, { description: "The silence's id." })
  readonly id!: string;
}
