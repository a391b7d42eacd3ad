import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { DemoFleet } from "../../demo/fleet.ts";
import { enrolledFleet } from "../support/demo.ts";
import { startGraph, type TestGraph } from "../support/graph.ts";
import { describeModes } from "../support/modes.ts";
import { until } from "../support/until.ts";

const CLUSTERS = 12;
const [WEST, LAB] = ["prod-west-1", "lab-gpu-1"];
const TOKENS = { admin: "admin-token-0123456789", viewer: "viewer-token-012345678", scoped: "scoped-token-012345678" };
const AIOPS_API_TOKENS = JSON.stringify([
  { token: TOKENS.admin, user: "ann", roles: ["admin"] },
  { token: TOKENS.viewer, user: "vic", roles: ["viewer"] },
  { token: TOKENS.scoped, user: "sam", roles: ["viewer"], scope: { labelSelector: "team=shop" } },
]);
const SET_EXEC = `mutation ($id: UUID!, $enabled: Boolean!) { setGpuExec(clusterId: $id, enabled: $enabled) { id gpuExecEnabled } }`;

interface Gpu {
  uuid: string;
  availability: { field: string; available: boolean; source: string | null; reason: string | null }[];
  [field: string]: unknown;
}

await describeModes("GPUs", (mode) => {
  let graph: TestGraph;
  let fleet: DemoFleet;
  let ids: Map<string, string>;

  beforeAll(async () => {
    graph = await startGraph({ mode, env: { AIOPS_API_TOKENS, AIOPS_GPU_POLL_MS: "6000" } });
    fleet = await enrolledFleet(graph, { clusters: CLUSTERS });
    const { data } = await ask(`{ clusters(pageSize: 100) { items { id name } } }`);
    ids = new Map(data.clusters.items.map(({ id, name }: { id: string; name: string }) => [name, id]));
  });
  afterAll(async () => {
    await graph[Symbol.asyncDispose]();
    await fleet.close();
  });
  beforeEach(() => {
    graph.resetHops();
    fleet.resetRequests();
  });

  const ask = (query: string, variables: Record<string, unknown> = {}, token = TOKENS.admin) =>
    graph.ask(query, variables, { token });
  const answer = async (query: string, variables: Record<string, unknown> = {}, token = TOKENS.admin) => {
    const { data, errors } = await ask(query, variables, token);
    expect(errors).toBeUndefined();
    return data;
  };
  const idOf = (name: string) => ids.get(name) ?? "";
  const nodeOf = async (cluster: string, node: string, fields: string) =>
    (
      await answer(`query ($id: UUID!, $node: String!) { gpuNode(clusterId: $id, nodeName: $node) { ${fields} } }`, {
        id: idOf(cluster),
        node: `${cluster}-${node}`,
      })
    ).gpuNode;
  const requests = (upstream: string, path = "") =>
    fleet.requests().filter((request) => request.upstream === upstream && request.path.includes(path));
  const field = (gpu: Gpu, name: string) => gpu.availability.find((each) => each.field === name);

  describe("over the fleet", () => {
    it("cost one request to each cluster's Prometheus, whatever the operation's shape, and none right after", async () => {
      const query = `{
        gpuNodes(pageSize: 100) { total complete outcomes { status } items { nodeName gpus { uuid utilizationGpuPercent pods { name } } } }
        gpuSummary { total { devices } }
        clusters(pageSize: 100) { items { gpuNodes { nodeName } gpuSummary { devices nodes } } }
      }`;
      const data = await answer(query);
      expect(data.gpuNodes).toMatchObject({ complete: true, outcomes: Array(CLUSTERS).fill({ status: "SUCCESS" }) });
      expect(data.gpuNodes.total).toBeGreaterThanOrEqual(4);
      expect(requests("prometheus")).toHaveLength(CLUSTERS);
      // Whose the GPUs are that claims give out, only the API server tells: of the lab, and of no other.
      expect(
        requests("kubernetes")
          .map(({ cluster, path }) => `${cluster} ${path.split("/").at(-1)}`)
          .toSorted(),
      ).toEqual(["apis", "nodes", "resourceclaims", "resourceslices"].map((path) => `${LAB} ${path}`));
      expect(new Set(graph.hops())).toEqual(new Set(["gpu", "clusters"]));
      fleet.resetRequests();
      expect(await answer(query, {}, TOKENS.viewer)).toEqual(data);
      expect(requests("prometheus")).toHaveLength(0);
    });

    it("add up, each once, with what is not known beside", async () => {
      const { gpuSummary } = await answer(
        `query ($ids: [UUID!]) { gpuSummary(selector: { ids: $ids }) {
          total { nodes devices allocated allocationUnknown active idle activityUnknown memoryTotalMb memoryUnknown powerDrawWatts powerUnknown }
          clusters { clusterName summary { devices } } models { model summary { devices nodes } } complete } }`,
        { ids: [idOf(WEST), idOf(LAB)] },
      );
      // Of the lab's 16, one is lost; eight are divided in two, and count once.
      expect(gpuSummary).toMatchObject({
        total: { nodes: 4, devices: 23, allocationUnknown: 0, activityUnknown: 0, memoryUnknown: 0, powerUnknown: 0 },
        clusters: [
          { clusterName: LAB, summary: { devices: 15 } },
          { clusterName: WEST, summary: { devices: 8 } },
        ],
        models: [
          { model: "NVIDIA H100 80GB HBM3", summary: { devices: 15, nodes: 2 } },
          { model: "NVIDIA A100-SXM4-80GB", summary: { devices: 8, nodes: 2 } },
        ],
        complete: true,
      });
      const { devices, allocated, active, idle, memoryTotalMb } = gpuSummary.total;
      expect(allocated).toBe(4 + 4 + 7 + 6);
      expect(idle).toBeGreaterThanOrEqual(1);
      expect(active + idle).toBeLessThanOrEqual(devices);
      expect(memoryTotalMb).toBe(8 * 81_920 + 7 * 81_559 + 8 * 2 * 40_448);
    });

    it.each<[string, string[]]>([
      [`model: "h100"`, [`${LAB}-gpu-0`, `${LAB}-gpu-1`]],
      [`modes: [MIG]`, [`${LAB}-gpu-1`]],
      [`modes: [TIME_SLICED]`, [`${WEST}-gpu-1`]],
      [`namespaces: ["ai-training"]`, [`${LAB}-gpu-0`, `${WEST}-gpu-0`]],
      [`idle: true`, [`${LAB}-gpu-0`]],
      [`allocated: false, modes: [WHOLE]`, []],
      [`nodes: ["${WEST}-gpu-0", "nobody"]`, [`${WEST}-gpu-0`]],
      [`selector: { labelSelector: "team=ml,tier=lab" }`, [`${LAB}-gpu-0`, `${LAB}-gpu-1`]],
    ])("are found by %s", async (filter, nodes) => {
      const named = filter.includes("selector") ? filter : `${filter}, clusterIds: ["${idOf(WEST)}", "${idOf(LAB)}"]`;
      const { gpuNodes } = await answer(`{ gpuNodes(filter: { ${named} }) { total items { nodeName } } }`);
      const found = gpuNodes.items.map(({ nodeName }: { nodeName: string }) => nodeName);
      expect(filter.startsWith("idle") ? found.slice(0, 1) : found).toEqual(nodes);
    });

    it("are found by their utilisation, of which parts have their own", async () => {
      const measured = "nodeName gpus { utilizationGpuPercent instances { utilizationGpuPercent } }";
      const clusters = `clusterIds: ["${idOf(WEST)}", "${idOf(LAB)}"]`;
      const { busy, all } = await answer(
        `{ busy: gpuNodes(filter: { minUtilization: 60, ${clusters} }) { items { nodeName } }
           all: gpuNodes(filter: { ${clusters} }) { items { ${measured} } } }`,
      );
      interface Measured {
        nodeName: string;
        gpus: { utilizationGpuPercent: number | null; instances: { utilizationGpuPercent: number | null }[] }[];
      }
      const most = ({ gpus }: Measured) =>
        Math.max(...gpus.flatMap((gpu) => [gpu, ...gpu.instances]).map((of) => of.utilizationGpuPercent ?? 0));
      expect(busy.items).toEqual(
        all.items.filter((node: Measured) => most(node) >= 60).map(({ nodeName }: Measured) => ({ nodeName })),
      );
      expect(busy.items.length).toBeGreaterThan(0);
    });

    it("are refused by rules that name the field, before any cluster is asked", async () => {
      const { errors } = await ask(`{ gpuNodes(filter: { minUtilization: 101 }) { total } }`);
      expect(errors?.[0]?.extensions).toMatchObject({ code: "BAD_USER_INPUT" });
      const of = await ask(
        `query ($id: UUID!) { cluster(id: $id) { gpuNodes(filter: { clusterIds: [$id] }) { nodeName } } }`,
        {
          id: idOf(WEST),
        },
      );
      expect(of.errors?.[0]?.extensions).toMatchObject({ code: "BAD_USER_INPUT", details: { field: "filter" } });
      expect(requests("prometheus")).toHaveLength(0);
    });

    it("of a cluster that fails are a row, and hide no other's", async () => {
      const dead = fleet.clusters.at(-1)?.name ?? "";
      await fleet.setFault(dead, "prometheus", "refuse");
      try {
        await until("what was read before is not good any more", async () => {
          const { gpuNodes } = await answer(`{ gpuNodes { complete } }`);
          return !gpuNodes.complete;
        });
        const { gpuNodes } = await answer(`{ gpuNodes { total outcomes { clusterName status error { code } } } }`);
        expect(gpuNodes.total).toBeGreaterThanOrEqual(4);
        expect(gpuNodes.outcomes.filter(({ status }: { status: string }) => status !== "SUCCESS")).toEqual([
          { clusterName: dead, status: "ERROR", error: { code: "UPSTREAM_UNREACHABLE" } },
        ]);
        const alone = await ask(`query ($id: UUID!) { gpuNodes(filter: { clusterIds: [$id] }) { total } }`, {
          id: idOf(dead),
        });
        expect(alone.errors?.[0]?.extensions["code"]).toBe("NO_CLUSTER_SUCCEEDED");
        const joined = await ask(`query ($id: UUID!) { cluster(id: $id) { name gpuNodes { nodeName } } }`, {
          id: idOf(dead),
        });
        expect(joined.data.cluster).toEqual({ name: dead, gpuNodes: null });
        expect(joined.errors?.[0]?.extensions["code"]).toBe("UPSTREAM_UNREACHABLE");
      } finally {
        await fleet.setFault(dead, "prometheus", null);
      }
    });
  });

  describe("of a node", () => {
    it("that are gone are missing, and not 0", async () => {
      const node = await nodeOf(LAB, "gpu-0", "expectedGpus missingGpus gpus { index }");
      expect(node).toMatchObject({ expectedGpus: 8, missingGpus: 1 });
      expect(node.gpus).toHaveLength(7);
      const whole = await nodeOf(
        WEST,
        "gpu-0",
        "expectedGpus missingGpus gpus { mode attribution pod { name phase } }",
      );
      expect(whole).toMatchObject({ expectedGpus: 4, missingGpus: 0 });
      expect(whole.gpus[0]).toMatchObject({ mode: "WHOLE", attribution: "DEVICE", pod: { phase: "RUNNING" } });
      // As many as its node offers are seen: nothing is left to be asked of Kubernetes but the pods that are joined.
      expect(requests("kubernetes", "/nodes").filter(({ cluster }) => cluster === WEST)).toHaveLength(0);
    });

    it("that are divided have instances, with their own values and pods", async () => {
      const { gpus } = await nodeOf(
        LAB,
        "gpu-1",
        "gpus { mode attribution pod { name } pods { name } utilizationGpuPercent memoryTotalMb instances { instanceId profile memoryTotalMb utilizationGpuPercent pod { namespace name } } availability { field available reason } }",
      );
      expect(gpus).toHaveLength(8);
      expect(gpus[0]).toMatchObject({
        mode: "MIG",
        attribution: "INSTANCE",
        pod: null,
        utilizationGpuPercent: null,
        memoryTotalMb: 2 * 40_448,
        instances: [
          { instanceId: 1, profile: "3g.40gb", memoryTotalMb: 40_448, pod: { namespace: "ai-serving" } },
          { instanceId: 2, profile: "3g.40gb", utilizationGpuPercent: 0, pod: null },
        ],
      });
      expect(gpus[0].pods).toHaveLength(1);
      expect(field(gpus[0], "utilizationGpuPercent")).toMatchObject({
        available: false,
        reason: expect.stringContaining("divided"),
      });
    });

    it("that are shared have values of their own, and of none of their pods", async () => {
      const { gpus } = await nodeOf(
        WEST,
        "gpu-1",
        "expectedGpus gpus { uuid mode attribution pod { name } pods { name } }",
      );
      expect(
        gpus.map(({ mode: how, attribution, pod, pods }: Gpu) => [how, attribution, pod, (pods as []).length]),
      ).toEqual([2, 2, 1, 1].map((pods) => ["TIME_SLICED", "DEVICE_SHARED", null, pods]));
    });

    it("say of each field who told it, or why nobody did", async () => {
      const { gpus } = await nodeOf(
        WEST,
        "gpu-0",
        "gpus { driverVersion cudaVersion fanSpeedPercent powerLimitWatts processes { pid } availability { field available source observedAt reason } }",
      );
      expect(gpus[0]).toMatchObject({
        driverVersion: "570.124.06",
        cudaVersion: "12.8",
        fanSpeedPercent: null,
        powerLimitWatts: null,
        processes: null,
      });
      expect(field(gpus[0], "temperatureCelsius")).toMatchObject({ available: true, source: "DCGM_EXPORTER" });
      expect(field(gpus[0], "cudaVersion")).toMatchObject({ available: true, source: "KUBERNETES" });
      const off = "nvidia-smi is not allowed to be run in this cluster (setGpuExec).";
      expect(field(gpus[0], "powerLimitWatts")).toMatchObject({
        available: false,
        source: null,
        reason: `dcgm-exporter does not tell it. ${off}`,
      });
      expect(field(gpus[0], "processes")).toMatchObject({ available: false, reason: off });
    });
  });

  it("add up by the namespaces and workloads of the pods that have them", async () => {
    const { gpuSummary } = await answer(
      `query ($ids: [UUID!]) { gpuSummary(selector: { ids: $ids }) {
        namespaces { namespace summary { devices allocated utilizationPercent memoryUsedMb powerDrawWatts } }
        workloads(pageSize: 3) { total totalPages items { clusterName namespace kind name reason summary { devices nodes utilizationPercent } } } } }`,
      { ids: [idOf(WEST), idOf(LAB)] },
    );
    expect(gpuSummary.namespaces).toMatchObject([
      { namespace: "ai-serving", summary: { devices: 14, allocated: 14 } },
      { namespace: "ai-training", summary: { devices: 7, allocated: 7 } },
    ]);
    for (const { summary } of gpuSummary.namespaces) {
      expect(summary.utilizationPercent).toBeGreaterThan(20);
      expect(summary.memoryUsedMb).toBeGreaterThan(1000);
      expect(summary.powerDrawWatts).toBeGreaterThan(500);
    }
    const row = (clusterName: string, namespace: string, kind: string, name: string, devices: number) => ({
      clusterName,
      namespace,
      kind,
      name,
      reason: null,
      summary: { devices, nodes: 1, utilizationPercent: expect.any(Number) },
    });
    // Replica sets are their deployments'.
    expect(gpuSummary.workloads).toEqual({
      total: 7,
      totalPages: 3,
      items: [
        row(LAB, "ai-serving", "Deployment", "embeddings", 6),
        row(LAB, "ai-training", "StatefulSet", "train", 4),
        row(WEST, "ai-serving", "Deployment", "embeddings", 4),
      ],
    });
    expect(
      requests("prometheus", "/query").filter(({ params }) => params["query"]?.includes("kube_pod_owner")),
    ).toHaveLength(2);
  });

  describe("that drivers give out by resource claims", () => {
    const FIELDS =
      "gpus { index allocated attribution mode pod { namespace name phase } pods { name } availability { field available source reason } }";
    afterEach(() => fleet.forbid(LAB, []));

    it("are those of the pods that claims are reserved for, where no exporter tells any", async () => {
      const { gpus } = await nodeOf(LAB, "gpu-0", FIELDS);
      const names = gpus.map(({ pod }: { pod: { namespace: string; name: string } }) => `${pod.namespace}/${pod.name}`);
      // The exporter's own claim, with an administrator's access, has none of them.
      expect(names).toEqual([
        "ai-serving/llm-inference-0",
        "ai-serving/llm-inference-1",
        "ai-training/notebook-0",
        ...Array(4).fill("ai-training/train-0"),
      ]);
      expect(gpus[0]).toMatchObject({
        allocated: true,
        attribution: "DEVICE",
        mode: "WHOLE",
        pod: { phase: "RUNNING" },
      });
      expect(field(gpus[0], "pods")).toMatchObject({ available: true, source: "KUBERNETES" });
      const [divided] = (await nodeOf(LAB, "gpu-1", FIELDS)).gpus;
      expect(divided).toMatchObject({ allocated: true, attribution: "INSTANCE" });
      expect(field(divided, "pods")).toMatchObject({ source: "DCGM_EXPORTER" });
      const { pod } = await answer(
        `query ($id: UUID!) { pod(clusterId: $id, namespace: "ai-training", name: "notebook-0") { gpus { nodeName index } } }`,
        { id: idOf(LAB) },
      );
      expect(pod.gpus).toEqual([{ nodeName: `${LAB}-gpu-0`, index: 2 }]);
    });

    it("are unknown where claims may not be read: neither given out nor free, and the answer says so", async () => {
      fleet.forbid(LAB, ["resourceclaims"]);
      const query = `query ($id: UUID!) { gpuNodes(filter: { clusterIds: [$id], nodes: ["${LAB}-gpu-0"] }) {
        complete outcomes { status warnings } items { ${FIELDS} } }
        gpuSummary(selector: { ids: [$id] }) { total { devices allocated allocationUnknown idle } } }`;
      const { gpuNodes, gpuSummary } = await until(
        "claims are asked for again",
        async () => {
          const data = await answer(query, { id: idOf(LAB) });
          return !data.gpuNodes.complete && data;
        },
        30_000,
      );
      expect(gpuNodes.outcomes).toMatchObject([
        { status: "PARTIAL", warnings: [expect.stringContaining("resource claims is not known: ")] },
      ]);
      const [gpu] = gpuNodes.items[0].gpus;
      expect(gpu).toMatchObject({ allocated: null, attribution: null, pod: null, pods: [] });
      expect(field(gpu, "pods")).toMatchObject({ available: false, reason: expect.stringContaining("claims") });
      // Six have a pod by their exporter. The other two of the same node are offered to claims, too.
      expect(gpuSummary.total).toEqual({ devices: 15, allocated: 6, allocationUnknown: 9, idle: expect.any(Number) });
    }, 40_000);
  });

  it("are joined to pods and nodes, and found by their UUID", async () => {
    const data = await answer(
      `query ($id: UUID!) {
        node(clusterId: $id, name: "${WEST}-gpu-0") { ready gpus { uuid index } }
        pod(clusterId: $id, namespace: "ai-training", name: "train-0") { phase gpus { uuid pod { name node { name } } cluster { name } } }
        idle: pod(clusterId: $id, namespace: "kube-system", name: "etcd-${WEST}-cp-0") { gpus { uuid } }
      }`,
      { id: idOf(WEST) },
    );
    expect(data.node.gpus.map(({ index }: Gpu) => index)).toEqual([0, 1, 2, 3]);
    expect(data.pod.gpus).toHaveLength(2);
    expect(data.pod.gpus[0]).toMatchObject({
      pod: { name: "train-0", node: { name: `${WEST}-gpu-0` } },
      cluster: { name: WEST },
    });
    expect(data.idle.gpus).toEqual([]);
    const [{ uuid }] = data.pod.gpus;
    const ofUuid = `query ($uuid: ID!) { gpu(uuid: $uuid) { nodeName cluster { name } } }`;
    expect(await answer(ofUuid, { uuid })).toEqual({ gpu: { nodeName: `${WEST}-gpu-0`, cluster: { name: WEST } } });
    expect(await answer(ofUuid, { uuid: "GPU-of-nobody" })).toEqual({ gpu: null });
  });

  it("of clusters out of scope are not there", async () => {
    const [{ uuid }] = (await nodeOf(LAB, "gpu-0", "gpus { uuid }")).gpus;
    const data = await answer(
      `query ($lab: UUID!, $uuid: ID!) {
        gpuNodes(pageSize: 100) { outcomes { clusterName } items { clusterName } }
        gpuNode(clusterId: $lab, nodeName: "${LAB}-gpu-0") { nodeName }
        gpu(uuid: $uuid) { uuid } }`,
      { lab: idOf(LAB), uuid },
      TOKENS.scoped,
    );
    expect(data).toMatchObject({ gpuNode: null, gpu: null });
    const names = data.gpuNodes.outcomes.map(({ clusterName }: { clusterName: string }) => clusterName);
    expect(names).toContain(WEST);
    expect(names).not.toContain(LAB);
    const named = await ask(
      `query ($lab: UUID!) { gpuNodes(filter: { clusterIds: [$lab] }) { total } }`,
      { lab: idOf(LAB) },
      TOKENS.scoped,
    );
    expect(named.errors?.[0]?.extensions["code"]).toBe("CLUSTER_NOT_FOUND");
  });

  describe("by nvidia-smi", () => {
    const allow = (cluster: string, enabled: boolean, token = TOKENS.admin) =>
      ask(SET_EXEC, { id: idOf(cluster), enabled }, token);
    const audited = async (action: string) =>
      (
        await answer(`{ auditLog(pageSize: 100) { items { action actor subject before after } } }`)
      ).auditLog.items.filter((entry: { action: string }) => entry.action === action);
    afterEach(async () => {
      for (const { name } of fleet.clusters) fleet.forbid(name, []);
      for (const cluster of [WEST, LAB]) await allow(cluster, false);
    });

    it("are asked only once an admin allows it, which is on record", async () => {
      expect(
        (await answer(`query ($id: UUID!) { cluster(id: $id) { gpuExecEnabled } }`, { id: idOf(WEST) })).cluster,
      ).toEqual({ gpuExecEnabled: false });
      const off = await answer(
        `query ($id: UUID!) { gpuProcesses(filter: { clusterIds: [$id] }) { total complete outcomes { status error { code } } } }`,
        { id: idOf(WEST) },
      );
      expect(off.gpuProcesses).toEqual({
        total: 0,
        complete: false,
        outcomes: [{ status: "SKIPPED", error: { code: "NO_ENDPOINT" } }],
      });
      expect((await allow(WEST, true, TOKENS.viewer)).errors?.[0]?.extensions["code"]).toBe("FORBIDDEN");
      expect((await allow("nobody", true)).errors).toBeDefined();
      expect(requests("kubernetes", "/exec")).toHaveLength(0);

      expect((await allow(WEST, true)).data.setGpuExec).toEqual({ id: idOf(WEST), gpuExecEnabled: true });
      expect((await audited("SET_GPU_EXEC"))[0]).toEqual({
        action: "SET_GPU_EXEC",
        actor: "ann",
        subject: WEST,
        before: { gpuExecEnabled: false },
        after: { gpuExecEnabled: true },
      });
    });

    it("show their processes, with the pod where one has the GPU to itself; one run for each node, on record", async () => {
      await allow(WEST, true);
      fleet.resetRequests();
      const { gpuProcesses } = await answer(
        `{ gpuProcesses(pageSize: 100, filter: { selector: { labelSelector: "tier=gold,team=shop" } }) { total complete outcomes { clusterName status rows error { message } } items { nodeName gpuUuid pid processName usedMemoryMb type pod { namespace name phase } } } }`,
        {},
        TOKENS.viewer,
      );
      const byNode = Map.groupBy(gpuProcesses.items as { nodeName: string }[], ({ nodeName }) => nodeName);
      // Two serving, one training on two GPUs; and six that take turns on four.
      expect([...byNode].map(([node, found]) => [node, found.length])).toEqual([
        [`${WEST}-gpu-0`, 4],
        [`${WEST}-gpu-1`, 6],
      ]);
      expect(byNode.get(`${WEST}-gpu-0`)).toContainEqual({
        nodeName: `${WEST}-gpu-0`,
        gpuUuid: expect.stringMatching(/^GPU-/),
        pid: expect.any(Number),
        processName: "VLLM::EngineCore",
        usedMemoryMb: expect.any(Number),
        type: "COMPUTE",
        pod: { namespace: "ai-serving", name: "llm-inference-0", phase: "RUNNING" },
      });
      expect(byNode.get(`${WEST}-gpu-1`)?.[0]).toMatchObject({ processName: "text-embeddings-router", pod: null });
      expect(gpuProcesses.outcomes).toContainEqual({ clusterName: WEST, status: "SUCCESS", rows: 10, error: null });
      expect(requests("kubernetes", "/exec")).toHaveLength(2);

      const node = await nodeOf(
        WEST,
        "gpu-0",
        "gpus { fanSpeedPercent powerLimitWatts cudaVersion processes { pid pod { name } } availability { field available source reason } }",
      );
      expect(node.gpus[0]).toMatchObject({
        fanSpeedPercent: null,
        powerLimitWatts: 400,
        cudaVersion: "12.8",
        processes: [{ pod: { name: "llm-inference-0" } }],
      });
      expect(field(node.gpus[0], "powerLimitWatts")).toMatchObject({ available: true, source: "NVIDIA_SMI" });
      expect(field(node.gpus[0], "fanSpeedPercent")).toMatchObject({
        available: false,
        reason: 'nvidia-smi says "N/A".',
      });
      // What was read just now is not run again.
      expect(requests("kubernetes", "/exec")).toHaveLength(2);
      expect(await audited("RUN_NVIDIA_SMI")).toEqual([
        {
          action: "RUN_NVIDIA_SMI",
          actor: "vic",
          subject: WEST,
          before: null,
          after: {
            command: "nvidia-smi -q -x",
            pods: [0, 1].map((index) => ({
              namespace: "nvidia-gpu-operator",
              pod: expect.stringMatching(/^nvidia-driver-daemonset-/),
              container: "nvidia-driver-ctr",
              node: `${WEST}-gpu-${index}`,
            })),
          },
        },
      ]);
    });

    it("say why they are not known, where the credentials may not run it", async () => {
      fleet.forbid(LAB, ["pods/exec"]);
      await allow(LAB, true);
      const { gpus } = await nodeOf(
        LAB,
        "gpu-0",
        "gpus { utilizationGpuPercent processes { pid } availability { field available reason } }",
      );
      expect(gpus[0]).toMatchObject({ utilizationGpuPercent: expect.any(Number), processes: null });
      expect(field(gpus[0], "processes")?.reason).toBe(
        "nvidia-smi: The credentials may not run programs in pods of nvidia-gpu-operator (pods/exec).",
      );
      expect(requests("kubernetes", "/exec")).toHaveLength(0);
    });

    it("of a cluster without Prometheus are found by Kubernetes, and read there", async () => {
      const lab = fleet.clusters.find(({ name }) => name === LAB);
      const { registerCluster } = await answer(
        `mutation ($input: RegisterClusterInput!) { registerCluster(input: $input) { id } }`,
        {
          input: {
            name: "no-prometheus",
            apiServerUrl: lab?.apiServerUrl,
            credentials: { kubeconfig: lab?.kubeconfig },
          },
        },
      );
      const { id } = registerCluster;
      await answer(`mutation ($id: UUID!) { refreshCluster(id: $id) { capabilities { hasGpuNodes } } }`, { id });
      const query = `query ($id: UUID!) { gpuNodes(filter: { clusterIds: [$id] }) { complete items { nodeName expectedGpus missingGpus gpus { uuid mode utilizationGpuPercent processes { pid } } } } }`;
      const bare = (await answer(query, { id })).gpuNodes;
      expect(bare).toMatchObject({
        complete: true,
        items: [0, 1].map((index) => ({
          nodeName: `${LAB}-gpu-${index}`,
          expectedGpus: 8,
          missingGpus: null,
          gpus: [],
        })),
      });
      await answer(SET_EXEC, { id, enabled: true });
      const [first, second] = (await answer(query, { id })).gpuNodes.items;
      expect(first).toMatchObject({ expectedGpus: 8, missingGpus: 1 });
      expect(first.gpus).toHaveLength(7);
      expect(first.gpus[0]).toMatchObject({
        mode: "WHOLE",
        utilizationGpuPercent: expect.any(Number),
        processes: [{}],
      });
      expect(second.gpus[0]).toMatchObject({ mode: "MIG", utilizationGpuPercent: null });
      await answer(`mutation ($id: UUID!) { deleteCluster(id: $id) { id } }`, { id });
    });
  });
});
