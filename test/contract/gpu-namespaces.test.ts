import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DemoFleet } from "../../demo/fleet.ts";
import { enrolledFleet } from "../support/demo.ts";
import { startGraph, type TestGraph } from "../support/graph.ts";
import { missingPrograms, type RealPrometheus, startPrometheus } from "../support/prometheus.ts";

const ALL = "all-token-of-the-test";
const TEAM = "team-token-of-the-test";
const AIOPS_API_TOKENS = JSON.stringify([
  { token: ALL, user: "ann", roles: ["admin"] },
  { token: TEAM, user: "ned", roles: ["admin"], scope: { namespaces: ["team-a*"] } },
]);

const dcgm = (gpu: number, pod: string, more = ""): string =>
  `gpu="${gpu}",UUID="GPU-${gpu}",modelName="NVIDIA H200",Hostname="n1",container="dcgm-exporter",${pod}${more}`;
const exported = (namespace: string, pod: string): string =>
  `namespace="gpu-operator",pod="dcgm-x",exported_namespace="${namespace}",exported_pod="${pod}"`;
const part = (id: number): string => `,GPU_I_ID="${id}",GPU_I_PROFILE="3g.71gb"`;
const used = (labels: string, mib: number): string => `DCGM_FI_DEV_FB_USED{${labels}} ${mib}`;
const METRICS = [
  // Shared in turns by three pods, of which two are of other namespaces.
  ...["team-a/own", "team-b/other", "shop/third"].flatMap((name, turn) => {
    const [namespace = "", pod = ""] = name.split("/");
    const labels = dcgm(0, exported(namespace, pod), `,vgpu="${turn}"`);
    return [used(labels, 7000), `DCGM_FI_DEV_GPU_UTIL{${labels}} 63`];
  }),
  // Divided, one half each.
  used(dcgm(1, exported("team-a", "own"), part(1)), 500),
  used(dcgm(1, exported("team-b", "other"), part(2)), 900),
  // All of it another's.
  used(dcgm(2, exported("team-b", "other")), 1111),
  // As an exporter of one's own would tell of others, and as older ones do.
  used(dcgm(0, 'namespace="team-a",pod="own-dcgm",exported_namespace="team-b",exported_pod="other"'), 2222),
  used(dcgm(3, 'namespace="gpu-operator",pod="dcgm-x",pod_namespace="team-a-2",pod_name="old"'), 3333),
  "",
].join("\n");

const missing =
  process.env["REQUIRE_SERVICES"] === "1" ? [] : missingPrograms("prometheus", "prometheus-node-exporter");
const suffix = missing.length > 0 ? ` (skipped: ${missing.join(", ")} not found)` : "";

describe.skipIf(missing.length > 0)(`GPUs of who sees only some namespaces, behind a real Prometheus${suffix}`, () => {
  let prometheus: RealPrometheus;
  let graph: TestGraph;
  let fleet: DemoFleet;
  let id: string;

  beforeAll(async () => {
    [prometheus, graph] = await Promise.all([
      startPrometheus(METRICS),
      startGraph({ mode: "in one process", env: { AIOPS_API_TOKENS } }),
    ]);
    fleet = await enrolledFleet(graph, { clusters: 1 });
    const [cluster] = fleet.clusters;
    for (const name of ["team-a/own", "team-b/other", "shop/third", "team-a-2/old"])
      fleet.putPod(cluster?.name ?? "", ...(name.split("/") as [string, string]));
    ({ id } = (await ask(`{ cluster(name: "${cluster?.name}") { id } }`, ALL)).cluster);
    await ask(
      `mutation { updateCluster(id: "${id}", input: { endpoints: { prometheusUrl: "${prometheus.url}" } }) { id } }`,
      ALL,
    );
  }, 120_000);
  afterAll(async () => {
    await graph[Symbol.asyncDispose]();
    await prometheus[Symbol.asyncDispose]();
    await fleet.close();
  });

  const ask = async (query: string, token = TEAM) => {
    const { data, errors } = await graph.ask(query, {}, { token });
    expect(errors).toBeUndefined();
    return data;
  };
  const GPUS = `uuid nodeName allocated memoryUsedMb utilizationGpuPercent mode attribution cudaVersion pod { name }
    processes { pid } pods { namespace name } instances { instanceId memoryUsedMb pod { namespace name } }
    availability { field available reason }`;
  const gpusOf = async (token?: string) => {
    const namespaces = `["team-a", "team-a-2", "team-b", "shop"]`;
    const { cluster } = await ask(
      `{ cluster(id: "${id}") { pods(filter: { namespaces: ${namespaces} }, pageSize: 100) { items { name gpus { ${GPUS} } } } } }`,
      token,
    );
    type Item = { name: string; gpus: { uuid: string }[] };
    return new Map((cluster.pods.items as Item[]).map(({ name, gpus }) => [name, gpus]));
  };

  it("are those that their pods have, with the values, and without the others' pods and parts", async () => {
    // Who sees all first: nothing of that answer is kept for others.
    const whole = await gpusOf(ALL);
    for (const theirs of ["other", "third"]) expect(JSON.stringify(whole.get("own")), theirs).toContain(`"${theirs}"`);
    const seen = await gpusOf();
    expect(Object.fromEntries([...seen].map(([name, gpus]) => [name, gpus.map(({ uuid }) => uuid)]))).toMatchObject({
      own: ["GPU-0", "GPU-1"],
      old: ["GPU-3"],
    });
    const own = { namespace: "team-a", name: "own" };
    const unknown = { mode: null, attribution: null, pod: null, processes: null, cudaVersion: null };
    expect(seen.get("own")).toMatchObject([
      { ...unknown, allocated: true, memoryUsedMb: 7000, utilizationGpuPercent: 63, pods: [own], instances: [] },
      {
        ...unknown,
        mode: "MIG",
        attribution: "INSTANCE",
        memoryUsedMb: 500,
        pods: [own],
        instances: [{ instanceId: 1, memoryUsedMb: 500, pod: own }],
      },
    ]);
    const text = JSON.stringify([...seen]);
    for (const theirs of ["team-b", "other", "shop", "third", "GPU-2", "900", "1111", "2222"])
      expect(text, theirs).not.toContain(theirs);
    expect(JSON.stringify([...(await gpusOf(ALL))])).toContain("GPU-2");
  });

  it("are told of in no other way", async () => {
    for (const query of [
      `{ gpuNodes { total } }`,
      `{ gpu(uuid: "GPU-0") { uuid } }`,
      `{ cluster(id: "${id}") { gpuNodes { nodeName } } }`,
      `{ pod(clusterId: "${id}", namespace: "team-a", name: "own") { gpus { health { status } } } }`,
    ]) {
      const { errors } = await graph.ask(query, {}, { token: TEAM });
      expect(errors?.[0]?.extensions["code"], query).toBe("FORBIDDEN");
    }
    const { pod } = await ask(`{ pod(clusterId: "${id}", namespace: "team-b", name: "other") { gpus { uuid } } }`);
    expect(pod).toBeNull();
  });
});
