import { expect, it } from "vitest";
import { gpuTopology, signalsOf, type ToldSeries, withHistory } from "./metric-signal.mapper.ts";
import { METRIC_QUESTIONS, type MetricQuestion, promqlOf } from "./metric-signal.plan.ts";
import { Place } from "./place.mapper.ts";

const MINUTE = 60_000;
const place = new Place();
place.add(
  ["a", "b"].map((name) => ({
    namespace: "shop",
    name: `cart-5d8f7c9b4-${name}`,
    nodeName: "node-1",
    createdAt: null,
    labels: {},
    owner: { kind: "ReplicaSet", name: "cart-5d8f7c9b4" },
    images: [],
  })),
  [{ name: "node-1", addresses: ["10.0.0.1"] }],
);
place.add([
  { namespace: "batch", name: "job-x", nodeName: "node-1", createdAt: null, labels: {}, owner: null, images: [] },
]);

const question = (metric: string, about?: string): MetricQuestion => {
  const found = METRIC_QUESTIONS.find((each) => each.metric === metric && each.about === (about ?? each.about));
  if (!found) throw new Error(metric);
  return found;
};
const series = (metric: Record<string, string>, ...values: string[]): ToldSeries => ({
  metric,
  values: values.map((value, index) => [index * 60, value]),
});

it("asks about the pods of the namespaces, and about those beside them on their nodes", () => {
  const scope = { namespaces: new Set(["shop"]), nodes: new Set(["node-1"]) };
  expect(promqlOf(question("memory"), place, scope)).toBe(
    'sum by (namespace, pod) (container_memory_working_set_bytes{namespace=~"shop",container!=""}) or ' +
      'sum by (namespace, pod) (container_memory_working_set_bytes{namespace=~"batch",pod=~"job-x",container!=""})',
  );
  expect(promqlOf(question("memory", "NODE"), place, scope)).toContain(
    '{instance=~"(node-1|10\\\\.0\\\\.0\\\\.1)(:[0-9]+)?"}',
  );
  expect(promqlOf(question("pressure"), place, scope)).toContain('{node=~"node-1",');
  const nowhere = { namespaces: new Set<string>(), nodes: new Set<string>() };
  expect(promqlOf(question("cpu"), place, nowhere)).toBeNull();
  expect(promqlOf(question("gpu xid"), place, nowhere)).toContain("(DCGM_FI_DEV_XID_ERRORS{})");
});

it("gives each series to what it is about, with a query for it alone", () => {
  const [cpu] = signalsOf(
    question("memory"),
    [series({ namespace: "shop", pod: "cart-5d8f7c9b4-a" }, "1", "NaN", "3")],
    place,
  );
  expect(cpu).toMatchObject({
    pod: { namespace: "shop", name: "cart-5d8f7c9b4-a" },
    signal: {
      entity: { kind: "WORKLOAD", namespace: "shop", name: "cart" },
      query: expect.stringContaining('{namespace="shop",pod="cart-5d8f7c9b4-a",container!=""}') as string,
      points: [
        { time: 0, value: 1 },
        { time: 2 * MINUTE, value: 3 },
      ],
    },
  });
  const [node] = signalsOf(question("memory", "NODE"), [series({ instance: "10.0.0.1:9100" }, "1")], place);
  expect(node?.signal.entity).toEqual({ kind: "NODE", namespace: null, name: "node-1" });
  const [certificate] = signalsOf(
    question("certificate seconds left"),
    [series({ namespace: "shop", name: "tls" }, "-5")],
    place,
  );
  expect(certificate?.signal.entity).toEqual({ kind: "CERTIFICATE", namespace: "shop", name: "tls" });
  expect(signalsOf(question("memory"), [series({}, "1")], place)).toEqual([]);
});

it("leads from pods and nodes to their GPUs", () => {
  const labels = { UUID: "GPU-1", Hostname: "node-1", exported_namespace: "batch", exported_pod: "job-x" };
  const gpu = { kind: "GPU", namespace: null, name: "GPU-1" };
  expect(gpuTopology([series(labels, "0")], place)).toEqual([
    { from: { kind: "POD", namespace: "batch", name: "job-x" }, to: gpu, kind: "USES" },
    { from: { kind: "NODE", namespace: null, name: "node-1" }, to: gpu, kind: "USES" },
  ]);
});

it("judges a new pod by what its siblings used, and the first of its kind by nothing at all", () => {
  const long = series({ namespace: "shop", pod: "cart-5d8f7c9b4-a" }, ...Array.from({ length: 30 }, () => "5"));
  const young = (pod: string, namespace: string): ToldSeries => ({
    metric: { namespace, pod },
    values: [[28 * 60, "9"]],
  });
  const signals = signalsOf(
    question("memory"),
    [long, young("cart-5d8f7c9b4-b", "shop"), young("job-x", "batch")],
    place,
  );
  const options = {
    since: 0,
    before: 25 * MINUTE,
    born: ({ name }: { name: string }) => (name === "job-x" ? 27 * MINUTE : null),
  };
  const values = (index: number) => withHistory(signals, options)[index]?.signal.points.map(({ value }) => value);
  expect(values(0)).toEqual(Array.from({ length: 30 }, () => 5));
  expect(values(1)).toEqual([...Array.from({ length: 25 }, () => 5), 9]);
  expect(values(2)).toEqual([...Array.from({ length: 25 }, () => 0), 9]);
  const unknown = withHistory(signals, { ...options, born: () => null })[2];
  expect(unknown?.signal.points).toHaveLength(1);
});
