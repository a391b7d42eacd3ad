import { describe, expect, it } from "vitest";
import { PodObject } from "../../shared/upstreams/kubernetes/objects/pod.ts";
import { type PodFilter, podScopes, podTest } from "./pod.filter.ts";

const pod = PodObject.parse({
  metadata: {
    name: "checkout-7f9-x2",
    namespace: "shop",
    labels: { app: "checkout" },
    ownerReferences: [{ kind: "ReplicaSet", name: "checkout-7f9", controller: true }],
  },
  spec: { nodeName: "n-1", containers: [{ name: "main" }] },
  status: {
    phase: "Running",
    conditions: [{ type: "Ready", status: "False" }],
    containerStatuses: [{ name: "main", restartCount: 3, state: { waiting: { reason: "CrashLoopBackOff" } } }],
  },
});

describe("podTest", () => {
  it.each<[PodFilter, boolean]>([
    [{}, true],
    [{ namespaces: [], phases: [], node: null, ready: null, nameContains: null }, true],
    [{ namespaces: ["data", "shop"] }, true],
    [{ namespaces: ["data"] }, false],
    [{ node: "n-1" }, true],
    [{ node: "n-2" }, false],
    [{ phases: ["Running", "Pending"] }, true],
    [{ phases: ["Failed"] }, false],
    [{ ready: false }, true],
    [{ ready: true }, false],
    [{ reason: "CrashLoopBackOff" }, true],
    [{ reason: "OOMKilled" }, false],
    [{ minRestarts: 3 }, true],
    [{ minRestarts: 4 }, false],
    [{ labelSelector: "app in (checkout)" }, true],
    [{ labelSelector: "!app" }, false],
    [{ nameContains: "out-7" }, true],
    [{ nameContains: "cart" }, false],
    [{ ownerKind: "ReplicaSet", ownerName: "checkout-7f9" }, true],
    [{ ownerKind: "StatefulSet" }, false],
    [{ ownerName: "checkout" }, false],
    [{ namespaces: ["shop"], phases: ["Failed"] }, false],
  ])("%j", (filter, matches) => expect(podTest(filter)(pod)).toBe(matches));

  it("takes what is not known for no match", () => {
    const unknown = PodObject.parse({ metadata: { name: "p" } });
    for (const filter of [
      { ready: false },
      { node: "n-1" },
      { ownerKind: "Job" },
      { minRestarts: 1 },
      { phases: ["Running"] },
    ])
      expect(podTest(filter)(unknown), JSON.stringify(filter)).toBe(false);
  });

  it("refuses a bad selector at once", () => {
    expect(() => podTest({ labelSelector: "a==b==c" })).toThrow(/Not a Kubernetes label selector/);
  });
});

describe("podScopes", () => {
  it("is the node, or each namespace once, or nowhere in particular", () => {
    expect(podScopes({ node: "n-1", namespaces: ["a"] })).toEqual([{ nodeName: "n-1" }]);
    expect(podScopes({ namespaces: ["a", "b", "a"] })).toEqual([{ namespace: "a" }, { namespace: "b" }]);
    expect(podScopes({ namespaces: [] })).toEqual([]);
    expect(podScopes({})).toEqual([]);
  });
});
