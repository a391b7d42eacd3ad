import { FieldResolver, Int, Resolver, Root } from "../../shared/kernel/graphql.ts";
import { ClusterOutcome } from "../cluster.type.ts";
import { criticalPath } from "./critical-path.mapper.ts";
import { serviceGraph } from "./service-graph.mapper.ts";
import { Span } from "./span.type.ts";
import { Trace } from "./trace.type.ts";
import { CriticalPathSegment, ServiceGraph } from "./trace-views.type.ts";

const NULL_WITHOUT = "Null where no cluster answered its spans: outcomes says why.";

/** What takes a look at a trace's spans. */
@Resolver(() => Trace)
export class TraceResolver {
  @FieldResolver(() => Int, { nullable: true, description: `Number of spans. ${NULL_WITHOUT}` })
  async spanCount(@Root() { counts, whole }: Trace): Promise<number | null> {
    return counts?.spans ?? (await spansOf(whole))?.length ?? null;
  }

  @FieldResolver(() => Int, { nullable: true, description: `Number of services. ${NULL_WITHOUT}` })
  async serviceCount(@Root() { counts, whole }: Trace): Promise<number | null> {
    const spans = counts ? null : await spansOf(whole);
    return counts?.services ?? (spans && new Set(spans.map(({ serviceName }) => serviceName)).size);
  }

  @FieldResolver(() => Boolean, { nullable: true, description: `Whether a span has an error. ${NULL_WITHOUT}` })
  async hasErrors(@Root() { counts, whole }: Trace): Promise<boolean | null> {
    if (counts) return counts.errors > 0;
    return (await spansOf(whole))?.some(({ status }) => status === "ERROR") ?? null;
  }

  @FieldResolver(() => [Span], { nullable: true, description: `Its spans, by their begin. ${NULL_WITHOUT}` })
  async spans(@Root() { whole }: Trace): Promise<Span[] | null> {
    return await spansOf(whole);
  }

  @FieldResolver(() => Boolean, { description: "Whether it has more spans than are shown: 10,000." })
  async truncated(@Root() { whole }: Trace): Promise<boolean> {
    return (await whole()).truncated;
  }

  @FieldResolver(() => ServiceGraph, { nullable: true, description: `Who called whom. ${NULL_WITHOUT}` })
  async serviceGraph(@Root() { whole }: Trace): Promise<ServiceGraph | null> {
    const spans = await spansOf(whole);
    return spans && serviceGraph(spans);
  }

  @FieldResolver(() => [CriticalPathSegment], {
    nullable: true,
    description: `What its end waited for, in time order: making any of it faster makes the trace faster. ${NULL_WITHOUT}`,
  })
  async criticalPath(@Root() { whole }: Trace): Promise<CriticalPathSegment[] | null> {
    const read = await whole();
    return read.spans.length > 0 ? criticalPath(read) : null;
  }

  @FieldResolver(() => [ClusterOutcome], {
    description: "How reading its spans from each cluster ended: why there are none, or only a part.",
  })
  async outcomes(@Root() { whole }: Trace): Promise<ClusterOutcome[]> {
    return (await whole()).outcomes;
  }
}

const spansOf = async (whole: Trace["whole"]): Promise<Span[] | null> => {
  const { spans } = await whole();
  return spans.length > 0 ? spans : null;
};
