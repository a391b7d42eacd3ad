import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { DemoFleet } from "../../demo/fleet.ts";
import { Outbox } from "../../prisma/outbox.ts";
import { CapabilitiesRepository } from "../../subgraphs/clusters/capabilities/capabilities.repository.ts";
import { CapabilitiesService } from "../../subgraphs/clusters/capabilities/capabilities.service.ts";
import { DetectionService } from "../../subgraphs/clusters/capabilities/detection.service.ts";
import { Changes } from "../../subgraphs/shared/fleet/changes.ts";
import { enrolledFleet } from "../support/demo.ts";
import { startGraph, type TestGraph } from "../support/graph.ts";
import { describeModes } from "../support/modes.ts";

const CAPABILITIES = `capabilities { hasGpuNodes gpuCount gpuTypes hasPrometheus hasThanos hasTempo hasLoki hasServiceMesh
  hasCnfWorkloads cnfTypes detectedAt findings { capability status source detail } }`;
const PROPOSED = `proposedEndpoints { kind url source inClusterOnly }`;

interface Finding {
  capability: string;
  status: string;
  source: string;
  detail: string | null;
}

await describeModes("Capabilities", (mode) => {
  let graph: TestGraph;
  let fleet: DemoFleet;
  const ids = new Map<string, string>();

  beforeAll(async () => {
    graph = await startGraph({ mode });
    fleet = await enrolledFleet(graph, { clusters: 5, seed: 1 });
    const { data } = await graph.ask(`{ clusters { items { id name capabilities { gpuCount } } } }`);
    for (const { id, name, capabilities } of data.clusters.items) {
      expect(capabilities).toBeNull();
      ids.set(name, id);
    }
    for (const name of ids.keys()) await refresh(name);
  });
  afterAll(async () => {
    await graph[Symbol.asyncDispose]();
    await fleet.close();
  });
  beforeEach(() => fleet.resetRequests());

  async function refresh(name: string, fields = `platform platformVersion ${CAPABILITIES} ${PROPOSED}`) {
    const { data, errors } = await graph.ask(`mutation ($id: UUID!) { refreshCluster(id: $id) { ${fields} } }`, {
      id: ids.get(name),
    });
    expect(errors).toBeUndefined();
    return data.refreshCluster;
  }
  const events = async (name: string): Promise<Record<string, { old: unknown; new: unknown }>[]> => {
    const filter = `{ clusterIds: ["${ids.get(name)}"], eventTypes: [CLUSTER_CAPABILITIES_CHANGED] }`;
    const { data } = await graph.ask(
      `{ eventHistory(first: 1000, filter: ${filter}) { items { event { payload } } } }`,
    );
    return data.eventHistory.items.map(
      ({ event }: { event: { payload: { changed: object } } }) => event.payload.changed,
    );
  };
  const of = (capability: string, { capabilities }: { capabilities: { findings: Finding[] } }): string[] =>
    capabilities.findings
      .filter((finding) => finding.capability === capability)
      .map(({ status, source }) => `${status} ${source}`);

  it("are found in a hub of OpenShift, each with where it was found", async () => {
    const hub = await refresh("hub-eu-1");
    expect(hub.capabilities).toMatchObject({
      hasGpuNodes: false,
      gpuCount: 0,
      gpuTypes: [],
      hasPrometheus: true,
      hasThanos: true,
      hasTempo: true,
      hasLoki: true,
      hasServiceMesh: true,
      hasCnfWorkloads: false,
      cnfTypes: [],
    });
    expect(of("SERVICE_MESH", hub)).toEqual(["FOUND GET /apis: networking.istio.io"]);
    expect(of("THANOS", hub)).toEqual(["FOUND POST /api/v1/query with a dedup that is no boolean"]);
    expect(of("TEMPO", hub)).toEqual(["FOUND endpoints.tempoUrl"]);
    expect(of("PLATFORM", hub)).toEqual(["FOUND clusterversions.config.openshift.io"]);
    expect(of("CNF", hub)).toEqual(["ABSENT pods: labels and names", "ABSENT nodes: SR-IOV capacity"]);
  });

  it("are known of a plain cluster whose token may not read what only others have", async () => {
    fleet.forbid("prod-west-1", ["configmaps", "clusterversions", "routes"]);
    const west = await refresh("prod-west-1");
    fleet.forbid("prod-west-1", []);
    expect(of("PLATFORM", west)).toEqual(["FOUND GET /version"]);
    expect(of("ENDPOINTS", west)).toEqual([
      "ABSENT routes.route.openshift.io",
      "FOUND ingresses.networking.k8s.io",
      "FOUND services",
    ]);
  });

  it("are GPUs by capacity, and by resource slices of the version that the server has", async () => {
    const west = await refresh("prod-west-1");
    expect(west.capabilities).toMatchObject({ gpuCount: 8, gpuTypes: ["NVIDIA A100 SXM4 80GB"], hasThanos: false });
    expect(of("GPU", west)).toEqual(["FOUND nodes: nvidia.com/gpu", "ABSENT resourceslices.resource.k8s.io"]);
    const lab = await refresh("lab-gpu-1");
    expect(lab.capabilities).toMatchObject({ gpuCount: 16, gpuTypes: ["NVIDIA H100 80GB HBM3"], hasGpuNodes: true });
    expect(of("GPU", lab)).toEqual(["ABSENT nodes", "FOUND resourceslices.resource.k8s.io"]);
    expect(fleet.requests().map(({ path }) => path)).toContain("/apis/resource.k8s.io/v1beta1/resourceslices");
  });

  it("are network functions, by labels and by what only they need", async () => {
    const edge = await refresh("edge-berlin-1");
    expect(edge.capabilities).toMatchObject({
      hasCnfWorkloads: true,
      cnfTypes: ["VDU", "VCU", "UPF", "AMF", "SMF"],
      hasServiceMesh: false,
    });
    expect(of("CNF", edge)).toEqual([
      "FOUND pods: labels and names",
      "FOUND nodes: SR-IOV capacity",
      "FOUND GET /apis: ptp.openshift.io",
    ]);
    expect(of("PLATFORM", edge)).toEqual(["FOUND configmap kube-public/microshift-version"]);
  });

  it("are looked for in a bounded number of pages, by reading only", async () => {
    await refresh("prod-east-1");
    const asked = fleet.requests().filter(({ upstream }) => upstream === "kubernetes");
    expect(asked.length).toBeLessThan(20);
    for (const { method, path, params } of asked) {
      expect(method).toBe("GET");
      if (/\/(nodes|pods|services|routes|ingresses|resourceslices)$/.test(path)) {
        expect(Number(params["limit"])).toBeGreaterThan(0);
        expect(Number(params["limit"])).toBeLessThanOrEqual(500);
      }
    }
  });

  it("that are forbidden are null, and not absent", async () => {
    fleet.forbid("prod-east-1", ["nodes", "pods"]);
    const { capabilities, ...rest } = await refresh("prod-east-1");
    expect(capabilities).toMatchObject({
      hasGpuNodes: null,
      gpuCount: null,
      hasCnfWorkloads: null,
      hasServiceMesh: true,
    });
    expect(of("GPU", { capabilities })).toEqual(["FORBIDDEN nodes", "ABSENT resourceslices.resource.k8s.io"]);
    expect(of("CNF", { capabilities })).toEqual([
      "FORBIDDEN pods: labels and names",
      "FORBIDDEN nodes: SR-IOV capacity",
    ]);
    const unknown = { present: 2, absent: 2, unknown: 1 };
    const { data } = await graph.ask(`{ fleetCapabilities { gpus { present absent unknown } }
      without: clusters(filter: { hasGpuNodes: false }) { items { name } } }`);
    expect(data.fleetCapabilities.gpus).toEqual(unknown);
    expect(data.without.items.map(({ name }: { name: string }) => name)).toEqual(["edge-berlin-1", "hub-eu-1"]);
    expect((await events("prod-east-1")).at(-1)).toEqual({
      has_gpu_nodes: { old: false, new: null },
      gpu_count: { old: 0, new: null },
      has_cnf_workloads: { old: false, new: null },
    });
    expect(rest.platformVersion).not.toBeNull();

    fleet.forbid("prod-east-1", []);
    expect((await refresh("prod-east-1")).capabilities).toMatchObject({ hasGpuNodes: false, hasCnfWorkloads: false });
    expect((await events("prod-east-1")).at(-1)).toMatchObject({ has_gpu_nodes: { old: null, new: false } });
  });

  it("are told of when they change, once, however many look at the same time", async () => {
    const known = await events("hub-eu-1");
    expect(known).toHaveLength(1);
    // The first detection is a change from what nobody knew.
    expect(known[0]).toMatchObject({
      has_gpu_nodes: { old: null, new: false },
      has_service_mesh: { old: null, new: true },
      has_prometheus: { old: null, new: true },
      platform_version: { old: null, new: expect.stringMatching(/^4\.18\./) },
    });
    expect(known[0]).not.toHaveProperty("gpu_types");
    await refresh("hub-eu-1");
    expect(await events("hub-eu-1")).toHaveLength(1);

    fleet.putPod("hub-eu-1", "core5g", "amf-0");
    await Promise.all(Array.from({ length: 4 }, () => refresh("hub-eu-1")));
    expect((await events("hub-eu-1")).slice(1)).toEqual([
      { has_cnf_workloads: { old: false, new: true }, cnf_types: { old: [], new: ["AMF"] } },
    ]);
    fleet.deletePod("hub-eu-1", "core5g", "amf-0");
    await refresh("hub-eu-1");
    expect((await events("hub-eu-1")).at(-1)).toEqual({
      has_cnf_workloads: { old: true, new: false },
      cnf_types: { old: ["AMF"], new: [] },
    });
  });

  it("are detected again after ten minutes or a change of the registration, and not before", async () => {
    const { database, bus, clock, fleet: clients, log } = graph.platform;
    const repository = new CapabilitiesRepository(database.prisma);
    const outbox = new Outbox(database.prisma, (topic, event, id) => bus.publish(topic, event, id));
    const service = new CapabilitiesService({
      repository,
      detection: new DetectionService(clients.clients, log),
      changes: new Changes({ prisma: database.prisma, outbox, clock, log }),
    });
    const row = await repository.find(ids.get("prod-west-1") ?? "");
    if (!row?.capabilitiesAt) throw new Error("It was not detected.");
    const after = (seconds: number): Date => new Date((row.capabilitiesAt?.getTime() ?? 0) + seconds * 1000);
    const looks = async (given: object, at: Date, signal = new AbortController().signal): Promise<boolean> => {
      fleet.resetRequests();
      await service.detectIfDue({ ...row, ...given }, at, signal);
      return fleet.requests().some(({ path }) => path === "/apis");
    };
    expect(await looks({}, after(599))).toBe(false);
    expect(await looks({ updatedAt: after(1) }, after(2))).toBe(true);
    expect(await looks({ credentialsAt: after(1) }, after(3))).toBe(true);
    expect(await looks({}, after(600))).toBe(true);
    expect((await repository.find(row.id))?.capabilitiesAt).toEqual(after(600));
    await looks({ capabilitiesAt: null }, after(900), AbortSignal.abort());
    expect((await repository.find(row.id))?.capabilitiesAt).toEqual(after(600));
  });

  it("are of the platform that runs, and leave the one that was registered", async () => {
    const update = `mutation ($id: UUID!, $to: Platform!) { updateCluster(id: $id, input: { platform: $to }) { id } }`;
    const to = (platform: string) => graph.ask(update, { id: ids.get("edge-berlin-1"), to: platform });
    await to("OPENSHIFT");
    const edge = await refresh("edge-berlin-1");
    const { platformVersion } = fleet.clusters.find(({ name }) => name === "edge-berlin-1") ?? {};
    expect(edge).toMatchObject({ platform: "OPENSHIFT", platformVersion });
    expect(edge.capabilities.findings.find(({ capability }: Finding) => capability === "PLATFORM").detail).toBe(
      `MicroShift ${platformVersion}. Registered as OPENSHIFT: change that if it is wrong.`,
    );
    await to("MICROSHIFT");
  });

  describe("endpoints", () => {
    const host = (name: string, cluster: string) => `https://${name}-openshift-monitoring.apps.${cluster}.example.com`;

    it("found in a cluster are proposed, those from outside first, and never used", async () => {
      const [east] = fleet.clusters.filter(({ name }) => name === "prod-east-1");
      const { proposedEndpoints, endpoints } = await refresh(
        "prod-east-1",
        `${PROPOSED} endpoints { prometheusUrl lokiUrl }`,
      );
      expect(endpoints).toEqual({ prometheusUrl: east?.prometheusUrl, lokiUrl: east?.lokiUrl });
      expect(
        proposedEndpoints.map(({ kind, inClusterOnly }: Record<string, unknown>) => [kind, inClusterOnly]),
      ).toEqual([
        ["ALERTMANAGER", false],
        ["PROMETHEUS", false],
        ["THANOS", false],
        ["ALERTMANAGER", true],
        ["PROMETHEUS", true],
        ["THANOS", true],
      ]);
      expect(proposedEndpoints).toContainEqual({
        kind: "THANOS",
        url: host("thanos-querier", "prod-east-1"),
        source: "route openshift-monitoring/thanos-querier",
        inClusterOnly: false,
      });
      expect(proposedEndpoints).toContainEqual({
        kind: "THANOS",
        url: "https://thanos-querier.openshift-monitoring.svc:9091",
        source: "service openshift-monitoring/thanos-querier",
        inClusterOnly: true,
      });
      const west = await refresh("prod-west-1", PROPOSED);
      expect(west.proposedEndpoints[0]).toMatchObject({
        kind: "PROMETHEUS",
        url: "https://prometheus.prod-west-1.example.com",
      });
    });

    it("that an admin has set are proposed no more", async () => {
      const alertmanagerUrl = host("alertmanager-main", "prod-east-1");
      const { data } = await graph.ask(
        `mutation ($id: UUID!, $url: URL!) { updateCluster(id: $id, input: { endpoints: { alertmanagerUrl: $url } }) { ${PROPOSED} } }`,
        { id: ids.get("prod-east-1"), url: alertmanagerUrl },
      );
      const { proposedEndpoints } = data.updateCluster;
      expect(proposedEndpoints).toHaveLength(5);
      expect(JSON.stringify(proposedEndpoints)).not.toContain(alertmanagerUrl);
    });

    it("of a namespace are found where a token may not read all", async () => {
      fleet.forbid("hub-eu-1", ["services"]);
      const { proposedEndpoints, ...hub } = await refresh("hub-eu-1");
      fleet.forbid("hub-eu-1", []);
      expect(proposedEndpoints).toHaveLength(3);
      expect(of("ENDPOINTS", hub)).toEqual([
        "FOUND routes.route.openshift.io",
        "ABSENT ingresses.networking.k8s.io",
        "FORBIDDEN services",
      ]);
    });
  });

  it("of the fleet add up, over the clusters selected", async () => {
    const fields = `total gpuCount gpusByProduct { product count } cnfByType { value count }
      gpus { present absent unknown } thanos { present absent unknown } tempo { present absent unknown }
      loki { present absent unknown } serviceMesh { present absent unknown } cnf { present absent unknown }`;
    await graph.ask(
      `mutation { registerCluster(input: { name: "never-seen", apiServerUrl: "https://127.0.0.1:1" }) { id } }`,
    );
    const { data, errors } = await graph.ask(`{ all: fleetCapabilities { ${fields} }
      edge: fleetCapabilities(selector: { types: [EDGE] }) { total cnf { present } gpus { present absent unknown } } }`);
    expect(errors).toBeUndefined();
    expect(data.all).toEqual({
      total: 6,
      gpuCount: 24,
      gpusByProduct: [
        { product: "NVIDIA H100 80GB HBM3", count: 16 },
        { product: "NVIDIA A100 SXM4 80GB", count: 8 },
      ],
      cnfByType: ["AMF", "SMF", "UPF", "VCU", "VDU"].map((value) => ({ value, count: 1 })),
      gpus: { present: 2, absent: 3, unknown: 1 },
      thanos: { present: 1, absent: 4, unknown: 1 },
      tempo: { present: 5, absent: 0, unknown: 1 },
      loki: { present: 5, absent: 0, unknown: 1 },
      serviceMesh: { present: 2, absent: 3, unknown: 1 },
      cnf: { present: 1, absent: 4, unknown: 1 },
    });
    expect(data.edge).toEqual({ total: 1, cnf: { present: 1 }, gpus: { present: 0, absent: 1, unknown: 0 } });
    const { data: filtered } = await graph.ask(
      `{ gpu: clusters(filter: { hasGpuNodes: true }) { total } cnf: clusters(filter: { hasCnfWorkloads: true }) { total } }`,
    );
    expect(filtered).toEqual({ gpu: { total: 2 }, cnf: { total: 1 } });
  });
});
