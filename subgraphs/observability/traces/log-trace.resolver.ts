import { AsksClusters } from "../../shared/kernel/asks-clusters.ts";
import { Ctx, FieldResolver, Resolver, Root } from "../../shared/kernel/graphql.ts";
import { LogEntry } from "../logs/logs.type.ts";
import { Trace } from "./trace.type.ts";
import type { TracesContext } from "./traces.context.ts";

/** From a line to the trace that it names. */
@Resolver(() => LogEntry)
export class LogTraceResolver {
  @AsksClusters()
  @FieldResolver(() => Trace, {
    nullable: true,
    description:
      "The trace that the line names, looked for in every cluster. Null where it names none, or nobody has it. Each trace is a question to the whole fleet: ask for it on few lines.",
  })
  async trace(@Root() { traceId, timestamp }: LogEntry, @Ctx() { traceLookup }: TracesContext): Promise<Trace | null> {
    return traceId === null ? null : await traceLookup.one(traceId, timestamp);
  }
}
