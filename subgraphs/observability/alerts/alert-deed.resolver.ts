import { z } from "zod";
import { Arg, Ctx, Mutation, Query, Resolver } from "../../shared/kernel/graphql.ts";
import { GraphQLDateTime, GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { check } from "../../shared/kernel/validation.ts";
import type { FleetContext } from "../context.ts";
import { toAlert } from "./alert.mapper.ts";
import { Alert } from "./alert.type.ts";
import { AlertWebhook, CreatedAlertWebhook } from "./alert-webhook.type.ts";
import type { AlertsContext } from "./alerts.context.ts";

const NoteRule = z.object({ note: z.string().max(2000, "at most 2000 characters").nullish() });

@Resolver()
export class AlertDeedResolver {
  @Mutation(() => Alert, {
    description:
      "Say that you take care of an alert that fires; whoever said so before is replaced. It ends with the alert. Needs the role operator.",
  })
  async acknowledgeAlert(
    @Ctx() { acknowledgements, operation }: FleetContext & AlertsContext,
    @Arg("id", () => GraphQLUUID, { description: "Which alert." }) id: string,
    @Arg("note", () => String, { nullable: true, description: "What others should know: at most 2000 characters." })
    note?: string | null,
    @Arg("until", () => GraphQLDateTime, { nullable: true, description: "When it ends, if the alert does not before." })
    until?: Date | null,
  ): Promise<Alert> {
    check(NoteRule, { note });
    return toAlert(
      await acknowledgements.acknowledge(id, { note: note ?? null, until: until ?? null }),
      operation.startedAt,
    );
  }

  @Mutation(() => Alert, { description: "Nobody takes care of an alert any more. Needs the role operator." })
  async unacknowledgeAlert(
    @Ctx() { acknowledgements, operation }: FleetContext & AlertsContext,
    @Arg("id", () => GraphQLUUID, { description: "Which alert." }) id: string,
  ): Promise<Alert> {
    return toAlert(await acknowledgements.withdraw(id), operation.startedAt);
  }

  @Mutation(() => CreatedAlertWebhook, {
    description:
      "Let an Alertmanager tell of a cluster's alerts. What there is stays: replace one by making another, and revoking it then. Needs the role admin.",
  })
  async createAlertWebhook(
    @Ctx() { webhookTokens, operation }: FleetContext & AlertsContext,
    @Arg("clusterId", () => GraphQLUUID, { description: "Whose alerts." }) clusterId: string,
    @Arg("expiresAt", () => GraphQLDateTime, { nullable: true, description: "From when on it is not accepted." })
    expiresAt?: Date | null,
  ): Promise<CreatedAlertWebhook> {
    return await webhookTokens.create(operation, clusterId, expiresAt ?? null);
  }

  @Mutation(() => AlertWebhook, { description: "Accept a webhook no more. Needs the role admin." })
  async revokeAlertWebhook(
    @Ctx() { webhookTokens, operation }: FleetContext & AlertsContext,
    @Arg("id", () => GraphQLUUID, { description: "Which webhook." }) id: string,
  ): Promise<AlertWebhook> {
    return await webhookTokens.revoke(operation, id);
  }

  @Query(() => [AlertWebhook], {
    description: "Where Alertmanagers may tell of a cluster's alerts, the newest first. Needs the role admin.",
  })
  async alertWebhooks(
    @Ctx() { webhookTokens, operation }: FleetContext & AlertsContext,
    @Arg("clusterId", () => GraphQLUUID, { description: "Whose alerts." }) clusterId: string,
  ): Promise<AlertWebhook[]> {
    return await webhookTokens.list(operation, clusterId);
  }
}
