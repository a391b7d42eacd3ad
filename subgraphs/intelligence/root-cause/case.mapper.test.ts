import { expect, it } from "vitest";
import { callEdges, entityOfAlert, newPods, toEvents, toLogLine, toSpans } from "./case.mapper.ts";
import type { ToldEvent } from "./inventory.service.ts";
import { Place } from "./place.mapper.ts";
import type { ToldLine } from "./signal-question.service.ts";

const MINUTE = 60_000;
const place = new Place();
const cart = { kind: "WORKLOAD", namespace: "shop", name: "cart" };
const made = (name: string, owner: string, createdAt: number) => ({
  namespace: "shop",
  name,
  nodeName: "node-1",
  createdAt,
  labels: {},
  owner: { kind: "ReplicaSet", name: owner },
  images: ["shop/cart:2"],
});
place.add([
  made("cart-5d8f7c9b4-old", "cart-5d8f7c9b4", 0),
  made("cart-7f9c8d6b5-new", "cart-7f9c8d6b5", 50 * MINUTE),
  made("cart-7f9c8d6b5-two", "cart-7f9c8d6b5", 51 * MINUTE),
]);

const line = (more: Partial<ToldLine>): ToldLine => ({
  timestamp: 5,
  message: "plain",
  stream: {},
  structuredMetadata: {},
  traceId: null,
  pod: { namespace: "shop", name: "cart-5d8f7c9b4-old" },
  ...more,
});

it("reads a line's own words out of what wraps it, and its level from wherever it stands", () => {
  expect(toLogLine(line({ message: '{"level":"error","msg":"no route","trace_id":"1"}' }), place)).toMatchObject({
    entity: cart,
    message: "no route",
    level: "error",
  });
  const stored = line({ structuredMetadata: { detected_level: "warn" }, traceId: "t" });
  expect(toLogLine(stored, place)).toMatchObject({ message: "plain", level: "warn", traceId: "t" });
  expect(toLogLine(line({ message: "{broken" }), place)).toMatchObject({ message: "{broken", level: null });
});

it("gives a line of a node's system to the node, and knows nothing of one of neither", () => {
  const entity = { kind: "NODE", namespace: null, name: "node-1" };
  expect(toLogLine(line({ pod: null, stream: { node: "node-1" } }), place)).toMatchObject({ entity });
  expect(toLogLine(line({ pod: null }), place)).toBeNull();
});

it("gives spans to the workload that serves them, and knows who calls whom", () => {
  const span = {
    spanId: "1",
    parentSpanId: null,
    operationName: "GET /cart",
    serviceName: "cart",
    startTime: 1,
    durationMs: 2,
    status: "ERROR",
    resource: { "k8s.namespace.name": "shop" },
    pod: null,
  };
  const unknown = { ...span, spanId: "2", parentSpanId: "1", serviceName: "billing", status: "UNSET" };
  const anonymous = { ...span, spanId: "3", serviceName: null };
  const spans = toSpans([{ traceId: "t", startTime: 1, spans: [span, unknown, anonymous] }], place);
  expect(spans).toMatchObject([
    { entity: cart, error: true, traceId: "t" },
    { entity: { kind: "SERVICE", namespace: "shop", name: "billing" }, error: false },
  ]);
  expect(callEdges(spans)).toEqual([
    { from: cart, to: { kind: "SERVICE", namespace: "shop", name: "billing" }, kind: "CALLS" },
  ]);
});

const event = (more: Partial<ToldEvent>): ToldEvent => ({
  about: { kind: "Pod", namespace: "shop", name: "cart-5d8f7c9b4-old" },
  reason: "BackOff",
  message: "m",
  type: "Warning",
  count: 1,
  time: 100 * MINUTE,
  firstSeenAt: 100 * MINUTE,
  ...more,
});

it("divides what is counted up since long ago into before and since", () => {
  const { events } = toEvents([event({ firstSeenAt: 0, count: 10 })], place, 80 * MINUTE);
  expect(events).toMatchObject([
    { entity: cart, count: 8, time: 0 },
    { entity: cart, count: 2, time: 100 * MINUTE },
  ]);
  expect(toEvents([event({ count: 3, firstSeenAt: 90 * MINUTE })], place, 80 * MINUTE).events).toMatchObject([
    { count: 3, time: 90 * MINUTE },
  ]);
});

it("takes events that tell of a change for one, and knows what they are about", () => {
  const told = [
    event({
      about: { kind: "Deployment", namespace: "shop", name: "cart" },
      reason: "ScalingReplicaSet",
      type: "Normal",
    }),
    event({ about: { kind: "ReplicaSet", namespace: "shop", name: "cart-7f9c8d6b5" } }),
    event({ about: { kind: "Certificate", namespace: "shop", name: "tls" }, reason: "Expired" }),
    event({ about: { kind: "Node", namespace: null, name: "node-1" } }),
    event({ about: { kind: "Lease", namespace: "shop", name: "l" } }),
  ];
  const { events, changes } = toEvents(told, place, 0);
  expect(events.map(({ entity }) => entity)).toEqual([
    cart,
    cart,
    { kind: "CERTIFICATE", namespace: "shop", name: "tls" },
    { kind: "NODE", namespace: null, name: "node-1" },
  ]);
  expect(changes).toMatchObject([{ entity: cart, kind: "ROLLOUT" }]);
});

it("sees in new pods a rollout, a workload that grew, and a job that began", () => {
  expect(newPods(place, { start: 40 * MINUTE, end: 60 * MINUTE })).toEqual([
    { entity: cart, time: 50 * MINUTE, kind: "ROLLOUT", description: "2 new pods of cart-7f9c8d6b5 with shop/cart:2" },
  ]);
  expect(newPods(place, { start: 51 * MINUTE, end: 60 * MINUTE })).toMatchObject([
    { kind: "SCALE", description: "a new pod of cart-7f9c8d6b5 with shop/cart:2" },
  ]);
  expect(newPods(place, { start: 55 * MINUTE, end: 60 * MINUTE })).toEqual([]);
  const batch = new Place();
  batch.add([{ ...made("import-x1", "", 58 * MINUTE), owner: { kind: "Job", name: "import" }, images: [] }]);
  expect(newPods(batch, { start: 55 * MINUTE, end: 60 * MINUTE })).toMatchObject([
    { entity: { kind: "WORKLOAD", name: "import" }, kind: "OTHER", description: "a new pod of import" },
  ]);
});

it.each([
  ["a GPU", { labels: { UUID: "GPU-1", pod: "p" } }, { kind: "GPU", namespace: null, name: "GPU-1" }],
  ["a pod's workload", { pod: { namespace: "shop", name: "cart-5d8f7c9b4-old" } }, cart],
  ["a deployment", { labels: { deployment: "cart" } }, cart],
  ["a service", { labels: { service: "cart" } }, cart],
  ["a node", { node: { name: "node-1" }, namespace: null }, { kind: "NODE", namespace: null, name: "node-1" }],
  [
    "a certificate's secret",
    { labels: { secret_name: "tls" } },
    { kind: "CERTIFICATE", namespace: "shop", name: "tls" },
  ],
  ["nothing", {}, null],
])("an alert about %s names it", (_, more, entity) => {
  expect(
    entityOfAlert({ alertname: "CertExpired", labels: {}, pod: null, node: null, namespace: "shop", ...more }, place),
  ).toEqual(entity);
});
