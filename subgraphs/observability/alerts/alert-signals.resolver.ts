import { z } from "zod";
import { AsksClusters } from "../../shared/kernel/asks-clusters.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import { Arg, Ctx, FieldResolver, Int, Resolver, Root } from "../../shared/kernel/graphql.ts";
import { GraphQLDuration } from "../../shared/kernel/scalars.ts";
import { check } from "../../shared/kernel/validation.ts";
import type { FleetContext } from "../context.ts";
import type { LogsContext } from "../logs/logs.context.ts";
import { LogEntry } from "../logs/logs.type.ts";
import { Trace } from "../traces/trace.type.ts";
import type { TracesContext } from "../traces/traces.context.ts";
import { Alert } from "./alert.type.ts";
import { aroundBegin } from "./alert.window.ts";

const LogsRule = z.object({ limit: z.number().int().min(1, "must be 1 to 1000").max(1000, "must be 1 to 1000") });
const TracesRule = z.object({ limit: z.number().int().min(1, "must be 1 to 50").max(50, "must be 1 to 50") });

/** What else was seen of what an alert is about, when it began. */
@Resolver(() => Alert)
export class AlertSignalsResolver {
  @AsksClusters()
  @FieldResolver(() => [LogEntry], {
    nullable: true,
    description:
      "Log lines of its pod, or else of its node or namespace, from around the time it began, newest first. Null where its cluster keeps no logs.",
  })
  async logs(
    @Root() alert: Alert,
    @Ctx() { logs, targetById, operation }: FleetContext & LogsContext,
    @Arg("around", () => GraphQLDuration, { defaultValue: "5m", description: "How long before and after it began." })
    around: string,
    @Arg("limit", () => Int, { defaultValue: 100, description: "At most so many: 1 to 1000." }) limit: number,
  ): Promise<LogEntry[] | null> {
    check(LogsRule, { limit });
    const target = await targetById.load(alert.clusterId);
    if (!target) return null;
    const { namespace, pod, node } = alert;
    const subject = { target, namespace, pod: pod?.name ?? null, node: namespace ? null : (node?.name ?? null) };
    return await logs
      .around(subject, aroundBegin(alert, around, operation.startedAt), limit)
      .catch(nullWithoutEndpoint);
  }

  @AsksClusters()
  @FieldResolver(() => [Trace], {
    nullable: true,
    description:
      "Traces in which its pod or service had a part, from around the time it began: those with an error first, then the slowest. Null where its cluster keeps no traces.",
  })
  async traces(
    @Root() alert: Alert,
    @Ctx() { traces, targetById, operation }: FleetContext & TracesContext,
    @Arg("around", () => GraphQLDuration, { defaultValue: "5m", description: "How long before and after it began." })
    around: string,
    @Arg("limit", () => Int, { defaultValue: 5, description: "At most so many: 1 to 50." }) limit: number,
  ): Promise<Trace[] | null> {
    check(TracesRule, { limit });
    const target = await targetById.load(alert.clusterId);
    if (!target) return null;
    const { namespace, pod, labels } = alert;
    const subject = { namespace, pod: pod?.name ?? null, service: pod ? null : (labels["service"] ?? null) };
    return await traces.around(target, subject, aroundBegin(alert, around, operation.startedAt), limit);
  }
}

function nullWithoutEndpoint(error: unknown): null {
  if (error instanceof CodedError && error.code === "NO_ENDPOINT") return null;
  throw error;
}
