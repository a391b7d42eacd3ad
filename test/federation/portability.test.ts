import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { QUERIES } from "../../bench/gateway-queries.ts";
import { hiveProblem } from "../../bench/hive-gateway.ts";
import { differences } from "../../bench/same-answers.ts";
import type { DemoFleet } from "../../demo/fleet.ts";
import { EXAMPLES } from "../../gateway/graphiql/examples.ts";
import { enrolledFleet } from "../support/demo.ts";
import { type Asker, startGraph, type TestGraph } from "../support/graph.ts";
import { servicesProblem } from "../support/modes.ts";
import { until } from "../support/until.ts";

/** In which there is the time: how long it took, and where to go on. */
const TIMES = /\b(durationMs|nextCursor)\b/g;
/** What every gateway must answer alike: the queries of the examples, and of the benchmark. */
const ASKED = [
  ...EXAMPLES.filter(({ query }) => /^query /m.test(query)).map(({ title, query }) => ({
    name: `the example "${title}"`,
    operation: () => ({ query: query.replaceAll(TIMES, ""), variables: {} }),
  })),
  ...QUERIES,
];

// A registry that cannot be reached says nothing about us: this is skipped even where services are required.
const problem = (await servicesProblem()) ?? (await hiveProblem());

describe.skipIf(problem !== undefined)(
  `Another gateway over the same supergraph${problem === undefined ? "" : ` (skipped: ${problem})`}`,
  () => {
    let graph: TestGraph;
    let fleet: DemoFleet;

    beforeAll(async () => {
      graph = await startGraph({ mode: "over HTTP", jobs: true, env: { AIOPS_ALERT_POLL_MS: "1000" } });
      fleet = await enrolledFleet(graph, { clusters: 5 });
      await until("the alerts of each cluster are known", async () => {
        const { data } = await graph.ask("{ clusters { items { alerts { total } } } }");
        return data.clusters.items.every(({ alerts }: { alerts: { total: number } }) => alerts.total > 0);
      });
    });
    afterAll(async () => {
      await graph?.[Symbol.asyncDispose]();
      await fleet?.close();
    });

    describe.each(["JavaScript", "Rust"] as const)("Hive Gateway, with its planner in %s", (planner) => {
      let hive: Asker;
      beforeAll(async () => {
        hive = await graph.throughHive(planner);
      });

      it.each(ASKED)("answers $name alike", async ({ operation }) => {
        const asking = (gateway: Asker) => async (turn: number) => {
          const { query = "", variables } = operation(turn);
          const { data, errors } = await gateway.ask(query, variables);
          expect(errors).toBeUndefined();
          return data;
        };
        expect(await differences(asking(graph), asking(hive))).toEqual([]);
      });
    });
  },
);
