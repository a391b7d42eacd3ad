import { z } from "zod";
import { CodedError } from "../../shared/kernel/errors.ts";
import { ArgsType, Field, InputType, Int } from "../../shared/kernel/graphql.ts";
import { PageArgs } from "../../shared/kernel/page.input.ts";
import { GraphQLDateTime } from "../../shared/kernel/scalars.ts";
import { parseLabelSelector } from "../../shared/upstreams/kubernetes/label-selector.ts";
import type { KubernetesEventFilter } from "./kubernetes-event.filter.ts";
import { KubernetesEventType } from "./kubernetes-event.type.ts";
import type { PodFilter } from "./pod.filter.ts";
import { PodPhase } from "./pod.type.ts";

const SELECTOR = "Kubernetes label selector, such as app=web,tier in (gold,silver),!legacy.";

/** As a rule, so that it is refused together with everything else that is wrong, and before any cluster is asked. */
const labelSelector = z.string().superRefine((selector, ctx) => {
  try {
    parseLabelSelector(selector);
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    ctx.addIssue({ code: "custom", message: error.message, params: { code: error.code } });
  }
});
const name = z.string().min(1, "must not be empty").max(253, "must be 1 to 253 characters");
const namespace = z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, "must be the name of a namespace");
const word = z.string().min(1, "must not be empty").max(128, "must be 1 to 128 characters");

@ArgsType()
export class NodesArgs extends PageArgs {
  static override readonly rules = PageArgs.rules.extend({ labelSelector: labelSelector.nullish() });

  @Field(() => String, { nullable: true, description: SELECTOR })
  readonly labelSelector?: string | null;
}

@InputType({ description: "Which pods: those that match every given part." })
export class PodFilterInput implements PodFilter {
  static readonly rules = z.object({
    namespaces: z.array(namespace).max(100, "at most 100 namespaces").nullish(),
    node: name.nullish(),
    reason: word.nullish(),
    minRestarts: z.number().int().min(0, "must be 0 or more").nullish(),
    labelSelector: labelSelector.nullish(),
    nameContains: name.nullish(),
    ownerKind: word.nullish(),
    ownerName: name.nullish(),
  });

  @Field(() => [String], { nullable: true, description: "In these namespaces." })
  readonly namespaces?: string[] | null;

  @Field(() => String, { nullable: true, description: "On this node." })
  readonly node?: string | null;

  @Field(() => [PodPhase], { nullable: true, description: "In these phases." })
  readonly phases?: PodPhase[] | null;

  @Field(() => Boolean, { nullable: true, description: "Ready, or not ready." })
  readonly ready?: boolean | null;

  @Field(() => String, { nullable: true, description: "With this reason, such as CrashLoopBackOff." })
  readonly reason?: string | null;

  @Field(() => Int, { nullable: true, description: "Restarted at least this often." })
  readonly minRestarts?: number | null;

  @Field(() => String, { nullable: true, description: SELECTOR })
  readonly labelSelector?: string | null;

  @Field(() => String, { nullable: true, description: "Part of the name." })
  readonly nameContains?: string | null;

  @Field(() => String, { nullable: true, description: "Made by an object of this kind, such as StatefulSet." })
  readonly ownerKind?: string | null;

  @Field(() => String, { nullable: true, description: "Made by an object of this name." })
  readonly ownerName?: string | null;
}

@InputType({ description: "Which Kubernetes events: those that match every given part." })
export class KubernetesEventFilterInput implements KubernetesEventFilter {
  static readonly rules = z.object({
    namespace: namespace.nullish(),
    reason: word.nullish(),
    involvedKind: word.nullish(),
    involvedName: name.nullish(),
  });

  @Field(() => String, { nullable: true, description: "Kept in this namespace." })
  readonly namespace?: string | null;

  @Field(() => KubernetesEventType, { nullable: true, description: "Meant so." })
  readonly type?: KubernetesEventType | null;

  @Field(() => String, { nullable: true, description: "With this reason, such as BackOff." })
  readonly reason?: string | null;

  @Field(() => String, { nullable: true, description: "About an object of this kind." })
  readonly involvedKind?: string | null;

  @Field(() => String, { nullable: true, description: "About an object of this name." })
  readonly involvedName?: string | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: "Seen at or after this moment." })
  readonly since?: Date | null;
}
