import { expect, it } from "vitest";
import type { Evidence, RankedCause } from "./core/index.ts";
import { toStoredCauses } from "./evidence.mapper.ts";
import { Place } from "./place.mapper.ts";

const place = new Place();
const pod = (name: string, kind: string, owner: string) => ({
  namespace: "shop",
  name,
  nodeName: "node-1",
  createdAt: null,
  labels: {},
  owner: { kind, name: owner },
  images: [],
});
place.add([
  pod("cart-5d8f7c9b4-abcde", "ReplicaSet", "cart-5d8f7c9b4"),
  pod("cart-5d8f7c9b4-fghij", "ReplicaSet", "cart-5d8f7c9b4"),
  pod("kafka-0", "StatefulSet", "kafka"),
]);
const looked = {
  clusterId: "c",
  place,
  onset: 3_600_000,
  end: 4_200_000,
  podOfQuery: new Map([["memory of one", { namespace: "shop", name: "cart-5d8f7c9b4-abcde" }]]),
  labels: { namespace: "k8s_namespace_name", pod: "k8s_pod_name", node: "node" },
};
const workload = (name: string) => ({ kind: "WORKLOAD", namespace: "shop", name }) as const;

/** One cause with one piece of evidence, as it is stored. */
function stored(evidence: Partial<Evidence>) {
  const said: Evidence = {
    signal: "METRICS",
    entity: workload("cart"),
    z: 5,
    statement: "s",
    query: null,
    at: 3_700_000,
    value: 1,
    expected: 0,
    pattern: null,
    traceIds: [],
    ...evidence,
  };
  const cause: RankedCause = {
    entity: said.entity,
    rank: 1,
    score: 1,
    verdict: "LIKELY",
    signals: [],
    evidence: [said],
    explanation: "e",
  };
  const [first] = toStoredCauses({ causes: [cause], verdict: "LIKELY", missing: [] }, looked);
  const [how] = first?.evidence ?? [];
  return { pods: first?.entity.pods.map(({ name }) => name), ...how };
}

it("shows figures by their query, and names the pod that they are of", () => {
  const found = stored({ query: "memory of one" });
  expect(found).toMatchObject({
    pods: ["cart-5d8f7c9b4-abcde"],
    language: "PROMQL",
    query: "memory of one",
    start: "1970-01-01T00:30:00.000Z",
    end: "1970-01-01T01:10:00.000Z",
  });
  expect(found.graphql).toContain(
    'metrics(query: { query: "memory of one", clusterIds: ["c"], startTime: "1970-01-01T00:30:00.000Z"',
  );
});

it.each([
  [
    "a Deployment's pods, gone ones too",
    workload("cart"),
    '{k8s_namespace_name="shop",k8s_pod_name=~"cart-[a-z0-9]+-[a-z0-9]{5}"} |= "no \\"route\\""',
  ],
  [
    "a StatefulSet's",
    workload("kafka"),
    '{k8s_namespace_name="shop",k8s_pod_name=~"kafka-[a-z0-9]+"} |= "no \\"route\\""',
  ],
  [
    "a pod's own",
    { kind: "POD", namespace: "shop", name: "debug" } as const,
    '{k8s_namespace_name="shop",k8s_pod_name=~"debug"} |= "no \\"route\\""',
  ],
  ["a node's", { kind: "NODE", namespace: null, name: "node-1" } as const, '{node="node-1"} |= "no \\"route\\""'],
])("shows lines by %s", (_, entity, query) => {
  expect(stored({ signal: "LOGS", entity, pattern: 'no "route"' })).toMatchObject({ language: "LOGQL", query });
});

it("shows traces by their service, and events by what they are about", () => {
  expect(stored({ signal: "TRACES", traceIds: ["t"] })).toMatchObject({
    pods: ["cart-5d8f7c9b4-abcde", "cart-5d8f7c9b4-fghij"],
    language: "TRACEQL",
    query: '{ resource.service.name = "cart" && resource.k8s.namespace.name = "shop" }',
    traceIds: ["t"],
  });
  const node = { kind: "NODE", namespace: null, name: "node-1" } as const;
  expect(stored({ signal: "EVENTS", entity: node }).graphql).toContain(
    'kubernetesEvents(filter: { involvedName: "node-1" })',
  );
  expect(stored({ signal: "EVENTS" })).toMatchObject({ language: null, query: null });
  const gpu = { kind: "GPU", namespace: null, name: "GPU-1" } as const;
  expect(stored({ signal: "EVENTS", entity: gpu }).graphql).toContain('device: "GPU-1"');
});
