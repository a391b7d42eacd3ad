import { describe, expect, it } from "vitest";
import { span } from "../../../test/support/spans.ts";
import type { TempoSpan } from "../../shared/upstreams/tempo/otlp.ts";
import { MAX_SPANS, mergeTrace } from "./trace.mapper.ts";

const EAST = { id: "east", name: "east" };
const WEST = { id: "west", name: "west" };
const of = (...spans: TempoSpan[]) => mergeTrace([{ target: EAST, spans }]);
const tree = ({ spans }: Pick<ReturnType<typeof of>, "spans">) =>
  spans.map(({ operationName, parent, orphan }) => `${operationName}<${orphan ? "?" : (parent?.operationName ?? "")}`);

describe("mergeTrace", () => {
  it("ties spans over clusters, each with the cluster that has it", () => {
    const merged = mergeTrace([
      { target: EAST, spans: [span(1, 0, 0, 100), span(2, 1, 10, 90)] },
      { target: WEST, spans: [span(4, 3, 40, 50), span(3, 2, 30, 60)] },
    ]);
    expect(tree(merged)).toEqual(["op-1<", "op-2<op-1", "op-3<op-2", "op-4<op-3"]);
    expect(merged.spans.map(({ clusterId }) => clusterId)).toEqual(["east", "east", "west", "west"]);
    expect(merged.spans[1]?.children.map(({ spanId }) => spanId)).toEqual(["0000000000000003"]);
    expect(merged).toMatchObject({ truncated: false, start: 1_800_000_000_000, root: { operationName: "op-1" } });
  });

  it("has a span once that two clusters have, from the first of them", () => {
    const both = span(2, 1, 10, 90);
    const merged = mergeTrace([
      { target: EAST, spans: [span(1, 0, 0, 100), both] },
      { target: WEST, spans: [both, span(3, 2, 20, 30)] },
    ]);
    expect(merged.spans.map(({ clusterId }) => clusterId)).toEqual(["east", "east", "west"]);
  });

  it("flags those whose parent nobody has, and begins with the first of them where no root is there", () => {
    const merged = of(span(5, 4, 20, 30), span(3, 2, 10, 50), span(4, 3, 15, 40));
    expect(tree(merged)).toEqual(["op-3<?", "op-4<op-3", "op-5<op-4"]);
    expect(merged.root?.operationName).toBe("op-3");
    expect(of(span(5, 4, 0, 30), span(1, 0, 10, 50)).root?.operationName).toBe("op-1");
  });

  it("ties caller and called that share an id, and what the called does to the called", () => {
    const merged = of(
      span(1, 0, 0, 100),
      span(2, 1, 10, 90, { kind: "CLIENT", name: "call" }),
      span(2, 1, 20, 80, { kind: "SERVER", name: "answer" }),
      span(3, 2, 30, 40),
    );
    expect(tree(merged)).toEqual(["op-1<", "call<op-1", "answer<call", "op-3<answer"]);
  });

  it.each<[string, TempoSpan[]]>([
    ["itself", [span(1, 1, 0, 10)]],
    ["each other", [span(1, 2, 0, 10), span(2, 1, 0, 10)]],
    ["each other in a wider circle", [span(1, 3, 0, 10), span(2, 1, 1, 9), span(3, 2, 2, 8), span(4, 3, 3, 7)]],
  ])("leaves a circle of spans that name %s open", (_, spans) => {
    const merged = of(...spans);
    expect(merged.spans.filter(({ orphan }) => orphan)).toHaveLength(1);
    for (const each of merged.spans) {
      let above = 0;
      for (let at = each.parent; at; at = at.parent) above += 1;
      expect(above).toBeLessThan(spans.length);
    }
  });

  it("keeps the earliest of too many, and says so", () => {
    const many = Array.from({ length: MAX_SPANS + 5 }, (_, index) => span(index + 1, 1, index, index + 1));
    const merged = of(...many.toReversed());
    expect(merged).toMatchObject({ truncated: true, spans: { length: MAX_SPANS } });
    expect(merged.spans.at(-1)?.operationName).toBe(`op-${MAX_SPANS}`);
  });

  it("shows a span as the graph has it", () => {
    const time = (ms: number): bigint => BigInt(1_800_000_000_000 + ms) * 1_000_000n;
    const resource = { "service.name": "shop", "k8s.namespace.name": "ns", "k8s.pod.name": "shop-0" };
    const events = [
      { time: time(7), name: "exception", attributes: { "exception.message": "no answer" } },
      { time: time(6), name: "retry", attributes: {} },
    ];
    const { spans } = of(
      span(1, 0, 0, 9),
      span(2, 1, 1.5, 3.25, { resource, events, status: "ERROR", statusMessage: "deadline", attributes: { a: "1" } }),
    );
    expect(spans[1]).toMatchObject({
      spanId: "0000000000000002",
      parentSpanId: "0000000000000001",
      serviceName: "shop",
      startTime: new Date(1_800_000_000_001),
      offsetMs: 1.5,
      durationMs: 1.75,
      status: "ERROR",
      statusMessage: "deadline",
      tags: { a: "1" },
      resource,
      pod: { clusterId: "east", namespace: "ns", name: "shop-0" },
      logs: [
        { timestamp: new Date(1_800_000_000_006), name: "retry", message: "retry" },
        { timestamp: new Date(1_800_000_000_007), name: "exception", message: "no answer" },
      ],
    });
    expect(spans[0]).toMatchObject({ parentSpanId: null, orphan: false, pod: null });
  });

  it("is nothing of nothing", () => expect(mergeTrace([])).toMatchObject({ spans: [], root: null }));
});
