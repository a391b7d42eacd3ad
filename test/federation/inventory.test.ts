import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import type { DemoFleet } from "../../demo/fleet.ts";
import { enrolledFleet } from "../support/demo.ts";
import { startGraph, type TestGraph } from "../support/graph.ts";
import { describeModes } from "../support/modes.ts";
import { until } from "../support/until.ts";

const CLUSTERS = 12;
const TOKENS = { admin: "admin-token-0123456789", scoped: "scoped-token-0123456789" };
const AIOPS_API_TOKENS = JSON.stringify([
  { token: TOKENS.admin, user: "ann", roles: ["admin"] },
  { token: TOKENS.scoped, user: "sam", roles: ["viewer"], scope: { labelSelector: "team=shop" } },
]);

await describeModes("The inventory", (mode) => {
  let graph: TestGraph;
  let fleet: DemoFleet;
  let ids: Map<string, string>;

  beforeAll(async () => {
    graph = await startGraph({ mode, env: { AIOPS_API_TOKENS } });
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
  /** Asks about one cluster by its name. */
  const ofCluster = async (name: string, fields: string, token = TOKENS.admin) => {
    const { data, errors } = await ask(
      `query ($id: UUID!) { cluster(id: $id) { ${fields} } }`,
      { id: ids.get(name) },
      token,
    );
    return { cluster: data?.cluster, errors };
  };
  const asked = () =>
    fleet
      .requests()
      .filter(({ upstream }) => upstream === "kubernetes")
      .map(({ cluster, path, params }) => ({ cluster, path, watch: params["watch"] === "true" }));
  const lists = () => asked().filter(({ watch }) => !watch);

  it("costs a page of clusters with nodes and pods one hop, and one list and one watch per cluster and kind, ever", async () => {
    const query = `{ clusters(pageSize: 100) { items { name
      nodes { total items { name ready } }
      pods(pageSize: 100) { total items { namespace name phase node { name ready } cluster { name } } } } } }`;
    const { data, errors } = await ask(query);
    expect(errors).toBeUndefined();
    expect(data.clusters.items).toHaveLength(CLUSTERS);
    for (const { name, nodes, pods } of data.clusters.items) {
      expect(nodes.total).toBeGreaterThan(0);
      expect(pods.items.length).toBe(Math.min(pods.total, 100));
      expect(pods.items.every((pod: { cluster: { name: string } }) => pod.cluster.name === name)).toBe(true);
      expect(pods.items.filter((pod: { node: unknown }) => pod.node !== null).length).toBeGreaterThan(5);
    }
    expect(graph.hops()).toEqual(["clusters"]);
    expect(lists()).toHaveLength(2 * CLUSTERS);
    await until("every watch is open", () => asked().length === 4 * CLUSTERS);

    expect((await ask(query)).errors).toBeUndefined();
    expect(asked()).toHaveLength(4 * CLUSTERS);
  });

  it("tells of a pod what kubectl would", async () => {
    const fields = `pods(filter: { reason: "CrashLoopBackOff" }) { total items {
      namespace name uid phase reason ready restarts qosClass startedAt createdAt podIp hostIp labels nodeName asOf
      owner { kind name controller } node { name roles }
      containers { name image ready restarts state reason lastTerminationReason } } }`;
    const { cluster, errors } = await ofCluster("edge-berlin-1", fields);
    expect(errors).toBeUndefined();
    expect(cluster.pods).toMatchObject({
      total: 1,
      items: [
        {
          namespace: "upf-core",
          name: "smf-0",
          uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
          phase: "RUNNING",
          ready: false,
          restarts: expect.any(Number),
          labels: { app: "smf", "cnf-type": "smf" },
          owner: { kind: "StatefulSet", name: "smf", controller: true },
          nodeName: "edge-berlin-1-node-0",
          node: { name: "edge-berlin-1-node-0", roles: ["control-plane", "master", "worker"] },
          containers: [{ name: "smf", ready: false, state: "WAITING", reason: "CrashLoopBackOff" }],
        },
      ],
    });
    const pending = await ofCluster(
      "prod-west-1",
      `pods(filter: { phases: [PENDING] }) { items {
      name reason ready restarts startedAt node { name } containers { name state restarts } } }`,
    );
    expect(pending.cluster.pods.items).toEqual([
      {
        name: "tuning-0",
        reason: "Unschedulable",
        ready: null,
        restarts: null,
        startedAt: null,
        node: null,
        containers: [{ name: "tuning", state: null, restarts: null }],
      },
    ]);
  });

  it("tells of a node what it is, what it has and what runs on it", async () => {
    const { data, errors } = await ask(
      `query ($id: UUID!) { node(clusterId: $id, name: "prod-west-1-gpu-0") {
        uid ready roles unschedulable kubeletVersion osImage containerRuntime architecture capacity allocatable createdAt asOf
        addresses { type address } taints { key value effect } conditions { type status reason since }
        cluster { name } pods(filter: { namespaces: ["ai-serving"] }) { total items { name node { name } } }
        none: pods(filter: { nameContains: "no-such" }) { total totalPages items { name } } } }`,
      { id: ids.get("prod-west-1") },
    );
    expect(errors).toBeUndefined();
    expect(data.node).toMatchObject({
      ready: true,
      roles: ["worker"],
      unschedulable: false,
      capacity: { "nvidia.com/gpu": "4", cpu: "32" },
      allocatable: { cpu: "31500m" },
      taints: [{ key: "nvidia.com/gpu", value: "present", effect: "NoSchedule" }],
      cluster: { name: "prod-west-1" },
      none: { total: 0, totalPages: 0, items: [] },
    });
    expect(data.node.conditions.map(({ type }: { type: string }) => type)).toContain("Ready");
    expect(data.node.pods.total).toBeGreaterThan(0);
    for (const { node } of data.node.pods.items) expect(node.name).toBe("prod-west-1-gpu-0");
    expect(Math.abs(Date.now() - Date.parse(data.node.asOf))).toBeLessThan(60_000);
  });

  it("pages and filters in a stable order", async () => {
    const all = (await ofCluster("prod-east-1", `pods(pageSize: 100) { total items { namespace name } }`)).cluster.pods;
    const key = ({ namespace, name }: { namespace: string; name: string }) => `${namespace}\0${name}`;
    const keys = all.items.map(key);
    expect(keys).toEqual(keys.toSorted((a: string, b: string) => (a < b ? -1 : 1)));
    const collected: string[] = [];
    for (let page = 1; page <= Math.ceil(all.total / 7); page++) {
      const { cluster } = await ofCluster(
        "prod-east-1",
        `pods(page: ${page}, pageSize: 7) { page totalPages items { namespace name } }`,
      );
      expect(cluster.pods).toMatchObject({ page, totalPages: Math.ceil(all.total / 7) });
      collected.push(...cluster.pods.items.map(key));
    }
    expect(collected).toEqual(keys);

    const count = async (filter: string) =>
      (await ofCluster("prod-east-1", `pods(filter: { ${filter} }) { total }`)).cluster.pods.total;
    expect(await count(`namespaces: ["shop"], labelSelector: "app in (checkout,cart)"`)).toBe(5);
    expect(await count(`namespaces: ["shop", "payments"], nameContains: "payment"`)).toBe(3);
    expect(await count(`ownerKind: "StatefulSet", ownerName: "kafka"`)).toBe(3);
    expect(await count(`phases: [SUCCEEDED, FAILED]`)).toBe(2);
    expect(await count(`ready: false, phases: [RUNNING]`)).toBe(0);
    expect(
      (await ofCluster("prod-east-1", `nodes(labelSelector: "node-role.kubernetes.io/control-plane") { total }`))
        .cluster.nodes.total,
    ).toBe(3);
    expect((await ofCluster("prod-east-1", `namespaces { name phase labels }`)).cluster.namespaces).toContainEqual({
      name: "shop",
      phase: "Active",
      labels: { "kubernetes.io/metadata.name": "shop" },
    });
    expect(lists().map(({ path }) => path)).toEqual(["/api/v1/namespaces"]);
  });

  it("tells what Kubernetes reported, the newest first, and joins it to what it is about", async () => {
    const { cluster, errors } = await ofCluster(
      "edge-berlin-1",
      `kubernetesEvents(filter: { type: WARNING, involvedKind: "Pod" }) { total items {
         type reason message count firstSeenAt lastSeenAt component involved { kind namespace name } pod { name reason node { name } } node { name } } }
       all: kubernetesEvents(pageSize: 100) { items { lastSeenAt } }
       old: kubernetesEvents(filter: { since: "2100-01-01T00:00:00Z" }) { total }`,
    );
    expect(errors).toBeUndefined();
    expect(cluster.kubernetesEvents.items).toContainEqual(
      expect.objectContaining({
        type: "WARNING",
        reason: "BackOff",
        component: "kubelet",
        involved: { kind: "Pod", namespace: "upf-core", name: "smf-0" },
        pod: { name: "smf-0", reason: "CrashLoopBackOff", node: { name: "edge-berlin-1-node-0" } },
        node: null,
      }),
    );
    const times = cluster.all.items.map(({ lastSeenAt }: { lastSeenAt: string }) => lastSeenAt);
    expect(times).toEqual(times.toSorted((a: string, b: string) => (a > b ? -1 : a < b ? 1 : 0)));
    expect(cluster.old.total).toBe(0);
  });

  it("answers null for what is not there", async () => {
    const { data, errors } = await ask(
      `query ($id: UUID!, $none: UUID!) {
        pod(clusterId: $id, namespace: "shop", name: "no-such") { name }
        node(clusterId: $id, name: "no-such") { name }
        nowhere: pod(clusterId: $none, namespace: "shop", name: "x") { name } }`,
      { id: ids.get("prod-east-1"), none: "00000000-0000-4000-8000-000000000000" },
    );
    expect({ data, errors }).toEqual({ data: { pod: null, node: null, nowhere: null }, errors: undefined });
  });

  it("follows what changes, by the watch that is open", async () => {
    const names = async () =>
      (await ofCluster("lab-gpu-1", `pods(filter: { namespaces: ["extra"] }) { items { name reason } }`)).cluster.pods
        .items;
    expect(await names()).toEqual([]);
    await until(
      "the watch is open",
      () =>
        asked().some(({ watch, path }) => watch && path === "/api/v1/pods") ||
        fleet.inFlight({ cluster: "lab-gpu-1" }) > 1,
    );
    fleet.putPod("lab-gpu-1", "extra", "new-1");
    await until("the new pod is there", async () => (await names()).length === 1);
    fleet.putPod("lab-gpu-1", "extra", "new-1", "crashing");
    await until("it crashes", async () => (await names())[0]?.reason === "CrashLoopBackOff");
    fleet.deletePod("lab-gpu-1", "extra", "new-1");
    await until("it is gone", async () => (await names()).length === 0);
    expect(lists().filter(({ path }) => path === "/api/v1/pods")).toEqual([]);
  });

  it("lists again after a 410, and then lacks what vanished meanwhile", async () => {
    const name = "lab-gpu-1";
    fleet.putPod(name, "extra", "short-lived");
    const total = async () =>
      (await ofCluster(name, `pods(filter: { namespaces: ["extra"] }) { total asOf }`)).cluster.pods;
    await until("the pod is there", async () => (await total()).total === 1);
    await fleet.setFault(name, "kubernetes", "refuse");
    try {
      fleet.deletePod(name, "extra", "short-lived");
      fleet.compact(name);
      await until("what is shown lies back", async () => {
        const { total: seen, asOf } = await total();
        expect(seen).toBe(1);
        return Date.now() - Date.parse(asOf) > 300;
      });
      fleet.resetRequests();
    } finally {
      await fleet.setFault(name, "kubernetes", null);
    }
    await until("it is gone", async () => (await total()).total === 0);
    expect(lists().filter(({ path }) => path === "/api/v1/pods")).toHaveLength(1);
  });

  it("nulls the field of each cluster that cannot be asked, with one error, and no other's", async () => {
    const faults = [
      ["refuse", "UPSTREAM_UNREACHABLE"],
      ["error-503", "UPSTREAM_ERROR"],
      ["bad-json", "UPSTREAM_INVALID_ANSWER"],
    ] as const;
    const codes = new Map(faults.map(([, code], index) => [fleet.clusters[5 + index]?.name ?? "", code]));
    const setAll = async (broken: boolean) => {
      for (const [index, name] of [...codes.keys()].entries())
        await fleet.setFault(name, "kubernetes", broken ? (faults[index]?.[0] ?? null) : null);
    };
    await setAll(true);
    try {
      const { data, errors } = await ask(`{ clusters(pageSize: 100) { items { name namespaces { name } } } }`);
      const { items } = data.clusters as { items: { name: string; namespaces: unknown[] | null }[] };
      for (const { name, namespaces } of items) {
        if (codes.has(name)) expect(namespaces, name).toBeNull();
        else expect(namespaces?.length, name).toBeGreaterThan(2);
      }
      expect(errors).toHaveLength(codes.size);
      for (const [name, code] of codes) {
        const index = items.findIndex((item) => item.name === name);
        expect(errors).toContainEqual(
          expect.objectContaining({
            path: ["clusters", "items", index, "namespaces"],
            message: expect.stringContaining(name),
            extensions: expect.objectContaining({ code, details: { clusterId: ids.get(name) } }),
          }),
        );
        const alone = await ofCluster(name, `name namespaces { name }`);
        expect(alone).toMatchObject({ cluster: { name, namespaces: null }, errors: [{ extensions: { code } }] });
      }
    } finally {
      await setAll(false);
    }
    for (const name of codes.keys()) expect((await ofCluster(name, `namespaces { name }`)).errors).toBeUndefined();
  });

  it("keeps an identity within its scope", async () => {
    const mine = `query ($mine: UUID!, $theirs: UUID!) {
      clusters(pageSize: 100) { items { name pods { total } } }
      mine: node(clusterId: $mine, name: "prod-east-1-cp-0") { name }
      theirs: node(clusterId: $theirs, name: "lab-gpu-1-cp-0") { name }
      pod(clusterId: $theirs, namespace: "kube-system", name: "etcd-lab-gpu-1-cp-0") { name } }`;
    const variables = { mine: ids.get("prod-east-1"), theirs: ids.get("lab-gpu-1") };
    const { data, errors } = await ask(mine, variables, TOKENS.scoped);
    expect(errors).toBeUndefined();
    const names = data.clusters.items.map(({ name }: { name: string }) => name);
    expect(names).toContain("prod-east-1");
    expect(names).not.toContain("lab-gpu-1");
    expect(data).toMatchObject({ mine: { name: "prod-east-1-cp-0" }, theirs: null, pod: null });
    expect((await ask(mine, variables)).data).toMatchObject({
      theirs: { name: "lab-gpu-1-cp-0" },
      pod: { name: "etcd-lab-gpu-1-cp-0" },
    });
  });

  it.each([
    [`nodes(labelSelector: "a==b==c") { total }`, "INVALID_LABEL_SELECTOR", "labelSelector"],
    [`nodes(pageSize: 0) { total }`, "BAD_USER_INPUT", "pageSize: must be 1 to 100"],
    [`nodes(pageSize: 101) { total }`, "BAD_USER_INPUT", "pageSize: must be 1 to 100"],
    [`nodes(page: 0) { total }`, "BAD_USER_INPUT", "page: must be 1 or more"],
    [`pods(pageSize: 0) { total }`, "BAD_USER_INPUT", "pageSize: must be 1 to 100"],
    [`pods(filter: { labelSelector: "!!x" }) { total }`, "INVALID_LABEL_SELECTOR", "labelSelector"],
    [
      `pods(filter: { namespaces: ["Not A Name"] }) { total }`,
      "BAD_USER_INPUT",
      "namespaces.0: must be the name of a namespace",
    ],
    [`pods(filter: { namespaces: ["../nodes"] }) { total }`, "BAD_USER_INPUT", "namespaces.0"],
    [`pods(filter: { minRestarts: -1 }) { total }`, "BAD_USER_INPUT", "minRestarts: must be 0 or more"],
    [`pods(filter: { nameContains: "" }) { total }`, "BAD_USER_INPUT", "nameContains: must not be empty"],
    [`pods(filter: { phases: [Running] }) { total }`, "GRAPHQL_VALIDATION_FAILED", "PodPhase"],
    [
      `kubernetesEvents(filter: { namespace: "a/b" }) { total }`,
      "BAD_USER_INPUT",
      "namespace: must be the name of a namespace",
    ],
    [`kubernetesEvents(filter: { since: "yesterday" }) { total }`, "BAD_USER_INPUT", "DateTime"],
    [`kubernetesEvents(page: 2000000) { total }`, "BAD_USER_INPUT", "page"],
  ])("refuses bad input before any cluster is asked: %s", async (field, code, message) => {
    const { errors } = await ofCluster("hub-eu-1", field);
    expect(errors).toHaveLength(1);
    expect(errors?.[0]?.extensions["code"]).toBe(code);
    expect(errors?.[0]?.message).toContain(message);
    expect(lists().filter(({ cluster }) => cluster === "hub-eu-1")).toEqual([]);
  });
});
