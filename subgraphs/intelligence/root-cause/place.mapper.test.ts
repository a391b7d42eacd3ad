import { expect, it } from "vitest";
import { Place, type PlacedPod } from "./place.mapper.ts";

const pod = (name: string, more: Partial<PlacedPod> = {}): PlacedPod => ({
  namespace: "shop",
  name,
  nodeName: "node-1",
  createdAt: 0,
  labels: {},
  owner: null,
  images: [],
  ...more,
});
const placed = (...pods: PlacedPod[]): Place => {
  const place = new Place();
  place.add(pods, [{ name: "node-1", addresses: ["10.0.0.1"] }]);
  return place;
};
const replicaSet = (name: string) => ({ kind: "ReplicaSet", name });

it.each([
  [
    "a Deployment, by the hash that its pods have",
    { owner: replicaSet("a-b-7f9c"), labels: { "pod-template-hash": "7f9c" } },
    "a-b",
  ],
  ["a Deployment, without the hash", { owner: replicaSet("cart-5d8f7c9b4") }, "cart"],
  ["a StatefulSet", { owner: { kind: "StatefulSet", name: "kafka" } }, "kafka"],
  ["a Job", { owner: { kind: "Job", name: "export-28391" } }, "export-28391"],
])("a pod of %s goes by it", (_, more, name) => {
  expect(placed(pod("x-1", more)).ofPod("shop", "x-1")).toEqual({ kind: "WORKLOAD", namespace: "shop", name });
});

it("a static pod goes by its name without its node, and one of its own by itself", () => {
  const place = placed(pod("etcd-node-1", { owner: { kind: "Node", name: "node-1" } }), pod("debug"));
  expect(place.ofPod("shop", "etcd-node-1")).toEqual({ kind: "WORKLOAD", namespace: "shop", name: "etcd" });
  expect(place.ofPod("shop", "debug")).toEqual({ kind: "POD", namespace: "shop", name: "debug" });
});

it("a pod that is gone goes by the workload that made its like, and by itself where there is none", () => {
  const place = placed(pod("cart-5d8f7c9b4-abcde", { owner: replicaSet("cart-5d8f7c9b4") }));
  expect(place.ofPod("shop", "cart-6b7d8c9f5-xyz12")).toMatchObject({ kind: "WORKLOAD", name: "cart" });
  expect(place.ofPod("other", "cart-6b7d8c9f5-xyz12")).toMatchObject({ kind: "POD" });
  expect(place.ofPod("shop", "orders-6b7d8c9f5-xyz12")).toMatchObject({ kind: "POD" });
});

it("a service goes by the workload whose pods serve it, or that is called like it", () => {
  const place = placed(pod("cart-5d8f7c9b4-abcde", { owner: replicaSet("cart-5d8f7c9b4") }));
  const cart = { kind: "WORKLOAD", namespace: "shop", name: "cart" };
  expect(place.ofService("shop", "cart-svc", { namespace: "shop", name: "cart-5d8f7c9b4-abcde" })).toEqual(cart);
  expect(place.ofService("shop", "cart", null)).toEqual(cart);
  expect(place.ofService("shop", "billing", null)).toEqual({ kind: "SERVICE", namespace: "shop", name: "billing" });
});

it("knows a node by its name or an address, with a port or without", () => {
  const place = placed();
  expect(["node-1", "node-1:9100", "10.0.0.1:9100", "10.0.0.2:9100"].map((name) => place.nodeOf(name))).toEqual([
    "node-1",
    "node-1",
    "node-1",
    null,
  ]);
});

it("leads from workloads to their nodes, each once", () => {
  const owner = replicaSet("cart-5d8f7c9b4");
  const place = placed(
    pod("cart-5d8f7c9b4-a", { owner }),
    pod("cart-5d8f7c9b4-b", { owner }),
    pod("waits", { nodeName: null }),
  );
  expect(place.topology()).toEqual([
    {
      from: { kind: "WORKLOAD", namespace: "shop", name: "cart" },
      to: { kind: "NODE", namespace: null, name: "node-1" },
      kind: "RUNS_ON",
    },
  ]);
});

it("knows whose certificate it is by its name", () => {
  const place = placed(
    pod("a-1", { owner: { kind: "StatefulSet", name: "cart" } }),
    pod("b-1", { owner: { kind: "StatefulSet", name: "cart-db" } }),
  );
  const user = (namespace: string, name: string) => place.userOf({ kind: "CERTIFICATE", namespace, name })?.name;
  expect(["cart-tls", "cart-db-tls", "cart", "cartographer-tls"].map((name) => user("shop", name))).toEqual([
    "cart",
    "cart-db",
    "cart",
    undefined,
  ]);
  expect(user("other", "cart-tls")).toBeUndefined();
});
