import { codeOf, spanning, tracer } from "../../subgraphs/shared/kernel/tracing.ts";
import type { GatewayMetrics } from "../metrics.ts";
import type { ProcessOptions, ProcessResult, SubgraphDataSource } from "./data-source.ts";

/** The subgraph, with each hop to it counted and traced: how long it took, and how it ended. */
export function observedSource(
  subgraph: string,
  source: SubgraphDataSource,
  { hops }: Pick<GatewayMetrics, "hops">,
): SubgraphDataSource {
  return {
    async process(hop: ProcessOptions): Promise<ProcessResult> {
      const began = performance.now();
      let outcome = "failed";
      try {
        const span = tracer()?.part(`hop ${subgraph}`, "client", { "aiops.subgraph": subgraph });
        const answer = span ? await spanning(span, () => source.process(hop), firstCode) : await source.process(hop);
        outcome = answer.errors?.length ? "error" : "ok";
        return answer;
      } catch (error) {
        outcome = FAILURES[codeOf(error)] ?? outcome;
        throw error;
      } finally {
        hops.observe({ subgraph, outcome }, (performance.now() - began) / 1000);
      }
    },
    subscribe: (request) => source.subscribe(request),
    end: (operation) => source.end?.(operation),
    close: () => source.close(),
  };
}

const FAILURES: Readonly<Record<string, string>> = {
  SUBGRAPH_UNAVAILABLE: "unavailable",
  CANCELLED: "cancelled",
  UPSTREAM_TIMEOUT: "cancelled",
};

const firstCode = ({ errors }: ProcessResult): string | undefined =>
  errors?.[0] ? String(errors[0].extensions?.["code"]) : undefined;
