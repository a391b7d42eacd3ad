import { expect, it } from "vitest";
import { span } from "../../../test/support/spans.ts";
import { serviceGraph } from "./service-graph.mapper.ts";
import { mergeTrace } from "./trace.mapper.ts";

const service = (name: string) => ({ resource: { "service.name": name } });

it("has services by cluster, and who called whom with errors and latencies", () => {
  const calls = Array.from({ length: 20 }, (_, index) =>
    span(index + 10, 2, 10, 11 + index, { ...service("db"), status: index < 3 ? "ERROR" : "UNSET" }),
  );
  const { spans } = mergeTrace([
    {
      target: { id: "east", name: "east" },
      spans: [span(1, 0, 0, 100, service("web")), span(2, 1, 5, 90, service("shop"))],
    },
    {
      target: { id: "west", name: "west" },
      spans: [...calls, span(40, 2, 50, 60, service("shop")), span(41, 40, 51, 52, { resource: {} })],
    },
  ]);
  const { nodes, edges } = serviceGraph(spans);
  expect(
    nodes.map(({ service: name, clusterId, spanCount, errorCount }) => [name, clusterId, spanCount, errorCount]),
  ).toEqual([
    ["web", "east", 1, 0],
    ["shop", "east", 1, 0],
    ["db", "west", 20, 3],
    ["shop", "west", 1, 0],
    ["unknown_service", "west", 1, 0],
  ]);
  expect(
    edges.map(({ caller, callee, ...numbers }) => ({
      from: caller.service,
      to: `${callee.service} ${callee.clusterId}`,
      ...numbers,
    })),
  ).toEqual([
    { from: "web", to: "shop east", calls: 1, errors: 0, latencyP50Ms: 85, latencyP95Ms: 85, latencyMaxMs: 85 },
    { from: "shop", to: "db west", calls: 20, errors: 3, latencyP50Ms: 10, latencyP95Ms: 19, latencyMaxMs: 20 },
    { from: "shop", to: "shop west", calls: 1, errors: 0, latencyP50Ms: 10, latencyP95Ms: 10, latencyMaxMs: 10 },
    {
      from: "shop",
      to: "unknown_service west",
      calls: 1,
      errors: 0,
      latencyP50Ms: 1,
      latencyP95Ms: 1,
      latencyMaxMs: 1,
    },
  ]);
});

it("is empty without spans, and without calls where all is one service's", () => {
  expect(serviceGraph([])).toEqual({ nodes: [], edges: [] });
  const { spans } = mergeTrace([
    {
      target: { id: "a", name: "a" },
      spans: [span(1, 0, 0, 10, service("x")), span(2, 1, 0, 5, service("x")), span(4, 3, 1, 2, service("y"))],
    },
  ]);
  expect(serviceGraph(spans)).toMatchObject({ nodes: [{ spanCount: 2 }, { spanCount: 1 }], edges: [] });
});
