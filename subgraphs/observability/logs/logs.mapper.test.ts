import { describe, expect, it } from "vitest";
import type { Target } from "../../shared/fleet/directory.ts";
import type { Labels, LogRow } from "../../shared/upstreams/loki/schema.ts";
import { labelStyle, labelsOf } from "./label-style.filter.ts";
import { toEntry } from "./logs.mapper.ts";

const target = { id: "c1", name: "one" } as Target;
const ID = "290471487eba8622d24a6eee49b66195";
const entry = (labels: Labels, message: string, own?: LogRow[2]) =>
  toEntry({
    target,
    labels,
    row: own ? ["1795385088687767410", message, own] : ["1795385088687767410", message],
  });

describe("A log entry", () => {
  it("has its time to the nanosecond, and what is its own", () => {
    expect(entry({ app: "x" }, "hi", { structuredMetadata: { a: "b" }, parsed: { c: "d" } })).toEqual({
      clusterId: "c1",
      clusterName: "one",
      cluster: { id: "c1" },
      timestamp: new Date(1_795_385_088_687),
      timestampNs: "1795385088687767410",
      stream: { app: "x" },
      message: "hi",
      structuredMetadata: { a: "b" },
      parsed: { c: "d" },
      pod: null,
      traceId: null,
      late: false,
    });
  });

  it.each<[Labels, object | null]>([
    [
      { namespace: "n", pod: "p" },
      { clusterId: "c1", namespace: "n", name: "p" },
    ],
    [
      { k8s_namespace_name: "n", k8s_pod_name: "p" },
      { clusterId: "c1", namespace: "n", name: "p" },
    ],
    [
      { kubernetes_namespace_name: "n", kubernetes_pod_name: "p" },
      { clusterId: "c1", namespace: "n", name: "p" },
    ],
    [{ namespace: "n" }, null],
    [{ namespace: "", pod: "p" }, null],
  ])("is of the pod that its stream names: %j", (labels, pod) => expect(entry(labels, "").pod).toEqual(pod));

  it.each<[string, Labels, string, LogRow[2]]>([
    ["structured metadata", {}, "", { structuredMetadata: { trace_id: ID } }],
    ["a parsed field", {}, "", { parsed: { traceID: ID.toUpperCase() } }],
    ["a label", { TraceId: ID }, "", undefined],
    ["JSON", {}, `{"msg":"x", "trace_id": "${ID}"}`, undefined],
    ["JSON in JSON", {}, `{"log":"{\\"traceId\\":\\"${ID}\\"}"}`, undefined],
    ["logfmt", {}, `level=error traceID=${ID} msg=x`, undefined],
    ["words", {}, `failed (trace-id: ${ID})`, undefined],
  ])("finds its trace in %s", (_, labels, message, own) => expect(entry(labels, message, own).traceId).toBe(ID));

  it.each([
    `trace_id=${"0".repeat(32)}`,
    `trace_id=${ID}0`,
    "trace_id=290471487eba8622",
    `backtrace_idx=${ID}`,
    `span=${ID}`,
    "",
  ])("takes for no trace: %s", (message) => expect(entry({ trace_id: "none" }, message).traceId).toBeNull());
});

describe("A cluster's label style", () => {
  it.each<[string[], object]>([
    [["app", "namespace", "pod", "node_name"], { namespace: "n", pod: "p" }],
    [["k8s_namespace_name", "k8s_pod_name", "k8s_node_name"], { k8s_namespace_name: "n", k8s_pod_name: "p" }],
    [
      ["kubernetes_namespace_name", "kubernetes_pod_name", "kubernetes_host"],
      { kubernetes_namespace_name: "n", kubernetes_pod_name: "p" },
    ],
  ])("names what is asked for: %j", (labels, expected) => {
    const style = labelStyle(labels);
    // A pod says where it runs.
    expect(labelsOf({ namespace: "n", pod: "p", node: "w" }, style)).toEqual(expected);
    expect(labelsOf({ node: "w" }, style)).toEqual({ [labels.at(-1) ?? ""]: "w" });
  });

  it("says which label it lacks", () => {
    const style = labelStyle(["namespace", "app"]);
    expect([labelsOf({ namespace: "n" }, style), labelsOf({}, style)]).toEqual([{ namespace: "n" }, {}]);
    expect(() => labelsOf({ namespace: "n", pod: "p" }, style)).toThrow(
      "no label for the pod: none of pod, k8s_pod_name, kubernetes_pod_name",
    );
  });
});
